"""The rows of a table as a snapshot holds them, put together from its files and from the manifest itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.parquet import kept_schema, read_parquet


def read_rows(settings: Settings, manifest: Manifest, table: str, parts: list[Document]) -> pa.Table:
    """Rows of some parts of a table, in the order of the parts, with the columns that it had.

    Page checksums are checked, the files' sha256 are not. OSError or ValueError for a file that cannot be read.
    """
    schema = kept_schema(manifest.columns_of(table))
    pieces = [_read_part(settings, manifest, table, part, schema) for part in parts]
    return _spell_out(pa.concat_tables([schema.empty_table(), *pieces]), manifest.newest_of(table))


def read_here(settings: Settings, manifest: Manifest, table: str) -> pa.Table:
    """The rows of a table that stand in the manifest, with '' where it says what that stands for."""
    schema = kept_schema(manifest.columns_of(table))
    pieces = [_read_part(settings, manifest, table, part, schema) for part in manifest.here_of(table)]
    return pa.concat_tables([schema.empty_table(), *pieces])


def list_files(manifest: Manifest, table: str, parts: list[Document]) -> list[Document]:
    """The files that some parts of a table need, also those that a part in the manifest refers to."""
    needed = {part.get("like", part["period"]) for part in parts}
    return [entry for entry in manifest.files_of(table) if entry["period"] in needed]


def _read_part(settings: Settings, manifest: Manifest, table: str, part: Document, schema: pa.Schema) -> pa.Table:
    if "path" in part:
        return read_parquet([settings.snapshot_dir / part["path"]], schema)
    try:
        return _read_here(settings, manifest, table, part, schema)
    except (ValueError, ArithmeticError, TypeError, LookupError) as error:
        raise IntegrityError(
            "清单里的行无法读取 | Rows in the manifest cannot be read.",
            where=f"{manifest.snapshot_id} {table} {part['period']}",
            found=str(error).splitlines()[0],
            next_step="fapiao snapshot verify",
        ) from error


def _read_here(settings: Settings, manifest: Manifest, table: str, part: Document, schema: pa.Schema) -> pa.Table:
    own = [_type_row(row, schema) for row in part["content"]]
    if "like" not in part:
        return pa.Table.from_pylist(own, schema)
    (base,) = [found for found in manifest.parts_of(table) if found["period"] == part["like"]]
    rows = pa.Table.from_pylist([*_alter(_read_part(settings, manifest, table, base, schema), part), *own], schema)
    order: list[tuple[str, Literal["ascending", "descending"]]] = [
        (name, "ascending") for name in manifest.document["tables"][table]["key"]
    ]
    return rows.sort_by(order)


def _alter(base: pa.Table, part: Document) -> list[dict[str, Any]]:
    """The rows of the base as another night says them."""
    cells: dict[int, dict[str, Any]] = {
        number: dict(zip(said[::2], _type_cells(said, base.schema), strict=True)) for number, *said in part["changed"]
    }
    without = set(part["without"])
    return [
        {**row, **cells.get(number, {}), "night_id": part["night_id"]}
        for number, row in enumerate(base.to_pylist())
        if number not in without
    ]


def _type_cells(said: list[Any], schema: pa.Schema) -> list[Any]:
    return [_value(cell, schema.field(name).type) for name, cell in zip(said[::2], said[1::2], strict=True)]


def _type_row(row: list[Any], schema: pa.Schema) -> dict[str, Any]:
    return {field.name: _value(cell, field.type) for cell, field in zip(row, schema, strict=True)}


def _value(cell: Any, kind: pa.DataType) -> Any:
    if cell is None:
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(cell)
    if pa.types.is_date(kind):
        return date.fromisoformat(cell)
    return Decimal(cell) if pa.types.is_decimal(kind) else cell


def _spell_out(rows: pa.Table, newest: Document | None) -> pa.Table:
    if newest is None:
        return rows
    column = rows.column(newest["column"])
    return _replace(rows, newest["column"], pc.if_else(pc.equal(column, pa.scalar("")), newest["value"], column))


def _replace(rows: pa.Table, name: str, values: Any) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), values)
