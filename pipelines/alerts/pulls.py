"""Alerts about sources that could not be fetched as they should; told until they can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.pull.outage_rows import OutageProblem
from pipelines.pull.outages import Outages, load_outages
from pipelines.reports.rows import fetch_rows
from pipelines.reports.words import strip_controls
from pipelines.settings import Settings
from pipelines.sources.reasons import Message
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
EVERY_NIGHT_NIGHTS = 3
"""After so many nights in outages that follow each other the night itself is at the wrong hour."""
SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class PullRow:
    """`nights_in_row`: nights of maintenance without a break, from `rest_since` on; `fetch_seconds`: from the first
    request of tonight to the last answer."""

    source_id: str
    state: str
    route_no: int
    kind: str
    message_zh: str
    message_en: str
    nights_in_row: int
    rest_since: datetime | None
    fetch_seconds: int


def compose_pulls(con: Connection, settings: Settings, night: Night) -> list[Alert]:
    """One alert per source whose first road did not bring everything when it was last asked, and what is wrong with
    announcements."""
    outages = load_outages(settings, night.as_of)
    asked = [source.id for source in settings.sources if source.pull]
    asked += [settings.verification.id] if settings.verification else []
    rows = fetch_rows(con, "alert/alert_pull", PullRow, {"night_id": night.night_id, "sources": asked})
    return [*(_compose_pull(row, outages, night) for row in rows), *compose_outage_problems(outages)]


def _compose_pull(row: PullRow, outages: Outages, night: Night) -> Alert:
    (zh, en), severity = SAID[row.state], "info" if row.state in QUIET else "warning"
    advice = Message("", "")
    if row.state == "maintenance" and (overdue := _find_overdue(row, outages, night)):
        severity = "warning"
        zh, en = (f"{said} {row.nights_in_row} {unit}" for said, unit in overdue.title)
        advice = overdue.advice
    return Alert(
        alert_key=f"pull:{row.source_id}",
        severity=severity,
        finding_count=0,
        amount_cny=None,
        title_zh=f"{zh}：{row.source_id}",
        title_en=f"{row.source_id}: {en}",
        body_zh=strip_controls(f"{row.message_zh or f'本夜由途径 {row.kind} 取得。'}{advice.zh}"),
        body_en=strip_controls(f"{row.message_en or f'Tonight it came by {row.kind}.'} {advice.en}".rstrip()),
    )


@dataclass(frozen=True)
class Overdue:
    """Maintenance that lasts too long to be a note: its title around the number of nights, and what to do."""

    title: tuple[tuple[str, str], tuple[str, str]]
    advice: Message


UNANNOUNCED = Overdue(
    (("维护未公告，已", "夜未取数"), ("unannounced maintenance for", "nights")),
    Message("请 IT 联系对方，并先手工导出。", "Have IT call the provider, and export by hand meanwhile."),
)
EVERY_NIGHT = Overdue(
    (("每夜都遇公告维护，已", "夜未取数"), ("an announced outage on every of", "nights")),
    Message(
        "请 IT 把夜间任务改到维护时段之外，或调大 maintenance_wait_minutes。",
        "Have IT move the nightly job out of the outages, or raise maintenance_wait_minutes.",
    ),
)


def _find_overdue(row: PullRow, outages: Outages, night: Night) -> Overdue | None:
    """One outage, however long, stays a note; several in a row, or none that was announced, does not."""
    found = outages.find(row.source_id, night.as_of, night.as_of + timedelta(seconds=row.fetch_seconds))
    if found is None:
        return UNANNOUNCED if row.nights_in_row >= PATIENCE_NIGHTS else None
    is_one = row.rest_since is None or found.begins <= row.rest_since + timedelta(seconds=row.fetch_seconds)
    return None if is_one or row.nights_in_row < EVERY_NIGHT_NIGHTS else EVERY_NIGHT


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
