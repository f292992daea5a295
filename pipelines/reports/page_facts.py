"""What the page shows besides the summary, read from the warehouse and the snapshot store."""

from __future__ import annotations

from pipelines.model import Verdict
from pipelines.night import Night
from pipelines.reports.cards import build_cards, read_cards
from pipelines.reports.figures import add_stakes
from pipelines.reports.page_shapes import BackupRow, CompanyRow, MonthRow, PageFacts, PartyRow, TrendRow
from pipelines.reports.rows import fetch_rows
from pipelines.reports.shapes import NightSummary
from pipelines.settings import Settings
from pipelines.snapshots.manifest import list_manifest_ids
from pipelines.snapshots.verify import verify_snapshots
from pipelines.warehouse import Connection, run_sql

TREND_NIGHTS = 30
PARTIES_SHOWN = 30


def read_facts(con: Connection, settings: Settings, night: Night, summary: NightSummary) -> PageFacts:
    """The facts, once `build_findings` has run on this connection."""
    overdue = [str(Verdict.MISSING_UPSTREAM), str(Verdict.MISSING_LEDGER)]
    build_cards(con, {"as_of": night.as_of, "overdue_verdicts": overdue})
    verdicts = {"matched_verdict": str(Verdict.MATCHED), "pending_verdict": str(Verdict.PENDING)}
    window = {"as_of": night.as_of, "sync_grace_hours": settings.sync_grace_hours}
    return PageFacts(
        trend=add_stakes(settings, summary, _read_trend(con, night)),
        companies=fetch_rows(con, "report/report_company", CompanyRow, verdicts),
        parties=fetch_rows(con, "report/report_party", PartyRow, {"row_limit": PARTIES_SHOWN}),
        months=fetch_rows(con, "report/report_calendar", MonthRow, window),
        backup=read_backup(settings, summary.night.snapshot_id),
        cards=read_cards(con),
    )


def _read_trend(con: Connection, night: Night) -> tuple[TrendRow, ...]:
    run_sql(con, "report/report_trend", {"night_id": night.night_id, "row_limit": TREND_NIGHTS})
    return tuple(TrendRow(*row) for row in con.fetchall())


def read_backup(settings: Settings, snapshot_id: str | None) -> BackupRow:
    """A quick look at the night's snapshot: is every file there, with its size. A full check is `fapiao snapshot
    verify`, and only a drill proves that it can be restored."""
    ids = list_manifest_ids(settings)
    if snapshot_id is None or snapshot_id not in ids:
        return BackupRow(snapshot_id, len(ids), "absent")
    found = verify_snapshots(settings, quick=True, only=[snapshot_id])
    damages = [f"{damage.path}: {damage.problem}" for damage in found.damages[:3]]
    return BackupRow(snapshot_id, len(ids), "; ".join(damages) or None)
