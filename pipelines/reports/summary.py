"""The summary of a night, read from the warehouse: what is new, what is at stake, how the sources did."""

from __future__ import annotations

from typing import Any

from pipelines.errors import BadInputError
from pipelines.model import CAUSES, FINDING_VERDICTS, Side, Verdict
from pipelines.night import Night
from pipelines.reports.drills import read_drill
from pipelines.reports.render_console import render_console
from pipelines.reports.render_markdown import render_markdown
from pipelines.reports.rows import fetch_rows, require_warehouse
from pipelines.reports.shapes import (
    AgeRow,
    AlertRow,
    AuditCount,
    AuditRow,
    CauseRow,
    FileRow,
    FindingRow,
    GapRow,
    NightRow,
    NightSummary,
    PendingRow,
    RejectRow,
    SourceRow,
)
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse, run_sql

__all__ = ["NightSummary", "build_findings", "read_summary", "render_console", "render_markdown", "summarise_night"]

TOP_ROWS = 10


def summarise_night(settings: Settings, night: Night) -> NightSummary:
    """What a night came to. Verdicts and findings are the warehouse's present ones, so ask for the last night.

    Raises BadInputError if no night has run, or not this one.
    """
    require_warehouse(settings)
    with open_warehouse(settings, read_only=True) as con:
        build_findings(con, night)
        return read_summary(con, settings, night)


def build_findings(con: Connection, night: Night) -> None:
    """Fill the temporary table `report_finding`: every open finding that nobody has set aside, with its money at stake
    and evidence."""
    run_sql(
        con,
        "report/report_finding",
        {
            "night_id": night.night_id,
            "finding_verdicts": [str(verdict) for verdict in FINDING_VERDICTS],
            "with_set_aside": False,
        },
    )


def read_summary(con: Connection, settings: Settings, night: Night) -> NightSummary:
    """The summary, once `build_findings` has run on this connection."""
    by_night = {"night_id": night.night_id}
    by_time = {"as_of": night.as_of}
    top = {"row_limit": TOP_ROWS}
    overdue = {**by_time, "overdue_verdicts": [str(Verdict.MISSING_UPSTREAM), str(Verdict.MISSING_LEDGER)]}
    coverage = {**by_time, "sync_grace_hours": settings.sync_grace_hours}
    run_sql(con, "report/stopped_over")
    return NightSummary(
        night=_read_night(con, by_night),
        sources=fetch_rows(con, "report/report_source", SourceRow, by_night),
        files=fetch_rows(con, "report/report_file", FileRow, by_time),
        rejects=fetch_rows(con, "report/report_reject", RejectRow, by_time),
        causes=_read_causes(con, night),
        ages=fetch_rows(con, "report/report_age", AgeRow, overdue),
        top_findings=fetch_rows(con, "report/report_detail", FindingRow, {**top, "only_new": False}),
        new_findings=fetch_rows(con, "report/report_detail", FindingRow, {**top, "only_new": True}),
        oldest_findings=fetch_rows(con, "report/report_oldest", FindingRow, top),
        audit_count=fetch_rows(con, "report/report_audit_count", AuditCount, by_night)[0],
        audit_failures=fetch_rows(con, "report/report_audit", AuditRow, by_night),
        pending=fetch_rows(con, "report/report_pending", PendingRow, {**top, "pending_verdict": str(Verdict.PENDING)}),
        gaps=fetch_rows(con, "report/report_gap", GapRow, coverage),
        alerts=fetch_rows(con, "report/report_alert", AlertRow, by_night),
        drill=read_drill(settings, night),
        upstream_ids=tuple(source.id for source in settings.sources if source.side == Side.UPSTREAM),
        is_look_back=run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone() is not None,
        taxpayer_names={taxpayer.id: taxpayer.name for taxpayer in settings.taxpayers},
    )


def _read_causes(con: Connection, night: Night) -> tuple[CauseRow, ...]:
    lists = {"causes": list(CAUSES), "verdicts": [str(verdict) for verdict in CAUSES.values()]}
    return fetch_rows(con, "report/report_matrix", CauseRow, {"night_id": night.night_id, **lists})


def _read_night(con: Connection, values: dict[str, Any]) -> NightRow:
    found = fetch_rows(con, "report/report_night", NightRow, values)
    if not found:
        raise BadInputError(
            "没有这一夜 | There is no such night.",
            where="night__run",
            found=values["night_id"],
            expected="fapiao sql 'SELECT night_id FROM night__run ORDER BY 1 DESC'",
        )
    return found[0]
