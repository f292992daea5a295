"""Decisions of people: honoured on the next night, reported when the records under them have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.errors import UsageError
from pipelines.model import COVERAGE, DECISION_STATE, LEDGER_ENTRY, UPSTREAM_INVOICE, Table
from pipelines.night import Night
from pipelines.reconcile.decisions import decide, list_decisions, withdraw
from pipelines.reconcile.nightly import reconcile_night
from pipelines.reports.summary import build_findings
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse
from tests.spec.cases import reversed_pair
from tests.spec.tables import ARROW_TYPES, NUMBER, OTHER, Row, covered, entry, invoice

FAR = "26312000000987654321"
MADE = datetime(2026, 11, 20, 9)
NIGHTS = [Night(datetime(2026, 11, day, 2)) for day in range(21, 27)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path, threads=1)


def _see(con: Connection, table: Table, rows: Sequence[Row]) -> None:
    schema = pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in table.columns])
    con.register(
        "given", pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)
    )
    if table is not COVERAGE:
        side = "upstream" if table is UPSTREAM_INVOICE else "ledger"
        con.execute(f"DELETE FROM {table.name} WHERE record_id IN (SELECT record_id FROM given)")
        con.execute(f"INSERT INTO core_change SELECT '{side}', record_id FROM given")
    con.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM given")


def see(settings: Settings, upstream: Sequence[Row] = (), ledger: Sequence[Row] = ()) -> None:
    with open_warehouse(settings) as con:
        _see(con, UPSTREAM_INVOICE, upstream)
        _see(con, LEDGER_ENTRY, ledger)
        if con.execute(f"SELECT count(*) FROM {COVERAGE.name}").fetchone() == (0,):
            _see(con, COVERAGE, covered())


def items(settings: Settings, night: int = 0) -> list[tuple[str, str, bool, set[str]]]:
    """cause, rule, needs_review and members of every item after that night."""
    reconcile_night(settings, NIGHTS[night])
    with open_warehouse(settings, read_only=True) as con:
        rows = con.execute(
            "SELECT i.cause, i.rule, i.needs_review, list(m.record_id) FROM recon__item i JOIN recon__member m "
            "USING (item_id) GROUP BY i.item_id, i.cause, i.rule, i.needs_review ORDER BY min(m.record_id)"
        ).fetchall()
    return [(cause, rule, review, set(members)) for cause, rule, review, members in rows]


def state(settings: Settings) -> list[tuple[Any, ...]]:
    with open_warehouse(settings, read_only=True) as con:
        return con.execute(f"SELECT state, is_honoured FROM {DECISION_STATE.name}").fetchall()


def findings(settings: Settings) -> int:
    with open_warehouse(settings, read_only=True) as con:
        (count,) = con.execute("SELECT count(*) FROM night__finding WHERE gone_night IS NULL").fetchone() or (0,)
    return int(count)


def make(settings: Settings, kind: str, upstream: Sequence[str], ledger: Sequence[str], **more: Any) -> str:
    return decide(
        settings, kind, upstream_ids=upstream, ledger_ids=ledger, decided_by="王会计", reason="核对过原票",
        **{"decided_at": MADE} | more,
    ).decision_id  # fmt: skip


def test_a_link_joins_what_no_rule_would(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR)])
    assert [item[0] for item in items(settings)] == ["not_found", "not_booked"]
    make(settings, "link", ["u1"], ["l1"])
    assert items(settings, 1) == [("exact", "decision", False, {"u1", "l1"})]
    assert state(settings) == [("honoured", True)]


def test_a_linked_line_still_shows_that_its_money_differs(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR, "1103.00")])
    make(settings, "link", ["u1"], ["l1"])
    assert items(settings) == [("amount_differs", "decision", True, {"u1", "l1"})]


def test_another_line_under_a_linked_invoice_is_the_second_booking(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR, posted_on=date(2026, 9, 3)), entry("l2")])
    make(settings, "link", ["u1"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [("exact", {"u1", "l1"}), ("booked_twice", {"l2"})]


@pytest.mark.parametrize(
    ("gaps", "cause", "why_not"),
    [([], "booked_twice", None), ([date(2026, 8, 10)], "upstream_gap", "number_taken")],
    ids=["all days received", "a day missing on which its own may have been issued"],
)
def test_the_beginning_of_a_linked_number_is_a_second_booking_only_if_its_own_invoice_is_not_missing(
    settings: Settings, gaps: list[date], cause: str, why_not: str | None
) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR), entry("l2", NUMBER[:16], posted_on=date(2026, 8, 21))])
    with open_warehouse(settings) as con:
        con.execute(f"DELETE FROM {COVERAGE.name}")
        _see(con, COVERAGE, covered(but=gaps))
    make(settings, "link", ["u1"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [("exact", {"u1", "l1"}), (cause, {"l2"})]
    with open_warehouse(settings, read_only=True) as con:
        row = con.execute("SELECT why_not FROM recon__item WHERE item_id = 'L:l2'").fetchone()
    assert row == (why_not,)


def test_one_line_is_linked_to_several_invoices(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR, "226.00")], [entry("l1", "见附件", "1356.00")])
    make(settings, "link", ["u1", "u2"], ["l1"])
    assert items(settings) == [("combined_entry", "decision", False, {"u1", "u2", "l1"})]


def test_what_is_left_alone_is_unlinked_and_asks_nothing(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1")])
    assert [item[0] for item in items(settings)] == ["exact"]
    make(settings, "leave_alone", ["u1"], ["l1"])
    assert [(item[0], item[2]) for item in items(settings, 1)] == [("not_found", False), ("not_booked", False)]
    assert findings(settings) == 0


def test_what_is_tried_again_is_not_linked_the_same_way(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR)], [entry("l1")])
    make(settings, "try_again", ["u1"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [
        ("not_found", {"l1"}), ("not_booked", {"u1"}), ("not_booked", {"u2"}),
    ]  # fmt: skip


def test_an_accepted_difference_asks_nothing_until_a_record_changes(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", total="1103.00")])
    make(settings, "accept_difference", ["u1"], ["l1"])
    assert items(settings) == [("amount_differs", "exact_key", False, {"u1", "l1"})]
    assert (findings(settings), state(settings)) == (0, [("honoured", True)])
    see(settings, ledger=[entry("l1", total="1013.00")])
    assert items(settings, 1) == [("amount_differs", "exact_key", True, {"u1", "l1"})]
    assert (findings(settings), state(settings)) == (1, [("changed", False)])


def test_an_acceptance_does_not_cover_another_line_that_joins_the_item(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", total="1103.00")])
    make(settings, "accept_difference", ["u1"], ["l1"])
    see(settings, ledger=[entry("l2", total="500.00")])
    assert items(settings) == [("amount_differs", "exact_key", True, {"u1", "l1", "l2"})]
    assert state(settings) == [("changed", False)]


def test_an_item_ignored_until_a_day_comes_back_on_it(settings: Settings) -> None:
    see(settings, ledger=[entry("l1")])
    make(settings, "ignore_until", [], ["l1"], until_on=date(2026, 11, 22))
    assert (items(settings)[0][2], findings(settings)) == (False, 0)
    assert (items(settings, 1)[0][2], findings(settings)) == (True, 1)


def test_a_withdrawn_decision_is_kept_and_counts_no_more(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1")])
    made = make(settings, "leave_alone", ["u1"], ["l1"])
    items(settings)
    withdraw(settings, made, withdrawn_by="李会计", reason="看错了")
    with open_warehouse(settings) as con:
        con.execute("UPDATE decisions SET withdrawn_at = '2026-11-21 12:00:00'")
    assert items(settings, 1) == [("exact", "exact_key", False, {"u1", "l1"})]
    assert [decision.withdrawn_at is not None for decision in list_decisions(settings)] == [True]
    assert state(settings) == []


def test_a_later_decision_overrules_an_earlier_one(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR)], [entry("l1", "见附件")])
    make(settings, "link", ["u1"], ["l1"])
    make(settings, "link", ["u2"], ["l1"], decided_at=datetime(2026, 11, 20, 10))
    assert ("exact", {"u2", "l1"}) in [(item[0], item[3]) for item in items(settings)]
    assert sorted(state(settings)) == [("honoured", True), ("overruled", False)]


def test_a_night_before_the_decision_does_not_know_of_it(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1")])
    make(settings, "leave_alone", ["u1"], ["l1"], decided_at=datetime(2026, 11, 22, 9))
    assert [item[0] for item in items(settings, 0)] == ["exact"]
    assert [item[0] for item in items(settings, 2)] == ["not_found", "not_booked"]


@pytest.mark.parametrize(
    ("kind", "upstream", "ledger", "more"),
    [
        ("merge", ["u1"], ["l1"], {}),
        ("link", ["u1"], [], {}),
        ("link", ["u9"], ["l1"], {}),
        ("link", ["u1"], ["l2"], {}),
        ("ignore_until", ["u1"], [], {}),
        ("leave_alone", ["u1"], [], {"until_on": date(2026, 12, 1)}),
        ("leave_alone", ["u1"], [], {"reason": " "}),
    ],
)
def test_a_decision_that_says_too_little_is_refused(
    settings: Settings, kind: str, upstream: list[str], ledger: list[str], more: dict[str, Any]
) -> None:
    see(settings, [invoice("u1")], [entry("l1"), entry("l2", direction="output", party=OTHER)])
    given = {"decided_by": "王会计", "reason": "核对过原票"} | more
    with pytest.raises(UsageError):
        decide(settings, kind, upstream_ids=upstream, ledger_ids=ledger, **given)
    assert list_decisions(settings) == []


def test_the_number_of_a_linked_line_does_not_matter(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR, "226.00")], [entry("l1", NUMBER, "226.00")])
    make(settings, "link", ["u2"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [("exact", {"u2", "l1"}), ("not_booked", {"u1"})]


def test_a_link_to_either_row_of_an_invoice_that_is_listed_twice_is_with_the_invoice(settings: Settings) -> None:
    older, newer = MADE - timedelta(days=3), MADE - timedelta(days=2)
    see(settings, [invoice("u1", observed_at=older), invoice("u2", observed_at=newer)], [entry("l1", FAR)])
    make(settings, "link", ["u1", "u2"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [("exact", {"u2", "l1"}), ("listed_twice", {"u1"})]


def test_a_link_does_not_shield_an_invoice_of_which_a_later_row_is_void(settings: Settings) -> None:
    see(settings, [invoice("u1", observed_at=MADE - timedelta(days=3))], [entry("l1")])
    make(settings, "link", ["u1"], ["l1"])
    see(settings, [invoice("u2", observed_at=MADE, status="void")])
    assert [(item[0], item[3]) for item in items(settings)] == [
        ("dead_invoice_booked", {"u2", "l1"}), ("listed_twice", {"u1"}),
    ]  # fmt: skip


@pytest.mark.parametrize("linked", ["l1", "l2"])
def test_what_makes_a_linked_booking_whole_is_no_second_one(settings: Settings, linked: str) -> None:
    see(settings, [invoice("u1")], [entry("l1", total="500.00"), entry("l2", total="630.00")])
    make(settings, "link", ["u1"], [linked])
    assert [(item[0], item[3]) for item in items(settings)] == [("split_entries", {"u1", "l1", "l2"})]


@pytest.mark.parametrize("kinds", [("link", "try_again"), ("try_again", "link")])
def test_to_link_one_line_and_to_refuse_another_are_two_decisions(settings: Settings, kinds: Sequence[str]) -> None:
    see(settings, [invoice("u1")], [entry("l1"), entry("l2", FAR, posted_on=date(2026, 9, 3))])
    for minutes, kind in enumerate(kinds):
        line = "l2" if kind == "link" else "l1"
        make(settings, kind, ["u1"], [line], decided_at=MADE + timedelta(minutes=minutes))
    assert [(item[0], item[3]) for item in items(settings)] == [("not_found", {"l1"}), ("exact", {"u1", "l2"})]
    assert [honoured for _, honoured in state(settings)] == [True, True]


def test_a_later_decision_overrules_an_earlier_one_only_where_both_speak(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR), entry("l2", "见附件", "70.00"), entry("l3", "见附件", "80.00")])
    make(settings, "leave_alone", [], ["l1", "l2", "l3"])
    make(settings, "link", ["u1"], ["l1"], decided_at=MADE + timedelta(minutes=1))
    assert [(item[0], item[2], item[3]) for item in items(settings)] == [
        ("exact", False, {"u1", "l1"}), ("unreadable_reference", False, {"l2"}),
        ("unreadable_reference", False, {"l3"}),
    ]  # fmt: skip
    assert findings(settings) == 0


@pytest.mark.parametrize("reference", [NUMBER, NUMBER[12:], NUMBER[:16], NUMBER[4:]])
def test_what_a_person_took_apart_is_named_and_not_denied(settings: Settings, reference: str) -> None:
    see(settings, [invoice("u1")], [entry("l1", reference)])
    make(settings, "try_again", ["u1"], ["l1"])
    reconcile_night(settings, NIGHTS[0])
    with open_warehouse(settings, read_only=True) as con:
        (row,) = con.execute(
            "SELECT why_not, candidates, explanation_zh, explanation_en FROM recon__item WHERE item_id = 'L:l1'"
        ).fetchall()
    assert row[:2] == ("taken_apart", ["u1"])
    assert "税务系统中有该号码的发票，但按人工决定不是同一笔" in row[2]
    assert "the tax system has that number" in row[3]


def open_items(settings: Settings) -> dict[str, tuple[Any, ...]]:
    """why_not, candidates and sentence of every item after the first night."""
    reconcile_night(settings, NIGHTS[0])
    with open_warehouse(settings, read_only=True) as con:
        rows = con.execute("SELECT item_id, why_not, candidates, explanation_en FROM recon__item").fetchall()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (NUMBER, "the tax system has that number"), (NUMBER[12:], "the tax system has that number"),
        (NUMBER[:16], "the tax system has that number"), (NUMBER[4:], "the tax system has that number"),
        (NUMBER[:10] + "7" + NUMBER[11:], "Invoices that come near: 1"),
        ("2.61120000001234E+19", "invoices that it may be: 1"), (None, "invoices that it may be: 1"),
    ],
    ids=["whole", "last 8", "first 16", "last 16", "one wrong digit", "a float", "no number"],
)  # fmt: skip
def test_an_invoice_that_was_left_alone_is_neither_unknown_nor_taken(
    settings: Settings, reference: str | None, said: str
) -> None:
    see(settings, [invoice("u1")], [entry("l1", reference)])
    make(settings, "leave_alone", ["u1"], [])
    why_not, candidates, sentence = open_items(settings)["L:l1"]
    assert (why_not, candidates) == ("invoice_left_alone", ["u1"])
    assert said in sentence


def test_the_last_digits_alone_do_not_name_an_invoice_that_was_left_alone(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", NUMBER[12:], "55.00", party=OTHER)])
    make(settings, "leave_alone", ["u1"], [])
    assert open_items(settings)["L:l1"][:2] == (None, [])


@pytest.mark.parametrize(
    ("kind", "ledger", "why_not"), [("leave_alone", [], "left_alone"), ("try_again", ["l1"], "taken_apart")]
)
def test_a_number_in_a_list_that_a_person_took_out_is_not_called_unknown(
    settings: Settings, kind: str, ledger: list[str], why_not: str
) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR, "226.00")], [entry("l1", f"{NUMBER}、{FAR}", "1356.00")])
    make(settings, kind, ["u2"], ledger)
    told = open_items(settings)
    assert f"Not linked: {FAR}." in told["U:u1"][2]
    assert told["U:u2"][0] == why_not


def test_a_linked_item_says_who_linked_it(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR, "226.00", status="void")], [entry("l1", "见附件", "1356.00")])
    make(settings, "link", ["u1", "u2"], ["l1"])
    reconcile_night(settings, NIGHTS[0])
    with open_warehouse(settings, read_only=True) as con:
        (row,) = con.execute("SELECT cause, explanation_zh FROM recon__item").fetchall()
    assert row[0] == "dead_invoice_booked"
    assert f"其中 {FAR}（" in row[1]
    assert row[1].endswith("（按人工决定关联。）")


def test_what_is_set_aside_is_not_counted_as_to_do(settings: Settings) -> None:
    see(
        settings, [invoice("u1")], [entry("l1", total="1103.00"), entry("l2", FAR, "50.00", posted_on=date(2026, 9, 3))]
    )
    make(settings, "accept_difference", ["u1"], ["l1"])
    assert reconcile_night(settings, NIGHTS[0]).set_aside_count == 1
    with open_warehouse(settings) as con:
        build_findings(con, NIGHTS[0])
        assert con.execute("SELECT cause FROM report_finding").fetchall() == [("not_found",)]


def test_a_red_letter_that_is_left_alone_hides_no_entry_of_what_it_reverses(settings: Settings) -> None:
    see(settings, reversed_pair(), [entry("l1")])
    make(settings, "leave_alone", ["u2"], [])
    assert [(item[0], item[2], item[3]) for item in items(settings)] == [
        ("dead_invoice_booked", True, {"u1", "l1"}), ("not_booked", False, {"u2"}),
    ]  # fmt: skip
    assert findings(settings) == 1


def reported(settings: Settings) -> list[tuple[str, str]]:
    """Item and cause of what the report of the first night calls to do."""
    with open_warehouse(settings) as con:
        build_findings(con, NIGHTS[0])
        return con.execute("SELECT item_id, cause FROM report_finding ORDER BY item_id").fetchall()


def test_several_items_that_one_decision_leaves_alone_are_none_of_them_to_do(settings: Settings) -> None:
    see(settings, [], [entry("l1", FAR), entry("l2", "见附件", "70.00"), entry("l3", "见附件", "80.00")])
    make(settings, "leave_alone", [], ["l1", "l2", "l3"])
    assert reconcile_night(settings, NIGHTS[0]).set_aside_count == 3
    assert reported(settings) == []


def test_what_a_later_decision_linked_is_to_do_again_if_it_differs(settings: Settings) -> None:
    see(settings, [invoice("u1"), invoice("u2", FAR)], [entry("l1", "见附件", "1103.00")])
    make(settings, "leave_alone", ["u1", "u2"], [])
    make(settings, "link", ["u1"], ["l1"], decided_at=MADE + timedelta(minutes=1))
    assert reconcile_night(settings, NIGHTS[0]).set_aside_count == 1
    assert reported(settings) == [("U:u1", "amount_differs")]


def test_a_line_left_alone_is_told_so_and_its_invoice_is_not_unknown(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1"), entry("l2", "26112000000000000077", party=OTHER)])
    make(settings, "leave_alone", ["u1"], [])
    make(settings, "leave_alone", [], ["l2"])
    reconcile_night(settings, NIGHTS[0])
    with open_warehouse(settings) as con:
        said = dict(con.execute("SELECT item_id, explanation_en FROM recon__item").fetchall())
        build_findings(con, NIGHTS[0])
        told = {item_id for (item_id,) in con.execute("SELECT item_id FROM report_finding").fetchall()}
    assert told == {"L:l1"}
    assert "is left unlinked by a person's decision" in said["L:l2"]
    assert "it was not linked: a person decided that the invoice is to be left unlinked" in said["L:l1"]


def test_a_second_booking_is_told_with_the_invoice_of_its_own_code(settings: Settings) -> None:
    see(
        settings,
        [invoice("u1", "12345678", "50.00", invoice_code="3100221130"),
         invoice("u2", "12345678", invoice_code="1100212130", party=OTHER)],
        [entry(f"l{day}", "12345678", invoice_code="1100212130", party=None, posted_on=date(2026, 9, day))
         for day in (1, 2)],
    )  # fmt: skip
    assert [cause for _, cause in reported_after(settings)] == ["booked_twice", "not_booked"]
    with open_warehouse(settings) as con:
        build_findings(con, NIGHTS[0])
        assert con.execute("FROM report_booked_before").fetchall() == [("L:l2", "u2")]


def reported_after(settings: Settings) -> list[tuple[str, str]]:
    reconcile_night(settings, NIGHTS[0])
    return reported(settings)


def make_in_turn(settings: Settings, kinds: Sequence[str], upstream: Sequence[str], ledger: Sequence[str]) -> None:
    """Each in turn within one second."""
    for kind in kinds:
        make(settings, kind, upstream, ledger)


@pytest.mark.parametrize("kind", ["try_again", "leave_alone"])
def test_a_pair_stays_apart_when_its_invoice_is_listed_again(settings: Settings, kind: str) -> None:
    see(settings, [invoice("u1", observed_at=MADE - timedelta(days=3))], [entry("l1")])
    make(settings, kind, ["u1"], ["l1"] if kind == "try_again" else [])
    items(settings)
    see(settings, [invoice("u2", observed_at=MADE)])
    asks = kind == "try_again"
    assert [(item[0], item[2], item[3]) for item in items(settings, 1)] == [
        ("not_found", True, {"l1"}), ("listed_twice", True, {"u1"}), ("not_booked", asks, {"u2"}),
    ]  # fmt: skip
    assert state(settings) == [("honoured", True)]


@pytest.mark.parametrize("later", ["try_again", "link"])
def test_the_last_word_about_an_invoice_holds_whichever_row_was_named(settings: Settings, later: str) -> None:
    see(settings, [invoice("u1", observed_at=MADE - timedelta(days=3)), invoice("u2", observed_at=MADE)], [entry("l1")])
    make(settings, "link" if later == "try_again" else "try_again", ["u1"], ["l1"])
    make(settings, later, ["u2"], ["l1"], decided_at=MADE + timedelta(minutes=1))
    found = {"l1"} if later == "try_again" else {"u2", "l1"}
    assert found in [item[3] for item in items(settings)]
    assert sorted(state(settings)) == [("honoured", True), ("overruled", False)]


@pytest.mark.parametrize("kind", ["accept_difference", "ignore_until"])
def test_another_finding_of_the_same_records_asks_again(settings: Settings, kind: str) -> None:
    see(settings, [], [entry("l2", posted_on=date(2026, 9, 20))])
    items(settings)
    make(settings, kind, [], ["l2"], **{"until_on": date(2027, 1, 1)} if kind == "ignore_until" else {})
    assert [(item[0], item[2]) for item in items(settings, 1)] == [("not_found", False)]
    see(settings, [invoice("u1")], [entry("l1")])
    assert [(item[0], item[2], item[3]) for item in items(settings, 2)] == [
        ("exact", False, {"u1", "l1"}), ("booked_twice", True, {"l2"}),
    ]  # fmt: skip
    assert (findings(settings), state(settings)) == (1, [("changed", False)])


def test_what_was_ignored_while_pending_stays_quiet_when_its_window_is_over(settings: Settings) -> None:
    see(settings, [], [entry("l1", FAR, posted_on=date(2026, 11, 20))])
    make(settings, "ignore_until", [], ["l1"], until_on=date(2027, 1, 1))
    assert [(item[0], item[2]) for item in items(settings)] == [("sync_delay", False)]
    assert [(item[0], item[2]) for item in items(settings, 5)] == [("not_found", False)]
    assert (findings(settings), state(settings)) == (0, [("honoured", True)])


def test_a_later_shorter_day_overrules_an_earlier_longer_one(settings: Settings) -> None:
    see(settings, ledger=[entry("l1")])
    make(settings, "ignore_until", [], ["l1"], until_on=date(2027, 6, 30))
    make(settings, "ignore_until", [], ["l1"], until_on=date(2026, 11, 22))
    assert items(settings)[0][2] is False
    assert (items(settings, 1)[0][2], state(settings)) == (True, [("overruled", False)])


def test_of_two_decisions_of_one_second_the_later_one_holds(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1", FAR)])
    make_in_turn(settings, ["leave_alone", "link"] * 3, ["u1"], ["l1"])
    assert [(item[0], item[3]) for item in items(settings)] == [("exact", {"u1", "l1"})]


def test_a_name_in_another_style_is_no_change(settings: Settings) -> None:
    party = {"id": "91310000MA1FL0AB12", "name": "上海示例（集团）有限公司"}
    see(settings, [invoice("u1", party=party)], [entry("l1", total="1103.00", party=party)])
    make(settings, "accept_difference", ["u1"], ["l1"])
    see(settings, [invoice("u1", party=party | {"name": "上海示例(集团)有限公司"})])
    assert [(item[0], item[2]) for item in items(settings)] == [("amount_differs", False)]
    assert state(settings) == [("honoured", True)]


def test_a_hash_of_an_earlier_version_holds_until_the_records_change(settings: Settings) -> None:
    party = {"id": "91310000MA1FL0AB12", "name": "上海示例（集团）有限公司"}
    see(settings, [invoice("u1", party=party)], [entry("l1", total="1103.00", party=party)])
    make(settings, "accept_difference", ["u1"], ["l1"])
    with open_warehouse(settings) as con:
        # md5 over the names as they were written.
        con.execute("UPDATE decisions SET records_hash = '270de7cc9d51828867f18d37b42ab778'")
    items(settings)
    assert state(settings) == [("honoured", True)]


def test_a_red_letter_of_an_invoice_that_is_left_alone_is_netted_with_it(settings: Settings) -> None:
    see(settings, [invoice("u1")])
    make(settings, "leave_alone", ["u1"], [])
    assert [(item[0], item[2]) for item in items(settings)] == [("not_booked", False)]
    see(settings, reversed_pair())
    assert [(item[0], item[2], item[3]) for item in items(settings, 1)] == [("red_letter_netted", False, {"u1", "u2"})]


def test_an_entry_of_the_red_letter_alone_is_to_do_though_its_invoice_is_left_alone(settings: Settings) -> None:
    blue, red = reversed_pair()
    see(settings, [blue, red], [entry("l2", red["invoice_number"], "-1130.00")])
    make(settings, "leave_alone", ["u1"], [])
    assert [(item[0], item[2], item[3]) for item in items(settings)] == [("amount_differs", True, {"u1", "u2", "l2"})]
    assert findings(settings) == 1
