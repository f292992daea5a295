"""What is open and what waits, each with the action it asks for: what workbooks, letters and files are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.exports.advice import load_advice
from pipelines.model import FINDING_VERDICTS, Verdict
from pipelines.night import Night
from pipelines.query import open_published
from pipelines.reports.rows import fetch_rows
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

SHEET_ROWS = 20_000
"""Rows of one sheet at most, the largest sums; the last row says when there are more."""


@dataclass(frozen=True)
class Wanted:
    """`party` is a part of the other party's name, or its tax id; `taxpayer` one of our own tax ids; None for all."""

    party: str | None = None
    taxpayer: str | None = None


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet. Money in CNY; `action_count` and `action_stake_cny` are those of the whole sheet."""

    action: str
    is_new: bool
    verdict: str
    cause: str
    at_stake_cny: Decimal
    explanation_zh: str
    explanation_en: str
    invoice_numbers: str | None
    invoice_references: str | None
    vouchers: str | None
    party_name: str | None
    party_tax_id: str | None
    issued_on: date | None
    posted_on: date | None
    due_on: date | None
    upstream_total_cny: Decimal | None
    ledger_total_cny: Decimal | None
    difference_cny: Decimal | None
    decision: str | None
    taxpayer_id: str
    direction: str
    basis: str
    first_night: str | None
    upstream_places: str | None
    ledger_places: str | None
    item_id: str
    action_count: int
    action_stake_cny: Decimal


@contextmanager
def open_items(settings: Settings) -> Iterator[tuple[Connection, Night]]:
    """The published database with `export_item` filled, and the night it shows.

    Raises BadInputError if nothing was published yet.
    """
    with open_published(settings) as con:
        night = read_shown_night(con)
        build_items(con, night)
        yield con, night


def read_shown_night(con: Connection) -> Night:
    """The night that the published database shows."""
    return Night(con.execute("SELECT as_of FROM out__night").fetchall()[0][0])


def read_newest_night(con: Connection) -> Night:
    """The newest night of the working database, which its verdicts belong to."""
    return Night(con.execute("SELECT max(as_of) FROM night__run").fetchall()[0][0])


def build_items(con: Connection, night: Night) -> None:
    """Fill `export_item` (and `report_finding`, with what waits): temporary tables of this connection."""
    verdicts = [str(verdict) for verdict in (*FINDING_VERDICTS, Verdict.PENDING)]
    values = {"night_id": night.night_id, "finding_verdicts": verdicts, "with_set_aside": True}
    run_sql(con, "report/report_finding", values)
    run_sql(con, "recon/macros")
    advice = load_advice()
    actions = [entry.action for entry in advice.values()]
    run_sql(con, "export/export_item", {"causes": list(advice), "actions": actions})


def read_sheet_rows(con: Connection, wanted: Wanted, sheet_rows: int = SHEET_ROWS) -> tuple[SheetRow, ...]:
    """Rows of all sheets, the largest sum first, at most `sheet_rows` of each action."""
    values = {"party": wanted.party, "taxpayer": wanted.taxpayer, "sheet_rows": sheet_rows}
    return fetch_rows(con, "export/sheet_row", SheetRow, values)
