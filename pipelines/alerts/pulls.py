"""Alerts about sources that could not be fetched as they should; told until they can."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.reports.rows import fetch_rows
from pipelines.reports.words import strip_controls
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


@dataclass(frozen=True)
class PullRow:
    source_id: str
    state: str
    route_no: int
    kind: str
    message_zh: str
    message_en: str


def compose_pulls(con: Connection, night: Night) -> list[Alert]:
    """One alert per source whose first road did not bring everything tonight."""
    return [_compose_pull(row) for row in fetch_rows(con, "alert/alert_pull", PullRow, {"night_id": night.night_id})]


def _compose_pull(row: PullRow) -> Alert:
    zh, en = SAID[row.state]
    return Alert(
        alert_key=f"pull:{row.source_id}",
        severity="info" if row.state in QUIET else "warning",
        finding_count=0,
        amount_cny=None,
        title_zh=f"{zh}：{row.source_id}",
        title_en=f"{row.source_id}: {en}",
        body_zh=strip_controls(row.message_zh or f"本夜由途径 {row.kind} 取得。"),
        body_en=strip_controls(row.message_en or f"Tonight it came by {row.kind}."),
    )
