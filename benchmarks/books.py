"""Generated books on disk, for every measurement. As a program: FOLDER SEED INVOICES RATE; it prints their moment."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import MEMORY_MB, measure
from pipelines.demo.generator import generate_books
from pipelines.warehouse import load_sql

FAULT_RATE = 0.2
TABLES = ("invoice", "entry", "coverage", "truth_link", "truth_fault")
ROWS_PER_GROUP = 122_880
"""What DuckDB writes itself. A core reads a group at a time: of five large ones the last would leave one core idle."""
LARGEST = 5_000_000
"""The generator holds everything in memory: beyond this many invoices its books are repeated."""


def write_books(folder: Path, seed: int, invoices: int, fault_rate: float = FAULT_RATE) -> str:
    """The five tables of a generated company as Parquet; returns its moment as text. `fault_rate`: share of invoices.

    A process of its own makes them, so that their memory is free again when something is measured.
    """
    made = measure([sys.executable, "-m", "benchmarks.books", str(folder), str(seed), str(invoices), str(fault_rate)])
    return made.said.strip().splitlines()[-1]


def generate(folder: Path, seed: int, invoices: int, fault_rate: float) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    books = generate_books(seed, invoices, fault_rate=fault_rate)
    for name in TABLES:
        write_table(getattr(books, name), folder / f"{name}.parquet")
    return books.as_of.isoformat(sep=" ")


def write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_GROUP)


def repeat_books(source: Path, target: Path, copies: int) -> None:
    """The invoices, entries and coverage of `source`, `copies` times with other taxpayers and record ids."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": f"{MEMORY_MB}MB", "preserve_insertion_order": False}) as con:
        for name in ("invoice", "entry", "coverage"):
            _repeat(con, source / f"{name}.parquet", target / f"{name}.parquet", copies)


def cut_references(folder: Path, kept: int) -> None:
    """Leave the first `kept` of 20 digits of every plain reference, as a ledger does whose field is too short."""
    entry, cut = folder / "entry.parquet", folder / "entry-cut.parquet"
    with duckdb.connect() as con:
        query = f"COPY ({load_sql('cut_entry', 'benchmarks')}) TO $target (FORMAT parquet, COMPRESSION zstd)"
        con.execute(query, {"file": str(entry), "kept": kept, "target": str(cut)})
    cut.replace(entry)


def _repeat(con: duckdb.DuckDBPyConnection, source: Path, target: Path, copies: int) -> None:
    query = load_sql("repeated", "benchmarks")
    if "record_id" not in pq.read_schema(source).names:
        query = load_sql("repeated_coverage", "benchmarks")
    values = {"file": str(source), "copies": copies, "target": str(target)}
    con.execute(f"COPY ({query}) TO $target (FORMAT parquet, COMPRESSION zstd)", values)


def count_rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def main() -> None:
    folder, seed, invoices, fault_rate = sys.argv[1:]
    print(generate(Path(folder), int(seed), int(invoices), float(fault_rate)))


if __name__ == "__main__":
    main()
