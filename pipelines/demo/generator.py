"""Books in the shape of the core tables, with the truth beside them: for tests, benchmarks and measurements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from pipelines.demo.columns import DAY
from pipelines.demo.parties import OUR_NAME, OUR_TAX_ID
from pipelines.demo.population import Span
from pipelines.demo.tables import coverage_table, entry_table, fault_table, invoice_table, link_table
from pipelines.demo.world import LOOKBACK_DAYS, World, build_world, look, see_everything

__all__ = ["OUR_NAME", "OUR_TAX_ID", "Books", "generate_books"]


@dataclass(frozen=True)
class Books:
    """`invoice`, `entry` and `coverage` have the shapes of core_upstream__invoice, core_ledger__entry and
    core_upstream__coverage. `truth_link`: ledger_record_id, upstream_record_id of every true pair that is visible.
    `truth_fault`: side, record_id, fault, verdict, cause, is_resolvable, one row per record (`none` if untouched).
    """

    as_of: datetime
    invoice: pa.Table
    entry: pa.Table
    coverage: pa.Table
    truth_link: pa.Table
    truth_fault: pa.Table


def generate_books(
    seed: int,
    invoices: int,
    *,
    start: date = date(2026, 8, 1),
    months: int = 3,
    fault_rate: float = 0.2,
    as_of: datetime | None = None,
) -> Books:
    """One company's invoices of `months` months and its ledger as seen at `as_of` (two days after the end at 02:00).

    Every fault of `faults.FAULTS` is planted at least twice from about 1,000 invoices on, if the months reach back more
    than 62 days from `as_of`. `fault_rate` is the share of invoices that carry one. Same arguments, same books.
    """
    end = np.datetime64(start, "M") + np.timedelta64(months, "M")
    first_day_after: date = end.astype("M8[D]").item()
    moment = as_of or datetime.combine(first_day_after + timedelta(days=2), time(2))
    span = Span(datetime.combine(start, time()), datetime.combine(first_day_after, time()), moment)
    span.gap_days.update(_choose_gap_days(start, moment) if fault_rate > 0 else {})
    return view_books(build_world(seed, invoices, span, fault_rate))


def _choose_gap_days(start: date, as_of: datetime) -> dict[int, list[np.datetime64]]:
    """Two working days of the purchases and one of the sales, early enough to be past every grace."""
    first, room = np.datetime64(start, "D"), (as_of.date() - start).days - 12
    if room < 20:
        return {}
    middle, early = np.busday_offset([first + room // 2 * DAY, first + room // 3 * DAY], 0, roll="forward")
    return {0: [middle, np.busday_offset(middle, 1)], 1: [early]}


def view_books(world: World) -> Books:
    """What the world shows at its `as_of`, as Arrow tables."""
    sight = see_everything(world)
    truth = look(world, sight)
    return Books(
        as_of=world.span.as_of,
        invoice=invoice_table(world, truth, sight),
        entry=entry_table(world, truth, sight),
        coverage=coverage_table(world, sight, LOOKBACK_DAYS),
        truth_link=link_table(world, truth),
        truth_fault=fault_table(world, truth),
    )
