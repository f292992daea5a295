"""`make bench`: reconcile beside its floor, in one run on one machine, and how often the verdicts are right.

Times are of whole processes, memory is the peak of the process as the operating system counts it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from benchmarks.accuracy import describe_accuracy
from pipelines.demo.generator import generate_books

MEMORY_MB = 1500


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float


def measure(command: list[str]) -> Measured:
    """Wall time and peak memory of a whole process; raises if it fails."""
    started = time.perf_counter()
    environment = os.environ | {"FAPIAO_MEMORY_LIMIT_MB": str(MEMORY_MB)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[:3]} ended with {process.returncode}")
    return Measured(time.perf_counter() - started, usage.ru_maxrss / 1024)


def write_books(folder: Path, seed: int, invoices: int) -> str:
    """The five tables of a generated company as Parquet; returns its moment."""
    books = generate_books(seed, invoices)
    for name in ("invoice", "entry", "coverage", "truth_link", "truth_fault"):
        pq.write_table(getattr(books, name), folder / f"{name}.parquet", compression="zstd")
    return books.as_of.isoformat(sep=" ")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--invoices", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        as_of = write_books(folder, chosen.seed, chosen.invoices)
        upstream, ledger = folder / "invoice.parquet", folder / "entry.parquet"
        floor_command = [sys.executable, "-m", "benchmarks.floor", str(upstream), str(ledger)]
        floor_command += [str(folder / "floor.parquet"), str(os.cpu_count()), f"{MEMORY_MB}MB"]
        fapiao = [str(Path(sys.executable).with_name("fapiao")), "reconcile", "--upstream", str(upstream)]
        fapiao += ["--ledger", str(ledger), "--coverage", str(folder / "coverage.parquet")]
        fapiao += ["--as-of", as_of, "--out", str(folder / "out")]
        pairs = [(measure(floor_command), measure(fapiao)) for _ in range(chosen.runs)]
        rows = [pq.read_metadata(path).num_rows for path in (upstream, ledger)]
        print(f"\n{rows[0]:,} invoices, {rows[1]:,} ledger lines, seed {chosen.seed}, {chosen.runs} runs, medians\n")
        print("| | seconds | peak MB |\n|---|---|---|")
        for title, place in (("floor: full join, compare, write", 0), ("fapiao reconcile", 1)):
            seconds = median(pair[place].seconds for pair in pairs)
            print(f"| {title} | {seconds:.1f} | {median(pair[place].peak_mb for pair in pairs):.0f} |")
        ratio = median(pair[1].seconds / pair[0].seconds for pair in pairs)
        print(f"| ratio, pair by pair | {ratio:.1f} | |\n")
        print(describe_accuracy(folder, folder / "out"))


if __name__ == "__main__":
    main()
