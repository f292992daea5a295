"""Parquet files, such as a database reading writes: one sheet, its column names as row 1, every cell as text."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.sources.reasons import Message, UnreadableFileError, same


def read_parquet_cells(name: str, content: bytes, limit_bytes: int) -> pa.Table:
    """One string column per column of the file, '' for NULL. Raises UnreadableFileError for what is no flat table."""
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        unpacked = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if unpacked > limit_bytes:
            raise _unreadable(name, same(f"{unpacked} bytes"), same(f"<= {limit_bytes} bytes"))
        table = file.read()
    except pa.ArrowException as error:
        raise _unreadable(name, same(str(error).splitlines()[0]), _whole()) from None
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)]
    if nested:
        raise _unreadable(name, same(", ".join(nested)), Message("只含文字、数字、日期的列", "plain columns only"))
    cells = [_as_cells(title, column) for title, column in zip(table.column_names, table.columns, strict=True)]
    return pa.table(cells, names=[f"c{place}" for place in range(len(cells))])


def _as_cells(title: str, column: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """A moment at midnight is a day, as in a spreadsheet."""
    text: Any = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        text = pc.replace_substring_regex(text, r"(\.0+)$", "")
        text = pc.replace_substring_regex(text, r" 00:00:00$", "")
    chunks = pc.fill_null(text, "").chunks
    return pa.chunked_array([pa.array([title], pa.string()), *chunks], pa.string())


def _whole() -> Message:
    return Message("完整的 Parquet 文件", "a whole Parquet file")


def _unreadable(name: str, found: Message, expected: Message) -> UnreadableFileError:
    return UnreadableFileError(
        Message("Parquet 文件无法采用", "the Parquet file cannot be used"), name=name, found=found, expected=expected
    )
