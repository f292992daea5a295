"""The workbook of what is open, for one night, one supplier or one of our companies, from what readers see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.exports.items import Wanted, open_items, read_sheet_rows
from pipelines.reports.workbook import write_sheets
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely


@dataclass(frozen=True)
class Exported:
    """`counts` are items by action, over all rows, also those beyond what a sheet holds."""

    path: Path
    night_id: str
    counts: dict[str, int]


def export_workbook(settings: Settings, wanted: Wanted, out: Path | None = None) -> Exported:
    """Write what is open to `out`, or to `exports/待处理_<night>[_<what was asked>].xlsx` in the data root.

    Raises BadInputError if nothing was published yet.
    """
    with open_items(settings) as (con, night):
        rows = read_sheet_rows(con, wanted)
    path = out or settings.data_root / "exports" / _name_file(night.night_id, wanted)
    write_safely(path, write_sheets(rows, night))
    return Exported(path, night.night_id, {row.action: row.action_count for row in rows})


def _name_file(night_id: str, wanted: Wanted) -> str:
    asked = [re.sub(r"\W+", "", part)[:40] for part in (wanted.party, wanted.taxpayer) if part]
    return "_".join(["待处理", night_id, *asked]) + ".xlsx"
