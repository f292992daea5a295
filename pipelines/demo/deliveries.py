"""Which rows of the invented company go into which file of a night, under the name that the program would give it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from pipelines.demo.columns import Array, day_of
from pipelines.demo.faults import CSV, EAS, LAYOUTS, REGISTER, U8
from pipelines.demo.tables import DIRECTIONS, entry_table, invoice_table
from pipelines.demo.workbooks import copy_as_browser_does, understate_dimension
from pipelines.demo.world import Sight, Truth, World
from pipelines.demo.writers import LEDGER_WRITERS, query_file_name, write_tax_full_query

FILE_STEMS = ("台账明细", "会计分录序时簿", "凭证序时簿", "凭证序时簿", "GL_accvouch", "应付单", "进项发票台账")


@dataclass(frozen=True)
class Delivery:
    """The inbox and what a night sees of the world."""

    inbox: Path
    world: World
    truth: Truth
    sight: Sight


def write_invoices(
    delivery: Delivery,
    direction: int,
    first: datetime,
    last: datetime,
    *,
    is_copied: bool = False,
    is_old_form: bool = False,
    digital_header: str = "数电发票号码",
    has_lines: bool = False,
) -> list[Path]:
    """The export of the invoices issued from `first` to `last` (both days included), as it looks tonight; `is_copied`
    adds the same file again under a browser's second name."""
    upstream = delivery.world.upstream
    days = day_of(upstream["issued"])
    is_asked = (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    rows = np.flatnonzero(is_asked & (upstream["direction"] == direction) & delivery.truth.sees_invoice)
    invoices = invoice_table(delivery.world, delivery.truth, delivery.sight, rows)
    path = delivery.inbox / f"tax_{DIRECTIONS[direction]}" / query_file_name(first, last)
    write_tax_full_query(path, invoices, is_old_form=is_old_form, digital_header=digital_header, has_lines=has_lines)
    understate_dimension(path)
    return [path, copy_as_browser_does(path)] if is_copied else [path]


def write_entries(delivery: Delivery, layout: int, since: datetime) -> list[Path]:
    """One file per month of posting from `since` on; the hand-kept register is one file that grows."""
    entries = delivery.world.entries
    is_mine = delivery.truth.sees_entry & (entries["layout"] == layout)
    if layout == REGISTER:
        return [_write_ledger(delivery, layout, np.flatnonzero(is_mine), "")]
    months = entries["posted"].astype("datetime64[M]")
    wanted = np.arange(np.datetime64(since, "M"), np.datetime64(delivery.sight.as_of, "M") + 1)
    return [_write_ledger(delivery, layout, np.flatnonzero(is_mine & (months == m)), str(m)) for m in wanted]


def _write_ledger(delivery: Delivery, layout: int, rows: Array, month: str) -> Path:
    name = f"{FILE_STEMS[layout]}{month.replace('-', '')}{'.csv' if layout in (CSV, U8) else '.xlsx'}"
    path = delivery.inbox / f"ledger_{LAYOUTS[layout]}" / name
    LEDGER_WRITERS[LAYOUTS[layout]](path, entry_table(delivery.world, delivery.truth, delivery.sight, rows))
    return understate_dimension(path) if layout == EAS else path
