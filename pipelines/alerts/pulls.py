"""Alerts about sources that could not be fetched as they should; told until they can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.pull.outage_rows import OutageProblem
from pipelines.pull.outages import Outages, load_outages
from pipelines.reports.rows import fetch_rows
from pipelines.reports.words import strip_controls
from pipelines.settings import Settings
from pipelines.warehouse import Connection

SAID = {
    "pulled": ("取数改走备用途径", "fetched by a fallback"),
    "unchanged": ("取数改走备用途径，没有新数据", "fetched by a fallback, nothing new"),
    "empty": ("取数为空", "fetched nothing"),
    "incomplete": ("取数不全", "fetched in part"),
    "maintenance": ("系统维护，未取数", "not fetched, maintenance"),
    "waiting": ("等待人工导出", "waiting for an export by hand"),
    "failed": ("取数失败", "not fetched"),
}
QUIET = frozenset({"pulled", "unchanged", "maintenance"})
PATIENCE_NIGHTS = 2
"""A system that calls itself under maintenance is a note on the first night; without announcement no longer."""
SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class PullRow:
    """`nights_in_row`: nights of maintenance without a break; `fetch_seconds`: from the first request to the last."""

    source_id: str
    state: str
    route_no: int
    kind: str
    message_zh: str
    message_en: str
    nights_in_row: int
    fetch_seconds: int


def compose_pulls(con: Connection, settings: Settings, night: Night) -> list[Alert]:
    """One alert per source whose first road did not bring everything tonight, and what is wrong with announcements."""
    outages = load_outages(settings, night.as_of)
    rows = fetch_rows(con, "alert/alert_pull", PullRow, {"night_id": night.night_id})
    return [*(_compose_pull(row, outages, night) for row in rows), *compose_outage_problems(outages)]


def _compose_pull(row: PullRow, outages: Outages, night: Night) -> Alert:
    (zh, en), severity = SAID[row.state], "info" if row.state in QUIET else "warning"
    if row.state == "maintenance" and row.nights_in_row >= PATIENCE_NIGHTS and not _is_announced(row, outages, night):
        severity = "warning"
        zh, en = f"维护未公告，已 {row.nights_in_row} 夜未取数", f"unannounced maintenance, {row.nights_in_row} nights"
    return Alert(
        alert_key=f"pull:{row.source_id}",
        severity=severity,
        finding_count=0,
        amount_cny=None,
        title_zh=f"{zh}：{row.source_id}",
        title_en=f"{row.source_id}: {en}",
        body_zh=strip_controls(row.message_zh or f"本夜由途径 {row.kind} 取得。"),
        body_en=strip_controls(row.message_en or f"Tonight it came by {row.kind}."),
    )


def _is_announced(row: PullRow, outages: Outages, night: Night) -> bool:
    return outages.find(row.source_id, night.as_of, night.as_of + timedelta(seconds=row.fetch_seconds)) is not None


def compose_outage_problems(outages: Outages) -> list[Alert]:
    """One alert per file of announcements with something in it that cannot be used."""
    files = {
        problem.file: [one for one in outages.problems if one.file == problem.file] for problem in outages.problems
    }
    return [_compose_outage_file(file, found) for file, found in files.items()]


def _compose_outage_file(file: str, found: list[OutageProblem]) -> Alert:
    shown = found[:SHOWN_PROBLEMS]
    lines = [f"- {one.place}: {one.found} → {one.expected}" for one in shown]
    rest_zh, rest_en = (f"\n另有 {len(found) - len(shown)} 处。", f"\n{len(found) - len(shown)} more.")
    said = "\n".join(strip_controls(line) for line in lines)
    is_cut = len(found) > len(shown)
    return Alert(
        alert_key=f"maintenance:{file}",
        severity="warning",
        finding_count=0,
        amount_cny=None,
        title_zh=f"维护公告文件有误：{strip_controls(file)}",
        title_en=f"Announced outages cannot be read: {strip_controls(file)}",
        body_zh=f"{said}{rest_zh if is_cut else ''}\n这些时段不算已公告：届时取不到数会照常报警。请改正该文件。",
        body_en=f"{said}{rest_en if is_cut else ''}\nThese count as not announced: a failure then alarms as usual. "
        "Correct that file.",
    )
