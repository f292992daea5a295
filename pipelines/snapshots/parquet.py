"""Deterministic Parquet: the same rows give the same bytes, with the same version of the writer.

Row groups hold a fixed number of rows whatever the batches of the query were, and nothing in a file depends on the
time, the machine or the night. Memory is bounded by one row group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import IntegrityError
from pipelines.model import Table

ROWS_PER_GROUP = 65_536

_ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
}


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns as Arrow fields. KeyError for a type that snapshots do not know: declare it above first."""
    return pa.schema([pa.field(column.name, _ARROW_TYPES[column.type]) for column in table.columns])


def kept_schema(columns: list[dict[str, Any]]) -> pa.Schema:
    """The same from the columns of a manifest, which may be those of another version. IntegrityError for a type that
    this version does not know."""
    unknown = sorted({column["type"] for column in columns} - set(_ARROW_TYPES))
    if unknown:
        raise IntegrityError(
            "快照中有类型未知的列 | The snapshot has columns of an unknown type.", found=", ".join(unknown)
        )
    return pa.schema([pa.field(column["name"], _ARROW_TYPES[column["type"]]) for column in columns])


def write_parquet(reader: pa.RecordBatchReader, schema: pa.Schema, path: Path) -> int:
    """Write all batches to one file; the number of rows written."""
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        write_statistics=True,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        for group in regroup(reader, schema):
            writer.write_table(group, row_group_size=ROWS_PER_GROUP)
            rows += group.num_rows
    return rows


def regroup(reader: pa.RecordBatchReader, schema: pa.Schema, size: int = ROWS_PER_GROUP) -> Iterator[pa.Table]:
    """Tables of exactly `size` rows (the last one fewer), each column in one piece."""
    held: list[pa.RecordBatch] = []
    held_rows = 0
    for batch in reader:
        held.append(batch)
        held_rows += batch.num_rows
        while held_rows >= size:
            whole = _join(held, schema)
            yield whole.slice(0, size).combine_chunks()
            held = whole.slice(size).to_batches()
            held_rows -= size
    if held_rows:
        yield _join(held, schema)


def _join(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches).cast(schema).combine_chunks()


def read_parquet(paths: list[Path], schema: pa.Schema) -> pa.Table:
    """The rows of some files of a table in that shape, in the order of the files."""
    parts = [pq.read_table(path, partitioning=None, page_checksum_verification=True) for path in paths]
    return pa.concat_tables([schema.empty_table(), *(part.select(schema.names).cast(schema) for part in parts)])
