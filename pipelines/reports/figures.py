"""The figures of each night as a small file beside its page: `night-<night_id>.json`. No name and no id is in it.

The warehouse keeps the findings of tonight only, so the money at stake on earlier nights is read from these files. A
night without one has no figure, never a guessed one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

from pipelines.reports.page_shapes import TrendRow
from pipelines.reports.shapes import NightSummary, as_json_ready
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely


def figures_path(settings: Settings, night_id: str) -> Path:
    return settings.report_dir / f"night-{night_id}.json"


def write_figures(settings: Settings, summary: NightSummary) -> None:
    """Totals and causes of the night; money as text with two decimals."""
    ready = {
        "night_id": summary.night.night_id,
        "as_of": summary.night.as_of.isoformat(),
        "is_published": summary.night.is_published,
        "totals": summary.as_dict()["totals"],
        "causes": as_json_ready([asdict(row) for row in summary.causes]),
    }
    text = json.dumps(ready, ensure_ascii=False, indent=1) + "\n"
    write_safely(figures_path(settings, summary.night.night_id), text.encode())


def add_stakes(settings: Settings, summary: NightSummary, trend: tuple[TrendRow, ...]) -> tuple[TrendRow, ...]:
    """The nights with their money at stake: tonight's from the summary, earlier ones from their files."""
    tonight = summary.night.night_id
    return tuple(
        replace(row, at_stake_cny=summary.at_stake_cny if row.night_id == tonight else _read_stake(settings, row))
        for row in trend
    )


def _read_stake(settings: Settings, row: TrendRow) -> Decimal | None:
    path = figures_path(settings, row.night_id)
    if not path.is_file():
        return None
    try:
        return Decimal(json.loads(path.read_text(encoding="utf-8"))["totals"]["at_stake_cny"])
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None  # a damaged file is a night without a figure; the chart shows the hole
