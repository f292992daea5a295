"""The bulk leaves in one join: what may leave in it, and what is left to the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.model import LEDGER_ENTRY, UPSTREAM_INVOICE, Table
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, run_sql
from tests.spec.tables import ARROW_TYPES, NUMBER, OTHER, SUPPLIER, Row, entry, invoice

PAPER = {"number": "12345678", "invoice_code": "1100223344"}
WIDE_NAME = {"id": SUPPLIER["id"], "name": "上海示例材料有限公司　"}


STEPS = ("macros", "population", "everything", "cleared")
SHORT_STEPS = (*STEPS, "short_number")


def clear(
    folder: Path, upstream: Sequence[Row], ledger: Sequence[Row], steps: Sequence[str] = STEPS
) -> set[tuple[str, str]]:
    """The pairs that leave, as ids of invoice and line."""
    con = connect(":memory:", Settings(data_root=folder, threads=2))
    try:
        register(con, UPSTREAM_INVOICE, upstream)
        register(con, LEDGER_ENTRY, ledger)
        con.execute("CREATE TEMP TABLE work_decided (side VARCHAR, record_id VARCHAR)")
        for step in steps:
            run_sql(con, f"recon/{step}")
        return set(con.execute("SELECT upstream_id, ledger_id FROM work_cleared").fetchall())
    finally:
        con.close()


def register(con: Connection, table: Table, rows: Sequence[Row]) -> None:
    schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in table.columns])
    filled = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)
    con.register("rows_given", filled)
    con.execute(f"CREATE TABLE {table.name} AS FROM rows_given")
    con.unregister("rows_given")


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"party": None},
        {"party": WIDE_NAME},
        {"party": {"id": None, "name": SUPPLIER["name"]}},
        {"total": None, "amount_cny": "1000.00", "tax_cny": "130.00"},
        {"total": None, "amount_cny": "1000.00"},
        {"invoice_date": date(2026, 8, 10)},
        {"invoice_code": "1100223344"},
    ],
    ids=str,
)
def test_a_line_that_says_nothing_else_leaves_with_its_invoice(tmp_path: Path, line: dict[str, Any]) -> None:
    assert clear(tmp_path, [invoice("u")], [entry("l", **line)]) == {("u", "l")}


@pytest.mark.parametrize(
    "line",
    [
        {"total": "1130.01"},
        {"amount_cny": "1000.01"},
        {"tax_cny": "130.01"},
        {"invoice_date": date(2026, 8, 11)},
        {"party": OTHER},
        {"party": {"id": None, "name": OTHER["name"]}},
        {"party": {"id": OTHER["id"], "name": None}},
        {"reference": None},
        {"reference": NUMBER[:-1] + "8"},
        {"reference": "3" + NUMBER[1:]},
        {"direction": "output"},
        {"taxpayer_id": OTHER["id"]},
    ],
    ids=str,
)
def test_a_line_that_says_anything_else_stays(tmp_path: Path, line: dict[str, Any]) -> None:
    assert clear(tmp_path, [invoice("u")], [entry("l", **line)]) == set()


@pytest.mark.parametrize("state", [{"status": "void"}, {"status": "red_full"}, {"is_red": True}], ids=str)
def test_a_dead_or_red_invoice_stays(tmp_path: Path, state: dict[str, Any]) -> None:
    assert clear(tmp_path, [invoice("u", **state)], [entry("l")]) == set()


def test_a_number_that_either_side_has_twice_stays(tmp_path: Path) -> None:
    other = "26112000000123456780"
    pair = [invoice("u2", other)], [entry("l2", other)]
    assert clear(tmp_path / "ledger", [invoice("u"), *pair[0]], [entry("l"), entry("again"), *pair[1]]) == {
        ("u2", "l2")
    }
    assert clear(tmp_path / "upstream", [invoice("u"), invoice("v"), *pair[0]], [entry("l"), *pair[1]]) == {
        ("u2", "l2")
    }


def test_eight_digits_are_told_apart_by_their_code(tmp_path: Path) -> None:
    upstream = [invoice("u", **PAPER), invoice("v", **PAPER | {"invoice_code": "1100223355"})]
    ledger = [
        entry("l", PAPER["number"], invoice_code=PAPER["invoice_code"]),
        entry("m", PAPER["number"], invoice_code="1100223355"),
        entry("n", PAPER["number"], invoice_code="1100223366"),
        entry("o", PAPER["number"]),
    ]
    assert clear(tmp_path, upstream, ledger) == {("u", "l"), ("v", "m")}


TAIL = NUMBER[12:]


@pytest.mark.parametrize("number", [{"number": NUMBER}, {"number": TAIL, "invoice_code": "1100223344"}], ids=str)
def test_eight_digits_that_name_one_invoice_leave_with_it(tmp_path: Path, number: dict[str, Any]) -> None:
    upstream = [invoice("u", **number), invoice("v", "26112000000123456780")]
    assert clear(tmp_path, upstream, [entry("l", TAIL)], SHORT_STEPS) == {("u", "l")}


@pytest.mark.parametrize(
    "more",
    [
        [invoice("v", "26312000000123456789", party=OTHER)],
        [invoice("v", TAIL, invoice_code="1100223344", party=OTHER)],
        [invoice("v", "26312000000100000001", paper_number=TAIL, party=OTHER)],
        [entry("m", TAIL)],
        [entry("m", NUMBER)],
    ],
    ids=["the same end", "the same short number", "on paper", "cited twice", "cited in full"],
)
def test_eight_digits_that_may_be_something_else_stay(tmp_path: Path, more: Sequence[Row]) -> None:
    upstream = [invoice("u"), *(row for row in more if "invoice_number" in row)]
    ledger = [entry("l", TAIL), *(row for row in more if "invoice_reference" in row)]
    assert ("u", "l") not in clear(tmp_path, upstream, ledger, SHORT_STEPS)


@pytest.mark.parametrize(
    "line",
    [{"total": "1130.01"}, {"party": OTHER}, {"invoice_date": date(2026, 8, 11)}, {"direction": "output"}],
    ids=str,
)
def test_eight_digits_of_an_invoice_that_differs_stay(tmp_path: Path, line: dict[str, Any]) -> None:
    assert clear(tmp_path, [invoice("u")], [entry("l", TAIL, **line)], SHORT_STEPS) == set()
