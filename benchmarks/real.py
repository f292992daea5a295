"""The same faults planted on real invoices (CUMCM 2020 problem C), which are no part of the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.accuracy import Accuracy, measure_accuracy
from benchmarks.accuracy_report import confusion_table, fault_table, figure_table
from benchmarks.books import FAULT_RATE, TABLES
from benchmarks.measure import reconcile
from pipelines.warehouse import load_sql

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "cumcm"
FILES = {"input": "credit_input.csv.gz", "output": "credit_output.csv.gz"}
AS_OF = "2020-06-01 02:00:00"
"""More than the booking window after the last invoice."""
COMPANIES = 10
BROKEN_FAULTS = (
    "number_substituted",
    "number_transposed",
    "number_inserted",
    "number_deleted",
    "number_end_lost",
    "number_absent",
)
LACKS = (
    "What these invoices lack: no invoice code and 8 digits only, so a number is no key and is dense (a mistyped one "
    "often names a real neighbour), and digits lost to a spreadsheet's float cannot occur; no names, only codes of "
    "parties; no red letter names its blue invoice. What is real: parties, money, days, void ones, repeated numbers, "
    "rows listed twice. The ledger is made from them, so the faults are ours."
)


def report_real(folder: Path, seeds: Sequence[int]) -> str:
    """The same figures on real invoices, one column per seed of the planting; a sentence if the data is not there."""
    if not all((DATA / name).is_file() for name in FILES.values()):
        return "Skipped: the files of CUMCM 2020 problem C are not there (they are no part of the project)."
    found = {f"seed {seed}": _measure_seed(folder / f"real{seed}", seed) for seed in seeds}
    head = f"Invoices of the {COMPANIES} largest of 123 enterprises, every fault of its list in equal shares. {LACKS}"
    confused = "Causes that were confused:"
    return "\n\n".join((head, figure_table(found), confused, confusion_table(found), "By fault:", fault_table(found)))


def _measure_seed(folder: Path, seed: int) -> Accuracy:
    write_real_books(folder, seed)
    reconcile(folder, AS_OF, folder / "out")
    return measure_accuracy(folder, folder / "out", BROKEN_FAULTS)


def write_real_books(folder: Path, seed: int, data: Path = DATA) -> None:
    """The five tables as for generated books; the same seed plants the same faults."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {name: str(data / file) for name, file in FILES.items()} | {"companies": COMPANIES}
    with duckdb.connect() as con:
        con.execute(_sql("real_invoice"), values)
        con.execute(_sql("real_fault"))
        con.execute(_sql("real_planted"), {"seed": str(seed), "rate": FAULT_RATE})
        con.execute(_sql("real_typed"))
        for table in TABLES:
            _write(con, table, folder / f"{table}.parquet")


def _write(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    moment = {} if table.startswith("truth") else {"as_of": AS_OF}
    con.execute(f"COPY ({_sql(table)}) TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)} | moment)


def _sql(name: str) -> str:
    return load_sql(f"real/{name}", "benchmarks")
