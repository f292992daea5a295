"""The rows of a person's query as a file: Parquet with the types of the database, a workbook, or CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.exports.cells import Book, Cell, neutralise_cell, write_book
from pipelines.query import running_query
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely
from pipelines.warehouse import Connection

SHEET_ROWS = 1_048_575
"""Rows of a sheet below its head."""
EXACT_DIGITS = 10**15
WIDTH = 18
BATCH_ROWS = 100_000

Shape = Literal["parquet", "xlsx", "csv", "csv_excel"]
"""`csv` is plain UTF-8; `csv_excel` begins with a byte order mark, without which Excel reads Chinese as garbage."""


def write_query(
    settings: Settings,
    sql: str,
    path: Path,
    *,
    shape: Shape,
    max_rows: int | None = None,
    memory_limit_mb: int | None = None,
    time_limit_seconds: float = 60,
) -> int:
    """Write what one reading statement gives to `path`, in place of what is there; the number of rows.

    Errors as of `query.run_query`; UsageError too for more rows than a sheet holds. After an error the old file stands.
    """
    with running_query(settings, sql, memory_limit_mb=memory_limit_mb, time_limit_seconds=time_limit_seconds) as con:
        if shape == "xlsx":
            return _write_workbook(con, path, max_rows)
        with _draft_of(path) as draft:
            if shape == "parquet":
                return _write_parquet(con, draft, max_rows)
            return _write_csv(con, draft, max_rows, "utf-8-sig" if shape == "csv_excel" else "utf-8")


@contextmanager
def _draft_of(path: Path) -> Iterator[Path]:
    """A file beside it, which takes its place when the block ends well. Mode 0600, folder 0700."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.part")
    draft.touch(mode=0o600)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write_parquet(con: Connection, draft: Path, max_rows: int | None) -> int:
    reader = con.to_arrow_reader(BATCH_ROWS)
    with pq.ParquetWriter(draft, reader.schema, compression="zstd") as writer:
        return sum(map(partial(_write_batch, writer), _cut(reader, max_rows)))


def _write_csv(con: Connection, draft: Path, max_rows: int | None, encoding: str) -> int:
    heads = [column[0] for column in con.description or []]
    with draft.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([neutralise_cell(head) for head in heads])
        rows = 0
        while batch := con.fetchmany(min(BATCH_ROWS, BATCH_ROWS if max_rows is None else max_rows - rows)):
            writer.writerows([as_text(value) for value in row] for row in batch)
            rows += len(batch)
    return rows


def as_text(value: Any) -> str:
    """A database value as a CSV cell: money to the cent, lists joined, and no text that a spreadsheet would run."""
    cell = as_cell(value)
    if isinstance(cell, str):
        return neutralise_cell(cell)
    return "" if cell is None else str(cell)


def _write_batch(writer: pq.ParquetWriter, batch: pa.RecordBatch) -> int:
    writer.write_batch(batch)
    return batch.num_rows


def _cut(batches: Iterable[pa.RecordBatch], max_rows: int | None) -> Iterable[pa.RecordBatch]:
    left = max_rows
    for batch in batches:
        yield batch if left is None else batch.slice(0, left)
        left = None if left is None else max(left - batch.num_rows, 0)
        if left == 0:
            return


def _write_workbook(con: Connection, path: Path, max_rows: int | None) -> int:
    heads = [column[0] for column in con.description or []]
    limit = min(max_rows or SHEET_ROWS, SHEET_ROWS)
    rows = con.fetchmany(limit + 1)
    if len(rows) > limit and max_rows is None:
        raise UsageError(
            "行数超过一张工作表的上限 | There are more rows than a sheet holds.",
            found=f"more than {SHEET_ROWS:,}",
            next_step=(
                "用 WHERE 缩小范围，给 --max-rows，或用 --parquet | "
                "narrow it with WHERE, give --max-rows, or use --parquet"
            ),
        )
    write_safely(path, write_book(_fill(heads, rows[:limit])))
    return min(len(rows), limit)


def _fill(heads: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Callable[[Book], None]:
    def fill(book: Book) -> None:
        sheet = book.add_sheet("查询 query", [(head, WIDTH) for head in heads])
        for place, row in enumerate(rows, start=1):
            book.write_row(sheet, place, [as_cell(value) for value in row])

    return fill


def as_cell(value: Any) -> Cell:
    """A database value as a cell holds it: whole numbers that Excel would round, and moments with a zone, which it does
    not know, are text; lists are joined."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int) and abs(value) >= EXACT_DIGITS:
        return str(value)
    if isinstance(value, float):
        return Decimal(str(value)) if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    if isinstance(value, datetime) and value.tzinfo:
        return str(value)
    return value if value is None or isinstance(value, Cell) else str(value)
