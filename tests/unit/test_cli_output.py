"""JSON for programs, cells for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest

from pipelines.cli.output import format_cell, print_json, print_rows, print_table, verdict_rows


@dataclass(frozen=True)
class Row:
    name: str
    amount_cny: Decimal
    seen_at: datetime


def test_json_keeps_money_as_text_and_time_as_iso(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Row("京", Decimal("1130.00"), datetime(2026, 11, 3, 2))])
    assert json.loads(capsys.readouterr().out) == [
        {"name": "京", "amount_cny": "1130.00", "seen_at": "2026-11-03T02:00:00"}
    ]


def test_table_shows_markup_of_a_file_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["名称", "total"], [["[red]x[/red]", Decimal("1234567.80")], [None, None]])
    printed = capsys.readouterr().out
    assert "[red]x[/red]" in printed
    assert "1,234,567.80" in printed


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (True, "是 yes"), (20000, "20,000"), ([], "-"), (["a", "b"], "a, b")]
)
def test_cell_for_people(value: object, shown: str) -> None:
    assert format_cell(value) == shown


def test_verdicts_come_in_the_order_of_the_closed_list() -> None:
    rows = verdict_rows({("missing_ledger", "not_booked"): 2, ("matched", "exact"): 5})
    assert [row["cause"] for row in rows] == ["exact", "not_booked"]


def test_rows_that_do_not_fit_come_one_field_per_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    columns = [f"column_{number}" for number in range(9)]
    print_rows(columns, [["a text of some length"] * 9])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["── 1 ──", "  column_0  a text of some length"]
    assert len(lines) == 10
    print_rows(["a", "b"], [[1, 2]])
    assert "┃ a ┃ b ┃" in capsys.readouterr().out
