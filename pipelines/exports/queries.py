"""The rows of a person's query as a file: a Parquet file with the types of the database, or a workbook for Excel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.exports.cells import Book, Cell, write_book
from pipelines.query import running_query
from pipelines.reports.files import replace_file
from pipelines.settings import Settings
from pipelines.warehouse import Connection

SHEET_ROWS = 1_048_575
"""Rows of a sheet below its head."""
EXACT_DIGITS = 10**15
WIDTH = 18
BATCH_ROWS = 100_000


def write_query(
    settings: Settings,
    sql: str,
    path: Path,
    *,
    is_workbook: bool,
    max_rows: int | None = None,
    memory_limit_mb: int | None = None,
    time_limit_seconds: float = 60,
) -> int:
    """Write what one reading statement gives to `path`, in place of what is there; the number of rows.

    Errors as of `query.run_query`; UsageError too for more rows than a sheet holds. After an error the old file stands.
    """
    with running_query(settings, sql, memory_limit_mb=memory_limit_mb, time_limit_seconds=time_limit_seconds) as con:
        if is_workbook:
            return _write_workbook(con, path, max_rows)
        return _write_parquet(con, path, max_rows)


def _write_parquet(con: Connection, path: Path, max_rows: int | None) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.part")
    draft.touch(mode=0o600)
    try:
        reader = con.to_arrow_reader(BATCH_ROWS)
        with pq.ParquetWriter(draft, reader.schema, compression="zstd") as writer:
            rows = sum(map(partial(_write_batch, writer), _cut(reader, max_rows)))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return rows


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
            next_step="narrow it with WHERE, give --max-rows, or use --parquet",
        )
    replace_file(path, write_book(_fill(heads, rows[:limit])))
    return min(len(rows), limit)


def _fill(heads: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Callable[[Book], None]:
    def fill(book: Book) -> None:
        sheet = book.add_sheet("查询 query", [(head, WIDTH) for head in heads])
        for place, row in enumerate(rows, start=1):
            book.write_row(sheet, place, [as_cell(value) for value in row])

    return fill


def as_cell(value: Any) -> Cell:
    """A database value as a cell holds it: whole numbers that Excel would round are text, lists are joined."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int) and abs(value) >= EXACT_DIGITS:
        return str(value)
    if isinstance(value, float):
        return Decimal(str(value)) if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    return value if value is None or isinstance(value, Cell) else str(value)
