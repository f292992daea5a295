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
        _refuse_nested(name, file.schema_arrow)
        return _read_batches(file)
    except pa.ArrowException as error:
        raise _unreadable(name, same(str(error).splitlines()[0]), _whole()) from None


def _refuse_nested(name: str, schema: pa.Schema) -> None:
    nested = [field.name for field in schema if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)]
    if nested:
        raise _unreadable(name, same(", ".join(nested)), Message("只含文字、数字、日期的列", "plain columns only"))


def _read_batches(file: pq.ParquetFile) -> pa.Table:
    """Typed values of one batch at a time; the text of all."""
    titles = file.schema_arrow.names
    schema = pa.schema([(f"c{place}", pa.string()) for place in range(len(titles))])
    header = pa.record_batch([pa.array([title], pa.string()) for title in titles], schema=schema)
    batches = (
        pa.record_batch([_as_text(column) for column in batch.columns], schema=schema) for batch in file.iter_batches()
    )
    return pa.Table.from_batches([header, *batches], schema=schema)


def _as_text(column: pa.Array[Any]) -> pa.Array[Any]:
    """A moment at midnight is a day, as in a spreadsheet."""
    text: Any = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        text = pc.replace_substring_regex(text, pattern=r"(\.0+)$", replacement="")
        text = pc.replace_substring_regex(text, pattern=r" 00:00:00$", replacement="")
    filled: pa.Array[Any] = pc.fill_null(text, "")  # type: ignore[arg-type]  # the stubs know arrays only
    return filled


def _whole() -> Message:
    return Message("完整的 Parquet 文件", "a whole Parquet file")


def _unreadable(name: str, found: Message, expected: Message) -> UnreadableFileError:
    return UnreadableFileError(
        Message("Parquet 文件无法采用", "the Parquet file cannot be used"), name=name, found=found, expected=expected
    )
