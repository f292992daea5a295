"""A whole night for several companies whose records come by API, from a database and in files, beside the time that the
same bytes take to be transferred and parsed alone. `python -m benchmarks.companies --taxpayers 20 --records 50000`

The servers run on this machine, in other processes than the night, and take their share of its cores both times. Peak
memory is that of the largest process. The books are without faults: this is about the way, not about the repairs.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.companies_books import ACCOUNT, FIRST_DAY, PAGE_ROWS, Offer, offer_books
from benchmarks.measure import Measured, measure
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse


@dataclass(frozen=True)
class Part:
    """What the floor needed for one kind of source."""

    seconds: float
    records: int


@dataclass(frozen=True)
class CompaniesNight:
    """`stages`: seconds of each stage as Prefect noted them."""

    offer: Offer
    night: Measured
    floor: Measured
    parts: dict[str, Part]
    stages: dict[str, float]


class LostRecordsError(RuntimeError):
    """What is in the core tables is not what the companies have."""


def measure_companies(folder: Path, taxpayers: int, records: int, seed: int) -> CompaniesNight:
    """Everything is prepared before the clock starts. Raises LostRecordsError, FailedProcessError."""
    root = folder / "root"
    with ExitStack() as stack:
        offer = offer_books(stack, root, taxpayers, records, seed)
        _set_environment(root, offer)
        fapiao = str(Path(sys.executable).with_name("fapiao"))
        night = measure([fapiao, "nightly", "--as-of", offer.as_of.isoformat()])
        check_counts(Settings(data_root=root), offer)
        floor = measure([sys.executable, "-m", "benchmarks.companies_floor", str(write_plan(folder, offer))])
    parts = {kind: Part(**part) for kind, part in json.loads(floor.said.strip().splitlines()[-1]).items()}
    if found := {kind: part.records for kind, part in parts.items() if part.records != offer.records[kind]}:
        raise LostRecordsError(f"the floor read {found}, offered were {offer.records}")
    return CompaniesNight(offer, night, floor, parts, read_stages(root))


def _set_environment(root: Path, offer: Offer) -> None:
    """The settings of the night, for the processes started from here."""
    os.environ |= {
        "FAPIAO_DATA_ROOT": str(root),
        "FAPIAO_TAXPAYERS": json.dumps([one.model_dump(mode="json") for one in offer.taxpayers]),
        "FAPIAO_SOURCES": json.dumps([one.model_dump(mode="json") for one in offer.sources]),
        "FAPIAO_SETTLE_SECONDS": "0",
        "TAX_API_ID": ACCOUNT.id,
        "TAX_API_SECRET": ACCOUNT.secret,
        "LEDGER_URL": offer.database_url,
    }


def write_plan(folder: Path, offer: Offer) -> Path:
    """Where the floor finds what is offered, as a JSON file."""
    plan = {
        "first": str(FIRST_DAY),
        "last": str(offer.as_of.date()),
        "page_rows": PAGE_ROWS,
        "id": ACCOUNT.id,
        "secret": ACCOUNT.secret,
        "apis": offer.apis,
        "database_url": offer.database_url,
        "queries": offer.queries,
        "files": [str(path) for path in offer.files],
    }
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def check_counts(settings: Settings, offer: Offer) -> None:
    """Every record of every company is in core. Raises LostRecordsError."""
    with open_warehouse(settings, read_only=True) as con:
        found = con.execute(
            "SELECT (SELECT count(*) FROM core_upstream__invoice), (SELECT count(*) FROM core_ledger__entry), "
            "(SELECT count(*) FROM night__run WHERE is_published)"
        ).fetchall()[0]
    if found != (offer.invoices, offer.entries, 1):
        raise LostRecordsError(
            f"invoices, ledger lines, published nights: {found}, expected {(offer.invoices, offer.entries, 1)}"
        )


def read_stages(root: Path) -> dict[str, float]:
    """Seconds per stage in their order, from Prefect's own database; empty if it has none."""
    found = sorted(root.rglob("prefect.db"))
    if not found:
        return {}
    with closing(sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True)) as con:
        rows = con.execute(
            "SELECT substr(name, 1, length(name) - 4), (julianday(end_time) - julianday(start_time)) * 86400 "
            "FROM task_run WHERE end_time IS NOT NULL ORDER BY start_time"
        ).fetchall()
    return {str(name): float(seconds) for name, seconds in rows}


def describe(measured: CompaniesNight) -> str:
    """Two tables: what came from where beside its floor, and the night with its stages."""
    offer, night, floor = measured.offer, measured.night, measured.floor
    lines = ["| source | records | transfer + parse s |", "| --- | ---: | ---: |"]
    lines += [f"| {kind} | {part.records:,} | {part.seconds:.1f} |" for kind, part in measured.parts.items()]
    alone = sum(part.seconds for part in measured.parts.values())
    total = offer.invoices + offer.entries
    lines += [
        f"| together | {total:,} | {alone:.1f} |",
        "",
        f"{len(offer.taxpayers)} taxpayers, {total / len(offer.taxpayers):,.0f} new records each",
        "",
        "| | wall s | CPU s | peak MB | times transfer + parse |",
        "| --- | ---: | ---: | ---: | ---: |",
        f"| whole night | {night.seconds:.1f} | {night.cpu_seconds:.1f} | {night.peak_mb:,.0f} "
        f"| {night.seconds / alone:.1f} |",
        f"| transfer + parse | {floor.seconds:.1f} | {floor.cpu_seconds:.1f} | {floor.peak_mb:,.0f} | 1 |",
        *(f"| stage {name} | {seconds:.1f} | | | {seconds / alone:.1f} |" for name, seconds in measured.stages.items()),
    ]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--taxpayers", type=int, default=20)
    options.add_argument("--records", type=int, default=50_000, help="per taxpayer, both sides together")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fapiao-companies-") as folder:
        print(describe(measure_companies(Path(folder), chosen.taxpayers, chosen.records, chosen.seed)))
        print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
