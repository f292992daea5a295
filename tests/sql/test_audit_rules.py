"""Each rule fails on one planted defect and names the row; on a clean warehouse every stop-rule holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from expectations.judge import KEPT_KEYS, Judgement, judge_rules, open_context
from expectations.registry import RULES
from expectations.rules import Rule, Severity
from expectations.session import open_session
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, ensure_tables
from tests.sql.audit_warehouse import OURS, WRONG_TAX_ID, fill_clean_warehouse, plant

BY_ID = {rule.rule_id: rule for rule in RULES}


Planted = tuple[str, str, list[str]]
"""A rule, the statement that breaks it, the keys of the rows that break it."""


@pytest.fixture
def con(settings: Settings) -> Iterator[Connection]:
    opened = connect(":memory:", settings)
    ensure_tables(opened)
    fill_clean_warehouse(opened)
    yield opened
    opened.close()


def judge(con: Connection, settings: Settings, night: Night, rules: Sequence[Rule]) -> dict[str, Judgement]:
    with open_session(con, settings, night) as session:
        return {judged.rule.rule_id: judged for judged in judge_rules(open_context(), session, rules)}


UPSTREAM = "UPDATE core_upstream__invoice SET"
LEDGER = "UPDATE core_ledger__entry SET"
ITEM = "UPDATE recon__item SET"
MEMBER = "UPDATE recon__member SET"
FILE = "UPDATE raw_file SET"

STOP_DEFECTS: list[Planted] = [
    ("delivered_rows_arrive", "DELETE FROM core_ledger__entry", ["f2|erp"]),
    ("pull_not_empty", f"{FILE} rows_kept = 0, rows_rejected = 0 WHERE file_id = 'f1'", ["f1|tax"]),
    ("file_counts_add_up", f"{FILE} rows_read = 5 WHERE file_id = 'f1'", ["f1|tax"]),
    ("file_rejects_agree", "DELETE FROM raw_reject", ["f1|tax"]),
    ("file_rejects_agree", "UPDATE raw_reject SET file_id = 'f9'", ["f1|tax", "f9|tax"]),
    ("file_ignores_agree", "INSERT INTO raw_ignored VALUES ('f2', 'erp', 's', 9, 'blank', NULL)", ["f2|erp"]),
    ("upstream_record_unique", f"{UPSTREAM} record_id = 'u1'", ["u1"]),
    ("upstream_record_present", f"{UPSTREAM} record_id = NULL WHERE record_id = 'u1'", ["NULL"]),
    ("upstream_number_present", f"{UPSTREAM} invoice_number = NULL WHERE record_id = 'u2'", ["u2"]),
    ("upstream_date_present", f"{UPSTREAM} issued_at = NULL WHERE record_id = 'u2'", ["u2"]),
    ("upstream_direction_listed", f"{UPSTREAM} direction = 'in' WHERE record_id = 'u2'", ["u2"]),
    ("upstream_status_listed", f"{UPSTREAM} status = '已作废' WHERE record_id = 'u2'", ["u2"]),
    ("ledger_record_unique", f"{LEDGER} record_id = 'l1'", ["l1"]),
    ("ledger_record_present", f"{LEDGER} record_id = NULL WHERE record_id = 'l1'", ["NULL"]),
    ("ledger_date_present", f"{LEDGER} posted_on = NULL WHERE record_id = 'l1'", ["l1"]),
    ("ledger_direction_listed", f"{LEDGER} direction = '进项' WHERE record_id = 'l1'", ["l1"]),
    ("ledger_money_present", f"{LEDGER} amount_cny = NULL, total_cny = NULL WHERE record_id = 'l1'", ["l1"]),
    (
        "coverage_day_unique",
        "UPDATE core_upstream__coverage SET issue_date = '2026-10-08'",
        [f"{OURS}|input|2026-10-08"],
    ),
    (
        "coverage_direction_listed",
        "UPDATE core_upstream__coverage SET direction = 'both' WHERE is_complete",
        [f"{OURS}|both|2026-10-08"],
    ),
    ("item_unique", f"{ITEM} item_id = 'i1' WHERE item_id = 'i2'", ["i1"]),
    ("item_present", f"{ITEM} item_id = NULL WHERE item_id = 'i2'", ["NULL"]),
    ("item_direction_listed", f"{ITEM} direction = 'x' WHERE item_id = 'i2'", ["i2"]),
    ("verdict_listed", f"{ITEM} verdict = 'ok' WHERE item_id = 'i2'", ["i2"]),
    ("cause_listed", f"{ITEM} cause = 'unknown' WHERE item_id = 'i2'", ["i2"]),
    ("basis_listed", f"{ITEM} basis = '0.93' WHERE item_id = 'i2'", ["i2"]),
    ("cause_within_verdict", f"{ITEM} cause = 'not_found' WHERE item_id = 'i2'", ["i2"]),
    ("member_side_listed", f"{MEMBER} side = 'bank' WHERE record_id = 'u2'", ["bank|u2"]),
    ("member_unique", "INSERT INTO recon__member VALUES ('i3', 'upstream', 'u1')", ["upstream|u1"]),
    ("record_judged", "DELETE FROM recon__member WHERE record_id = 'l2'", ["ledger|l2"]),
    ("member_known", "INSERT INTO recon__member VALUES ('i3', 'upstream', 'u9')", ["upstream|u9"]),
    ("member_in_item", f"{MEMBER} item_id = 'i9' WHERE record_id = 'l2'", ["ledger|l2"]),
    ("item_has_members", "DELETE FROM recon__member WHERE item_id = 'i3'", ["i3"]),
    ("sum_conserved", "DELETE FROM recon__member WHERE record_id = 'l2'", [f"ledger|{OURS}|input"]),
    ("sum_conserved", "INSERT INTO recon__member VALUES ('i3', 'upstream', 'u1')", [f"upstream|{OURS}|input"]),
    ("item_sum_right", f"{ITEM} upstream_total_cny = 112 WHERE item_id = 'i1'", ["i1"]),
    ("item_sum_right", f"{ITEM} ledger_total_cny = NULL WHERE item_id = 'i3'", ["i3"]),
    ("item_sum_right", f"{LEDGER} total_cny = NULL, tax_cny = 38 WHERE record_id = 'l2'", ["i3"]),
    ("item_sum_right", f"{ITEM} difference_cny = 1 WHERE item_id = 'i1'", ["i1"]),
    (
        "item_sum_right",
        f"{LEDGER} total_cny = NULL, tax_cny = NULL WHERE record_id = 'l1'; "
        f"{ITEM} ledger_total_cny = 100, difference_cny = -13 WHERE item_id = 'i1'",
        ["i1"],
    ),
    ("likely_needs_review", f"{ITEM} basis = 'likely' WHERE item_id = 'i1'", ["i1"]),
    ("matched_has_both_sides", "DELETE FROM recon__member WHERE record_id = 'u1'", ["i1"]),
    ("matched_has_both_sides", f"{UPSTREAM} status = 'normal' WHERE record_id = 'u2'", ["i2"]),
    ("matched_money_agrees", f"{ITEM} difference_cny = -0.07 WHERE item_id = 'i1'", ["i1"]),
    ("matched_money_agrees", f"{ITEM} difference_cny = NULL WHERE item_id = 'i1'", ["i1"]),
    ("pending_has_due_day", f"{ITEM} due_on = NULL WHERE item_id = 'i3'", ["i3"]),
    (
        "absence_is_covered",
        f"{ITEM} verdict = 'missing_upstream', cause = 'not_found' WHERE item_id = 'i3'",
        ["i3"],
    ),
]

WARN_DEFECTS: list[Planted] = [
    (
        "decision_unchanged",
        "INSERT INTO recon__decision VALUES ('D-1', 'link', 'i1', 'changed', TRUE, '有变化', 'changed'), "
        "('D-2', 'link', 'i2', 'honoured', TRUE, '已执行', 'honoured')",
        ["D-1"],
    ),
    (
        "witness_agrees",
        "INSERT INTO recon__witness (witness_id, invoice_number, is_red, witnesses, source_files, is_booked, finding, "
        "is_finding, differing_fields, explanation_zh, explanation_en) VALUES "
        "('w1', '1', FALSE, ['xml'], ['a.xml'], TRUE, 'upstream_differs', TRUE, ['total_cny'], '不符', 'differs'), "
        "('w2', '2', FALSE, ['xml'], ['b.xml'], TRUE, 'agrees', FALSE, [], '一致', 'agrees')",
        ["w1"],
    ),
    ("source_heard", "UPDATE night__source SET state = 'silent' WHERE source_id = 'erp'", ["20261124T020000|erp"]),
    ("file_usable", f"{FILE} status = 'stopped' WHERE file_id = 'f2'", ["f2|erp"]),
    ("row_usable", "SELECT 1", ["f1|tax|s|3"]),
    ("reject_share_small", "SELECT 1", ["f1|tax"]),
    (
        "asked_days_received",
        "UPDATE core_upstream__coverage SET is_complete = FALSE WHERE is_complete",
        [f"{OURS}|input|2026-10-08"],
    ),
    ("upstream_money_adds_up", f"{UPSTREAM} tax_cny = 13.01 WHERE record_id = 'u1'", ["u1"]),
    ("ledger_money_adds_up", f"{LEDGER} total_cny = 1130 WHERE record_id = 'l1'", ["l1"]),
    ("upstream_tax_id_valid", f"{UPSTREAM} seller_tax_id = '{WRONG_TAX_ID}' WHERE record_id = 'u1'", ["u1"]),
    ("ledger_tax_id_valid", f"{LEDGER} counterparty_tax_id = '{WRONG_TAX_ID}' WHERE record_id = 'l1'", ["l1"]),
    *(
        (rule.rule_id, f"{ITEM} cause = '{rule.arguments['value_set'][0]}' WHERE item_id = 'i1'", ["i1"])
        for rule in RULES
        if rule.severity is Severity.WARN and not rule.is_sql
    ),
]


def test_every_stop_rule_holds_on_a_clean_warehouse(con: Connection, settings: Settings, night: Night) -> None:
    judged = judge(con, settings, night, RULES)
    failed = {rule_id: said for rule_id, said in judged.items() if not said.is_success}
    assert set(failed) == {"row_usable", "reject_share_small"}
    assert all(said.severity is Severity.WARN for said in failed.values())
    assert judged["item_unique"].rows_checked == 3


@pytest.mark.parametrize("planted", STOP_DEFECTS, ids=lambda planted: planted[0])
def test_a_planted_defect_stops_the_night(planted: Planted, con: Connection, settings: Settings, night: Night) -> None:
    rule_id, defect, keys = planted
    plant(con, defect)
    said = judge(con, settings, night, [BY_ID[rule_id]])[rule_id]
    assert (said.is_success, said.severity) == (False, Severity.STOP)
    assert (list(said.row_keys), said.detail) == (keys, None)
    assert said.rows_unexpected >= len(keys)


def test_a_file_whose_rows_were_all_rejected_was_not_empty(con: Connection, settings: Settings, night: Night) -> None:
    plant(con, f"{FILE} rows_kept = 0 WHERE file_id = 'f1'")
    assert judge(con, settings, night, [BY_ID["pull_not_empty"]])["pull_not_empty"].is_success


@pytest.mark.parametrize("planted", WARN_DEFECTS, ids=lambda planted: planted[0])
def test_a_finding_warns_and_names_the_row(planted: Planted, con: Connection, settings: Settings, night: Night) -> None:
    rule_id, defect, keys = planted
    con.execute(defect)
    said = judge(con, settings, night, [BY_ID[rule_id]])[rule_id]
    assert (said.is_success, said.severity, list(said.row_keys)) == (False, Severity.WARN, keys)
    assert said.rows_unexpected == 1


def test_every_rule_has_a_planted_defect() -> None:
    assert {rule_id for rule_id, *_ in (*STOP_DEFECTS, *WARN_DEFECTS)} == set(BY_ID) - {"declared_schema"}


@pytest.mark.parametrize(
    ("drift", "column"),
    [
        ("DROP COLUMN due_on", "due_on"),
        ("ALTER COLUMN difference_cny TYPE DOUBLE", "difference_cny"),
        ("ALTER COLUMN needs_review DROP NOT NULL", "needs_review"),
    ],
)
def test_a_column_that_is_not_as_declared_stops_the_night(
    drift: str, column: str, con: Connection, settings: Settings, night: Night
) -> None:
    con.execute(f"ALTER TABLE recon__item {drift}")
    said = judge(con, settings, night, [BY_ID["declared_schema"]])["declared_schema"]
    assert (said.severity, said.row_keys, said.rows_unexpected) == (Severity.STOP, (f"recon__item|{column}",), 1)


@pytest.mark.parametrize("rule_id", ["upstream_status_listed", "upstream_money_adds_up"])
def test_a_rule_that_cannot_be_judged_stops_and_the_others_go_on(
    rule_id: str, con: Connection, settings: Settings, night: Night
) -> None:
    con.execute("ALTER TABLE core_upstream__invoice DROP COLUMN status")
    con.execute("ALTER TABLE core_upstream__invoice DROP COLUMN tax_cny")
    judged = judge(con, settings, night, RULES)
    said = judged[rule_id]
    assert (said.is_success, said.severity) == (False, Severity.STOP)
    assert said.detail is not None
    assert "检查未能执行" in said.detail
    assert judged["upstream_record_unique"].is_success


def test_a_rule_without_result_stops(con: Connection, settings: Settings, night: Night, monkeypatch: Any) -> None:
    monkeypatch.setattr("expectations.judge._validate_table", lambda *_: {})
    said = judge(con, settings, night, [BY_ID["item_unique"]])["item_unique"]
    assert (said.is_success, said.severity) == (False, Severity.STOP)


def test_an_empty_table_says_that_nothing_was_checked(con: Connection, settings: Settings, night: Night) -> None:
    con.execute("DELETE FROM recon__item")
    said = judge(con, settings, night, [BY_ID["item_unique"]])["item_unique"]
    assert (said.is_success, said.rows_checked) == (True, 0)
    assert said.detail is not None
    assert "no row was checked" in said.detail


def test_an_empty_result_over_records_stops(con: Connection, settings: Settings, night: Night) -> None:
    con.execute("DELETE FROM recon__item")
    con.execute("DELETE FROM recon__member")
    assert judge(con, settings, night, [BY_ID["record_judged"]])["record_judged"].rows_unexpected == 4


@pytest.mark.parametrize("rule_id", ["booked_is_known", "item_has_members"])
def test_all_keys_are_kept_up_to_the_bound(rule_id: str, con: Connection, settings: Settings, night: Night) -> None:
    con.execute(
        "INSERT INTO recon__item (item_id, taxpayer_id, direction, verdict, cause, basis, needs_review, explanation_zh,"
        " explanation_en) SELECT 'x' || n, 't', 'input', 'missing_upstream', 'not_found', 'rule', TRUE, '', ''"
        " FROM RANGE(10500) r(n)"
    )
    said = judge(con, settings, night, [BY_ID[rule_id]])[rule_id]
    assert (said.rows_unexpected, len(said.row_keys)) == (10_500, KEPT_KEYS)
    assert said.detail is not None
    assert "10,000" in said.detail


def test_the_tolerance_is_a_setting(con: Connection, settings: Settings, night: Night) -> None:
    con.execute(f"{UPSTREAM} tax_cny = 13.01 WHERE record_id = 'u1'")
    lenient = settings.model_copy(update={"arithmetic_tolerance_cny": "0.01"})
    assert judge(con, lenient, night, [BY_ID["upstream_money_adds_up"]])["upstream_money_adds_up"].is_success


def test_a_match_may_differ_by_the_tolerance(con: Connection, settings: Settings, night: Night) -> None:
    con.execute(f"{ITEM} difference_cny = -0.06 WHERE item_id = 'i1'")
    assert judge(con, settings, night, [BY_ID["matched_money_agrees"]])["matched_money_agrees"].is_success


@pytest.mark.parametrize(
    ("ledger_total", "is_success"), [("0", True), ("-0.06", True), ("0.07", False), ("NULL", False)]
)
def test_lines_of_a_reversed_invoice_cancel_or_agree(
    ledger_total: str, is_success: bool, con: Connection, settings: Settings, night: Night
) -> None:
    changed = f"cause = 'red_letter_netted', ledger_total_cny = {ledger_total}, difference_cny = -113"
    con.execute(f"{ITEM} {changed} WHERE item_id = 'i1'")
    said = judge(con, settings, night, [BY_ID["matched_money_agrees"]])["matched_money_agrees"]
    assert said.is_success == is_success


def test_the_tolerance_of_a_match_is_a_setting(con: Connection, settings: Settings, night: Night) -> None:
    con.execute(f"{ITEM} difference_cny = -0.06 WHERE item_id = 'i1'")
    strict = settings.model_copy(update={"within_tolerance_cny": "0.05"})
    assert not judge(con, strict, night, [BY_ID["matched_money_agrees"]])["matched_money_agrees"].is_success


@pytest.mark.parametrize("change", ["total_cny = NULL", "total_cny = NULL, tax_cny = NULL"])
def test_a_line_without_total_breaks_no_sum(change: str, con: Connection, settings: Settings, night: Night) -> None:
    con.execute(f"{LEDGER} {change} WHERE record_id = 'l2'")
    assert judge(con, settings, night, [BY_ID["item_sum_right"]])["item_sum_right"].is_success


def test_a_day_within_grace_is_no_finding(con: Connection, settings: Settings, night: Night) -> None:
    said = judge(con, settings, night, [BY_ID["asked_days_received"]])["asked_days_received"]
    assert said.is_success
    assert said.rows_checked == 2
