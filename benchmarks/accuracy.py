"""How often the verdicts are right against what was planted: counted in SQL over the Parquet outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.demo.faults import FAULTS
from pipelines.model import LIKELY_CAUSES
from pipelines.warehouse import load_sql

BROKEN_FAULTS = tuple(fault.name for fault in FAULTS if fault.cause in LIKELY_CAUSES)
"""Faults of the generator that break a number: mistyped, digits lost, absent."""

Counts = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; None is a share of nothing.

    `*_broken`: ledger lines whose number was broken. `unresolvable`: share of the faulty records that only a guess
    could settle, as the planter knows (the ceiling).
    """

    records: int
    faulty_records: int
    cause_right_faulty: float | None
    cause_right_resolvable: float | None
    cause_right_not_exact: float | None
    false_alarms: float | None
    unresolvable: float | None
    unresolvable_broken: float | None
    precision_all: float | None
    precision_broken: float | None
    recall_all: float | None
    recall_broken: float | None
    broken_links: int


@dataclass(frozen=True)
class Accuracy:
    """`confusion`: records per planted and judged cause where they differ. `faults`: fault, records, share with the
    right cause, share unresolvable."""

    figures: Figures
    confusion: Counts
    faults: list[tuple[str, int, float, float]]


def measure_accuracy(books: Path, out: Path, broken: Sequence[str] = BROKEN_FAULTS) -> Accuracy:
    """Compare `recon__item.parquet` and `recon__member.parquet` in `out` with the truth tables in `books`."""
    paths = {
        "truth": str(books / "truth_fault.parquet"),
        "link": str(books / "truth_link.parquet"),
        "item": str(out / "recon__item.parquet"),
        "member": str(out / "recon__member.parquet"),
    }
    with duckdb.connect() as con:
        con.execute(_sql("judged_record"), {name: paths[name] for name in ("truth", "item", "member")})
        con.execute(_sql("found_link"), {"link": paths["link"]})
        con.execute(_sql("true_link"), {"link": paths["link"]})
        figures = con.execute(_sql("figure"), {"broken": list(broken)}).fetchall()[0]
        names = [column[0] for column in con.description or ()]
        confusion = {(a, b): n for a, b, n in con.execute(_sql("confusion")).fetchall()}
        return Accuracy(
            Figures(**dict(zip(names, figures, strict=True))), confusion, con.execute(_sql("fault_share")).fetchall()
        )


def _sql(name: str) -> str:
    return load_sql(name, "benchmarks")
