"""How long files take to be read: workbooks against openpyxl and bare calamine, CSV against DuckDB's own reader.

`python -m benchmarks.reading [--csv-rows 1000000] [--xlsx-rows 200000] [--runs 3]` prints seconds and peak memory of
whole processes, and the time as a ratio to each of the others. `cells` gets every cell as text, as the others do;
`whole` is `fapiao read`: layout, typing, an account of every row, Parquet.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import duckdb
import xlsxwriter

from benchmarks.measure import Measured, measure
from benchmarks.peers import Environment, Peer, prepare_environment
from pipelines.warehouse import load_sql

OPENPYXL = Peer("openpyxl", "openpyxl==3.1.5", "read_cells", ("openpyxl",))
OURS = "fapiao, cells"
LAYOUT = ("--layout", "plain_ledger_csv", "--taxpayer-id", "91110105MA01A1B2XG")
Reader = Callable[[Path], Measured | str]


@dataclass(frozen=True)
class Figure:
    """Median seconds and highest peak of the runs; `said` is the reason where there are none."""

    title: str
    seconds: float | None
    peak_mb: float
    said: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--csv-rows", type=int, default=1_000_000)
    options.add_argument("--xlsx-rows", type=int, default=200_000)
    options.add_argument("--runs", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fapiao-reading-") as folder:
        for title, path, readers in _files(Path(folder), chosen.csv_rows, chosen.xlsx_rows):
            size = path.stat().st_size / 1e6
            print(f"## {title}, {size:,.0f} MB", flush=True)
            print(describe([take_figure(name, read, path, chosen.runs) for name, read in readers.items()]), flush=True)


def _files(folder: Path, csv_rows: int, xlsx_rows: int) -> Iterable[tuple[str, Path, dict[str, Reader]]]:
    whole: Reader = partial(read_whole, folder / "out")
    if csv_rows:
        text = write_csv(folder / "ledger.csv", csv_rows)
        own: dict[str, Reader] = {"DuckDB": partial(read_cells, "duckdb"), OURS: partial(read_cells, "fapiao")}
        yield f"CSV, {csv_rows:,} rows", text, {**own, "fapiao read, whole": whole}
    if xlsx_rows:
        book = write_workbook(folder / "ledger.xlsx", xlsx_rows)
        bare: dict[str, Reader] = {"calamine": partial(read_cells, "calamine"), OPENPYXL.title: find_openpyxl()}
        yield (
            f"xlsx, {xlsx_rows:,} rows",
            book,
            {**bare, OURS: partial(read_cells, "fapiao"), "fapiao read, whole": whole},
        )


def write_csv(path: Path, rows: int) -> Path:
    """A ledger of nine columns."""
    with duckdb.connect() as con:
        con.execute("CREATE TABLE ledger AS " + load_sql("reading_ledger", "benchmarks"), {"rows": rows})
        con.execute(f"COPY ledger TO '{path}' (FORMAT csv, HEADER)")
    return path


def write_workbook(path: Path, rows: int) -> Path:
    """The same ledger, money as numbers."""
    with duckdb.connect() as con, xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("账")
        found = con.execute(load_sql("reading_ledger", "benchmarks"), {"rows": rows})
        sheet.write_row(0, 0, [column[0] for column in found.description])
        for number, row in enumerate(iter(found.fetchone, None), start=1):
            sheet.write_row(number, 0, row)
    return path


def read_cells(reader: str, path: Path) -> Measured:
    return measure([sys.executable, "-m", "benchmarks.peer.read_cells", str(path), reader])


def read_whole(out: Path, path: Path) -> Measured:
    command = [str(Path(sys.executable).with_name("fapiao")), "read", str(path), "--out", str(out), *LAYOUT]
    took = measure([*command, "--json"])
    (file,) = json.loads(took.said)["files"]
    return replace(took, said=f"{file['rows_kept']} entries kept, {file['rows_rejected']} rejected")


def find_openpyxl() -> Reader:
    """In this environment if it is there, else in that of the peers."""
    if find_spec("openpyxl"):
        return partial(read_cells, "openpyxl")
    environment: Environment = prepare_environment(requirements=(OPENPYXL.requirement,))
    return lambda path: environment.run(OPENPYXL, str(path))


def take_figure(title: str, read: Reader, path: Path, runs: int) -> Figure:
    """One run that cannot be done ends it."""
    done: list[Measured] = []
    for _ in range(runs):
        took = read(path)
        if isinstance(took, str):
            return Figure(title, None, 0, took)
        done.append(took)
    said = done[-1].said.strip().splitlines()
    seconds = median(run.seconds for run in done)
    return Figure(title, seconds, max(run.peak_mb for run in done), said[-1] if said else "")


def describe(figures: list[Figure]) -> str:
    """A table; a column per other reader says how many times its time was taken."""
    others = [figure for figure in figures if not figure.title.startswith("fapiao")]
    titles = ["reader", "median s", *(f"to {other.title}" for other in others), "peak MB", "read"]
    lines = [titles, ["---", *["---:"] * (len(titles) - 2), "---"], *(_cells(figure, others) for figure in figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(figure: Figure, others: list[Figure]) -> list[str]:
    if figure.seconds is None:
        return [figure.title, *["-"] * (len(others) + 2), figure.said]
    ratios = [f"{figure.seconds / other.seconds:.2f}" if other.seconds else "-" for other in others]
    return [figure.title, f"{figure.seconds:.2f}", *ratios, f"{figure.peak_mb:,.0f}", figure.said]


if __name__ == "__main__":
    main()
