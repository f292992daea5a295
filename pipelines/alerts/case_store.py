"""Reads and writes `alert__case`, and takes a person's acknowledgement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from pipelines.alerts.cases import Case
from pipelines.errors import UsageError
from pipelines.night import Night
from pipelines.reports.rows import fetch_rows, require_warehouse
from pipelines.settings import Settings, beijing_now
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction


def read_cases(con: Connection, night: Night) -> tuple[Case, ...]:
    """Cases that were open before this night ran, the latest of each key."""
    return fetch_rows(con, "alert/alert_case", Case, {"night_id": night.night_id})


def write_cases(con: Connection, before: Iterable[Case], after: Iterable[Case]) -> None:
    """Replace the rows that were read by what they came to."""
    for case in before:
        run_sql(con, "alert/alert_case_forget", {"alert_key": case.alert_key, "raised_night": case.raised_night})
    for case in after:
        run_sql(con, "alert/alert_case_store", asdict(case))


def list_open_cases(settings: Settings) -> tuple[Case, ...]:
    """Open cases, critical first, then by money and age. BadInputError when no night has run."""
    require_warehouse(settings)
    with open_warehouse(settings, read_only=True) as con:
        return fetch_rows(con, "alert/alert_case_open", Case, {})


def acknowledge(settings: Settings, alert_key: str, who: str, note: str | None) -> Case:
    """A person takes an open case on: what it holds escalates no more unless it gets worse; findings of later nights
    do. UsageError if none is open."""
    require_warehouse(settings)
    values = {"alert_key": alert_key, "who": who, "note": note, "moment": beijing_now()}
    with open_warehouse(settings) as con, transaction(con):
        found = fetch_rows(con, "alert/alert_case_acknowledge", Case, values)
    if not found:
        raise UsageError(
            "没有这条未结提醒 | No open alert has this key.",
            where=alert_key,
            expected="`fapiao alerts list` 第一列中的一个 | one of the first column of `fapiao alerts list`",
        )
    return found[0]
