"""The bridge, the registry of rules and the check digit of tax ids."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import duckdb
import pytest
from stdnum.cn import ric, uscc

from expectations.bridge import BridgeConnection
from expectations.registry import RULES, audit_page
from expectations.rules import Severity
from pipelines.model import CAUSES, FINDING_VERDICTS
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, load_sql

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.fixture
def con(settings: Settings) -> Iterator[Connection]:
    opened = connect(":memory:", settings)
    yield opened
    opened.close()


def test_rows_survive_the_next_statement(con: Connection) -> None:
    bridge = BridgeConnection(con.cursor())
    first = bridge.cursor()
    first.execute("SELECT * FROM RANGE(4)")
    bridge.cursor().execute("SELECT 'other'")
    bridge.rollback()
    assert (first.fetchone(), first.fetchmany(2), first.fetchall(), first.fetchone()) == (
        (0,),
        [(1,), (2,)],
        [(3,)],
        None,
    )


def test_rollback_without_transaction_is_quiet_and_with_one_undoes(con: Connection) -> None:
    con.execute("CREATE TABLE t (x INTEGER)")
    bridge = BridgeConnection(con.cursor())
    bridge.rollback()
    bridge.begin()
    bridge.cursor().execute("INSERT INTO t VALUES (?)", [1])
    bridge.rollback()
    assert con.execute("SELECT COUNT(*) FROM t").fetchall() == [(0,)]


def test_any_other_trouble_of_a_rollback_is_raised(con: Connection) -> None:
    session = con.cursor()
    session.close()
    with pytest.raises(duckdb.ConnectionException):
        BridgeConnection(session).rollback()


def test_closing_the_bridge_leaves_the_session_open(con: Connection) -> None:
    session = con.cursor()
    BridgeConnection(session).close()
    assert session.execute("SELECT 1").fetchall() == [(1,)]


def test_rule_ids_and_names_are_unique() -> None:
    for values in ([r.rule_id for r in RULES], [r.name_zh for r in RULES], [r.name_en for r in RULES]):
        assert len(values) == len(set(values))


def test_every_finding_of_the_contract_has_a_warn_rule() -> None:
    judged = {rule.arguments["value_set"][0] for rule in RULES if rule.severity is Severity.WARN and not rule.is_sql}
    assert judged == {cause for cause, verdict in CAUSES.items() if verdict in FINDING_VERDICTS}


def test_every_check_file_is_a_rule_and_says_its_severity() -> None:
    folder = Path(str(resources.files("expectations"))) / "sql"
    steps = ("prepare_", "keep_", "forget_")
    checks = {path.stem for path in folder.glob("*.sql") if not path.stem.startswith(steps)}
    assert checks == {rule.rule_id for rule in RULES if rule.is_sql}
    for rule in (rule for rule in RULES if rule.is_sql):
        assert load_sql(rule.rule_id, "expectations").startswith(f"-- {rule.severity.capitalize()}: "), rule.rule_id
        assert "{batch}" in rule.query
        assert "--" not in rule.query


def test_the_page_lists_every_rule() -> None:
    page = audit_page()
    assert all(f"| `{rule.rule_id}` | `{rule.table}` | {rule.name_zh} | {rule.name_en} |" in page for rule in RULES)


def tax_ids() -> list[str]:
    heads = ("91110105MA01A1B2X", "91330100MA0W0T0XQ", "11010519491231002", "44052418800101001", "9111010OMA01A1B2X")
    return [head + last for head in heads for last in ALPHABET]


def test_check_digits_agree_with_stdnum(con: Connection) -> None:
    con.execute(load_sql("prepare_is_tax_id", "expectations"))
    rows = con.execute("SELECT id, audit_is_tax_id(id) FROM (SELECT UNNEST($ids) AS id)", {"ids": tax_ids()}).fetchall()
    assert len(rows) == 5 * 31
    assert sum(is_valid for _, is_valid in rows) == 6
    # a person's id is judged by its check digit alone: stdnum also looks up birth place and date
    companies = [(tax_id, said) for tax_id, said in rows if not tax_id[:17].isdigit()]
    assert companies == [(tax_id, uscc.is_valid(tax_id)) for tax_id, _ in companies]
    persons = [(tax_id, said) for tax_id, said in rows if tax_id[:17].isdigit()]
    assert persons == [
        (tax_id, ric.calc_check_digit(tax_id) == tax_id[-1] or uscc.is_valid(tax_id)) for tax_id, _ in persons
    ]


@pytest.mark.parametrize(
    ("tax_id", "expected"),
    [(None, None), ("1" * 15, True), ("1" * 17, True), ("1" * 20, True), ("1" * 16, False), ("", False)],
)
def test_old_ids_pass_and_other_lengths_do_not(con: Connection, tax_id: str | None, expected: bool | None) -> None:
    con.execute(load_sql("prepare_is_tax_id", "expectations"))
    assert con.execute("SELECT audit_is_tax_id($id)", {"id": tax_id}).fetchall() == [(expected,)]
