"""`make bench`: accuracy, real invoices, speed, a night and the peers, in one run on one machine.

Times are of whole processes, memory is the peak of the process as the operating system counts it. Without options it
takes hours and about 20 GB of temporary files (TMPDIR says where); every section is printed as soon as it is known.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.accuracy_report import ALL_DIGITS, SEEDS, report_accuracy
from benchmarks.books import FAULT_RATE
from benchmarks.measure import FailedProcessError, Measured
from benchmarks.peer_report import describe_environment, report_compare, report_peers
from benchmarks.peers import prepare_environment
from benchmarks.real import report_real
from benchmarks.speed import Pace, describe_pace, measure_pace, prepare_books, report_night

FAULT_RATES = [FAULT_RATE, 0.03]
"""The hard books of the accuracy, and books that are as wrong as a company's."""

SECTIONS = ("accuracy", "real", "speed", "night", "peers")
MILLION = 1_000_000


def main() -> None:
    chosen = parse_options()
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}, seed {chosen.seed}"
    )
    sections: dict[str, Callable[[argparse.Namespace, Path], Iterable[str]]] = {
        "accuracy": _accuracy,
        "real": _real,
        "speed": _sizes,
        "peers": _peers,
    }
    wanted = set(chosen.sections) | ({"speed"} if "night" in chosen.sections else set())
    failed = [name for name, section in sections.items() if name in wanted and not _finish(chosen, section)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _finish(chosen: argparse.Namespace, section: Callable[[argparse.Namespace, Path], Iterable[str]]) -> bool:
    """Print a section as it comes; one that fails says why and does not cost the others."""
    try:
        with tempfile.TemporaryDirectory(prefix="fapiao-bench-") as folder:
            for text in section(chosen, Path(folder)):
                print(f"\n{text}", flush=True)
    except FailedProcessError as error:
        print(f"\nFAILED: {error}", flush=True)
        return False
    return True


def parse_options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = partial(_split, kind=float)
    add = options.add_argument
    add("--sections", type=partial(_split, kind=str), default=list(SECTIONS), help=f"of {','.join(SECTIONS)}")
    add("--seed", type=int, default=7, help="of the books for speed")
    add("--seeds", type=partial(_split, kind=int), default=list(SEEDS), help="of the books for accuracy")
    add("--accuracy-invoices", type=int, default=MILLION, help="per seed")
    add("--keep-digits", type=int, default=ALL_DIGITS, help="of 20 that the ledgers of the accuracy keep; SAP keeps 16")
    add("--real-seeds", type=partial(_split, kind=int), default=[11, 23], help="of the faults on real invoices")
    add("--sizes", type=numbers, default=[1, 5, 20], help="million invoices, for speed")
    add("--fault-rate", type=numbers, default=FAULT_RATES, help="shares of invoices with a fault, for speed, in turn")
    add("--runs", type=int, default=3, help="pairs per size; one above 5 million")
    add("--night-size", type=float, default=5, help="million invoices; one of the sizes")
    add("--peer-sizes", type=numbers, default=[1, 5], help="million invoices, of the sizes, for the comparers")
    add("--repair-seed", type=int, default=42, help="of the books for the repairers")
    add("--repair-invoices", type=int, default=100_000)
    chosen = options.parse_args()
    if unknown := set(chosen.sections) - set(SECTIONS):
        options.error(f"unknown section {', '.join(sorted(unknown))}; allowed are {', '.join(SECTIONS)}")
    return chosen


def _split(text: str, kind: Callable[[str], object]) -> list[object]:
    return [kind(part) for part in text.split(",") if part]


def _accuracy(chosen: argparse.Namespace, folder: Path) -> Iterable[str]:
    yield "## Accuracy on generated books"
    yield report_accuracy(folder, chosen.seeds, chosen.accuracy_invoices, chosen.keep_digits)


def _real(chosen: argparse.Namespace, folder: Path) -> Iterable[str]:
    yield "## Real invoices"
    yield report_real(folder, chosen.real_seeds)


def _sizes(chosen: argparse.Namespace, folder: Path) -> Iterable[str]:
    """All that is measured on the same large books: speed, the comparers, and on the first of them the night."""
    for fault_rate in chosen.fault_rate:
        yield f"## Speed, a fault in {fault_rate:.0%} of the invoices"
        paces: list[Pace] = []
        for size in sorted(chosen.sizes):
            with tempfile.TemporaryDirectory(dir=folder) as name:
                books = Path(name) / "books"
                as_of = prepare_books(books, chosen.seed, round(size * MILLION), fault_rate)
                paces.append(measure_pace(books, as_of, chosen.runs if size <= 5 else 1))
                yield from _beside(chosen, size, books, paces[-1])
                if "night" in chosen.sections and size == chosen.night_size and fault_rate == chosen.fault_rate[0]:
                    yield report_night(books, as_of, books.parent / "root", paces[-1])
        yield describe_pace(paces)


def _beside(chosen: argparse.Namespace, size: float, books: Path, pace: Pace) -> Iterable[str]:
    if "peers" in chosen.sections and size in chosen.peer_sizes:
        yield report_compare(prepare_environment(), books, median_run(pace))


def median_run(pace: Pace) -> Measured:
    return Measured(median(found.seconds for _, found in pace.pairs), pace.peak_mb, "")


def _peers(chosen: argparse.Namespace, folder: Path) -> Iterable[str]:
    yield "## Peers"
    environment = prepare_environment()
    yield describe_environment(environment)
    yield report_peers(environment, folder, chosen.repair_seed, chosen.repair_invoices)


if __name__ == "__main__":
    main()
