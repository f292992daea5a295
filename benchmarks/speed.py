"""Parquet to Parquet at several sizes: `fapiao reconcile` beside its floor, pair by pair; a night beside a full run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.books import LARGEST, count_rows, repeat_books, write_books
from benchmarks.measure import MEMORY_MB, Measured, measure, reconcile, run_floor

SPEED_TARGET = 2.0
MEMORY_TARGET_MB = 2048
GROWTH_TARGET = 1.1
NIGHT_TARGET = 0.05
TARGET_SIZE = 5_000_000


@dataclass(frozen=True)
class Pace:
    """`pairs`: floor and reconcile, run one right after the other."""

    invoices: int
    entries: int
    pairs: list[tuple[Measured, Measured]]

    @property
    def floor_seconds(self) -> float:
        return median(floor.seconds for floor, _ in self.pairs)

    @property
    def seconds(self) -> float:
        return median(found.seconds for _, found in self.pairs)

    @property
    def ratio(self) -> float:
        return median(found.seconds / floor.seconds for floor, found in self.pairs)

    @property
    def peak_mb(self) -> float:
        return max(found.peak_mb for _, found in self.pairs)

    @property
    def floor_peak_mb(self) -> float:
        return max(floor.peak_mb for floor, _ in self.pairs)


def prepare_books(folder: Path, seed: int, invoices: int, fault_rate: float) -> str:
    """Books of one size; the moment comes back. Beyond LARGEST invoices whole copies with other ids are written."""
    copies = -(-invoices // LARGEST)
    if copies == 1:
        return write_books(folder, seed, invoices, fault_rate)
    once = folder.with_name(f"{folder.name}-once")
    as_of = write_books(once, seed, invoices // copies, fault_rate)
    repeat_books(once, folder, copies)
    return as_of


def measure_pace(books: Path, as_of: str, runs: int) -> Pace:
    pairs = [(run_floor(books, books / "floor.parquet"), reconcile(books, as_of, books / "out")) for _ in range(runs)]
    return Pace(count_rows(books / "invoice.parquet"), count_rows(books / "entry.parquet"), pairs)


def describe_pace(paces: Sequence[Pace]) -> str:
    """One row per size, the growth from size to size, and the targets."""
    lines = [
        f"Memory limit of DuckDB {MEMORY_MB:,} MB for both. Beyond {LARGEST:,} invoices the books are whole copies of",
        "smaller ones with other taxpayer and record ids.\n",
        "| invoices | ledger lines | floor s | reconcile s | ratio, pair by pair | floor peak MB | reconcile peak MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_pace_row(pace) for pace in paces),
        "",
        *(_growth(small, large) for small, large in pairwise(paces)),
    ]
    if len(paces) > 2:
        lines.append(_growth(paces[0], paces[-1]))
    return "\n".join([*lines, *(_judge_pace(pace) for pace in paces if pace.invoices >= TARGET_SIZE * 0.99)])


def _pace_row(pace: Pace) -> str:
    times = f"{pace.floor_seconds:.1f} | {pace.seconds:.1f} | {pace.ratio:.2f}"
    return f"| {pace.invoices:,} | {pace.entries:,} | {times} | {pace.floor_peak_mb:.0f} | {pace.peak_mb:.0f} |"


def _growth(small: Pace, large: Pace) -> str:
    """Seconds per invoice of the larger beside those of the smaller one; 1.0 is linear."""
    growth = large.seconds / small.seconds / (large.invoices / small.invoices)
    verdict = "met" if growth <= GROWTH_TARGET else "NOT met"
    return f"- growth from {small.invoices:,} to {large.invoices:,}: {growth:.2f} x linear (target <= 1.10: {verdict})"


def _judge_pace(pace: Pace) -> str:
    speed = "met" if pace.ratio <= SPEED_TARGET else "NOT met"
    memory = "met" if pace.peak_mb <= MEMORY_TARGET_MB else "NOT met"
    return (
        f"- {pace.invoices:,}: {pace.ratio:.2f} x the floor (target at 5 million <= 2: {speed}); "
        f"peak {pace.peak_mb:.0f} MB (target at 5 million <= {MEMORY_TARGET_MB}: {memory})"
    )


def report_night(books: Path, as_of: str, root: Path, pace: Pace) -> str:
    """The seconds of a night on which 1 % is new or changed, beside the full judgement of the same cleared pairs and
    beside the full run of the books of that size, faults included.

    Two thirds of the invoices have a line that agrees, so the books are taken twice.
    """
    twice = root / "books"
    repeat_books(books, twice, 2)
    night = measure([sys.executable, "-m", "benchmarks.night", str(twice), str(root), as_of, str(MEMORY_MB)])
    pairs, full_seconds, night_seconds = (float(part) for part in night.said.split()[-3:])
    return (
        f"{pairs:,.0f} cleared pairs, a night with 1 % new or changed: {night_seconds:.1f} s, "
        f"peak {night.peak_mb:.0f} MB.\n"
        f"- all of them judged anew: {full_seconds:.1f} s; {_judge_night(night_seconds / full_seconds)}\n"
        f"- `fapiao reconcile` of {pace.invoices:,} invoices: {pace.seconds:.1f} s; "
        f"{_judge_night(night_seconds / pace.seconds)}"
    )


def _judge_night(share: float) -> str:
    verdict = "met" if share <= NIGHT_TARGET else "NOT met"
    return f"the night is {share:.1%} of it (target at 5 million <= 5 %: {verdict})"
