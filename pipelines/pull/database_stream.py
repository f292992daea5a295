"""Rows of a query -> one Parquet file of text columns, batch by batch, so that memory holds one batch only.

Equal rows in equal order give equal bytes: nothing of the moment or of the machine goes into the file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from pipelines.snapshots.store import move_into_place


def _decimal(value: Any) -> str:
    return format(value, "f")


def _float(value: float) -> str:
    return "" if math.isnan(value) else format(Decimal(repr(value)), "f")


TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    Decimal: _decimal,
    float: _float,
    bool: lambda value: "1" if value else "0",
    datetime: lambda value: value.isoformat(" ").removesuffix(" 00:00:00"),
    date: date.isoformat,
    bytes: bytes.hex,
}


def as_text(value: Any) -> str | None:
    """A value as a spreadsheet would show it: money without exponent, days as 2026-08-17, NULL as NULL."""
    return None if value is None else TEXTS.get(type(value), str)(value)


def read_batches(
    connection: sa.Connection, query: str, values: dict[str, Any], batch_rows: int
) -> tuple[list[str], Iterator[Sequence[sa.Row[Any]]]]:
    """Run the query with a cursor on the server; its columns and its rows in batches."""
    streaming = connection.execution_options(stream_results=True, yield_per=batch_rows)
    result = streaming.execute(sa.text(query), values)
    return list(result.keys()), result.partitions(batch_rows)


def write_rows(columns: list[str], batches: Iterator[Sequence[sa.Row[Any]]], target: Path) -> int:
    """Write all batches and return the count of rows; with none, or after an error, no file is left or changed."""
    schema = pa.schema([pa.field(name, pa.string()) for name in columns])
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        rows = 0
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(_to_arrow(batch, schema))
                rows += len(batch)
        if rows:
            move_into_place(temporary, target)
        return rows
    finally:
        temporary.unlink(missing_ok=True)


def _to_arrow(batch: Sequence[sa.Row[Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*batch, strict=True)
    return pa.record_batch([pa.array(map(as_text, column), pa.string()) for column in columns], schema=schema)
