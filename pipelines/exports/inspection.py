"""What a self-inspection file (自查自纠) of a month or a quarter says: checked, by which rules, found, done, open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import BadInputError
from pipelines.exports.items import open_items
from pipelines.exports.period import Period
from pipelines.model import CAUSES
from pipelines.night import Night
from pipelines.reconcile.cascade import LINK_RULES, NUMBER_RULES, REPAIR_RULES, say_rule
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import signing
from pipelines.snapshots.manifest import Manifest
from pipelines.warehouse import Connection, run_sql

TOLD_SETTINGS = (
    *("within_tolerance_cny", "arithmetic_tolerance_cny", "sync_grace_hours", "booking_window_days"),
    *("undated_lookback_days", "repair_window_days", "filed_through"),
)

SECTIONS = (
    ("scope", "查了什么", "What was checked"),
    ("coverage", "税务数据的完整程度", "Coverage by the tax system's data"),
    ("found", "查出什么", "What was found"),
    ("done", "做了什么", "What was done"),
    ("open", "尚未处理", "What is still open"),
    ("rule", "数据检查", "Checks of the data"),
)
"""Name (its query is sql/export/inspection_<name>.sql), heading in Chinese and English."""


@dataclass(frozen=True)
class Section:
    """A table of the file; rows in the order of `columns`."""

    name: str
    title_zh: str
    title_en: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Evidence:
    """The snapshot that the file rests on; `signature` is that of its manifest in hex, None if it has none."""

    snapshot_id: str
    manifest_sha256: str
    signature: str | None


@dataclass(frozen=True)
class Inspection:
    """`is_over` is False while the period still runs: then the file is an interim one."""

    period: Period
    night: Night
    made_at: datetime
    taxpayers: dict[str, str]
    is_over: bool
    evidence: Evidence
    settings: dict[str, Any]
    code: dict[str, str]
    matching_rules: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        return next(section for section in self.sections if section.name == name)


def read_inspection(settings: Settings, period: Period) -> Inspection:
    """The facts of a period as of the published night.

    Raises BadInputError if nothing was published, that night has no snapshot, or the period has no records.
    """
    with open_items(settings) as (con, night):
        manifest = _read_manifest(settings, con)
        sections = tuple(_read_sections(con, period, night))
    kept = manifest.document["settings"]
    inspection = Inspection(
        period=period,
        night=night,
        made_at=beijing_now(),
        taxpayers={taxpayer["id"]: taxpayer["name"] for taxpayer in kept["taxpayers"]},
        is_over=night.as_of.date() > period.last_day,
        evidence=_tell_evidence(settings, manifest),
        settings={name: kept.get(name) for name in TOLD_SETTINGS},
        code=manifest.document["code"],
        matching_rules=tuple((rule, say_rule(rule)) for rule in (*NUMBER_RULES, *REPAIR_RULES, *LINK_RULES)),
        sections=sections,
    )
    _require_records(inspection)
    return inspection


def _read_manifest(settings: Settings, con: Connection) -> Manifest:
    snapshot_id = con.execute("SELECT snapshot_id FROM out__night").fetchall()[0][0]
    if snapshot_id is None:
        raise BadInputError(
            "已发布的这一夜没有快照，自查文件缺少凭据 | The published night has no snapshot to rest the file on.",
            where=settings.published_path,
            next_step="fapiao nightly",
        )
    return manifests.read_manifest(settings, snapshot_id)


def _tell_evidence(settings: Settings, manifest: Manifest) -> Evidence:
    path: Path = signing.signature_path(manifests.manifest_path(settings, manifest.snapshot_id))
    signature = path.read_bytes().hex() if path.is_file() else None
    return Evidence(manifest.snapshot_id, manifest.sha256, signature)


def _read_sections(con: Connection, period: Period, night: Night) -> Iterator[Section]:
    values = {
        "months": list(period.months),
        "first_day": period.first_day,
        "last_day": min(period.last_day, night.as_of.date()),
        "night_id": night.night_id,
        "causes": list(CAUSES),
    }
    run_sql(con, "snapshot/item_period")
    run_sql(con, "export/inspection_item", values)
    for name, zh, en in SECTIONS:
        run_sql(con, f"export/inspection_{name}", values)
        columns = tuple(column[0] for column in con.description or ())
        yield Section(name, zh, en, columns, tuple(con.fetchall()))


def _require_records(inspection: Inspection) -> None:
    if not inspection.section("scope").rows and not inspection.section("found").rows:
        raise BadInputError(
            "这个期间没有任何发票和分录 | The period has no invoice and no ledger line.",
            found=inspection.period.name,
            expected=f"a month or quarter up to {inspection.night.as_of:%Y-%m-%d}",
        )
