"""Keep one table of a night: what changed becomes files, small rows of nights go into the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import IntegrityError
from pipelines.model import Table
from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.here import collect_here
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.parquet import ROWS_PER_GROUP, arrow_schema, write_parquet
from pipelines.snapshots.partition import (
    MOVING,
    WHOLE,
    Known,
    Part,
    describe_period,
    fingerprint_parts,
    newest_night,
    read_part,
)
from pipelines.warehouse import Connection


def keep_table(con: Connection, settings: Settings, table: Table, parent: Manifest | None) -> Document:
    """Write the periods of a table that changed since the parent, but for small rows of nights, which the manifest
    takes along itself; the table's part of the manifest."""
    columns = [
        {"name": c.name, "type": c.type, "is_required": c.is_required, "comment": c.comment} for c in table.columns
    ]
    old = parent if parent and _has_columns(parent, table, columns) else None
    parts = fingerprint_parts(con, table, known=known_parts(old, table.name) if old else None)
    kept = _find_kept(settings, parts, old.files_of(table.name) if old else [])
    here = collect_here(con, parts, set(kept), old)
    inside = {entry["period"] for entry in here}
    files = [kept.get(part.period) or write_part(con, settings, part) for part in parts if part.period not in inside]
    newest = newest_night(con, table)
    return {
        "comment": table.comment,
        "key": list(table.key),
        "period": describe_period(table),
        "columns": columns,
        "rows": sum(part.rows for part in parts),
        "files": files,
        "here": here,
        "newest": {"column": MOVING[table.name], "value": newest} if newest else None,
    }


def known_parts(manifest: Manifest, table: str) -> Known | None:
    """The parts of a table whose row hash is known by their quick hash; None if another release of the engine wrote
    them."""
    if manifest.document["code"]["duckdb"] != duckdb.__version__:
        return None
    parts = [entry for entry in manifest.parts_of(table) if "quick_hash" in entry]
    return {(entry["period"], entry["rows"], entry["quick_hash"]): entry for entry in parts}


def _find_kept(settings: Settings, parts: list[Part], entries: list[Document]) -> dict[str, Document]:
    """The parent's files that still hold the rows of their period, by period."""
    known = {(entry["period"], entry["row_hash"], entry["rows"]): entry for entry in entries}
    found = {part.period: known.get((part.period, part.row_hash, part.rows)) for part in parts}
    return {period: entry for period, entry in found.items() if entry and _is_in_place(settings, entry)}


def _has_columns(parent: Manifest, table: Table, columns: list[dict[str, Any]]) -> bool:
    """Whether the parent's files have the same shape; a reworded comment does not rewrite a file."""
    old = parent.document["tables"].get(table.name, {})
    shape = [(column["name"], column["type"]) for column in columns]
    if not old or old["key"] != list(table.key):
        return False
    kept: list[dict[str, Any]] = old["columns"]
    return shape == [(column["name"], column["type"]) for column in kept]


def _is_in_place(settings: Settings, entry: Document) -> bool:
    path: Path = settings.snapshot_dir / entry["path"]
    size: int = entry["bytes"]
    return path.is_file() and path.stat().st_size == size


def write_part(con: Connection, settings: Settings, part: Part) -> Document:
    """Write one period of a table under the name of its content; its entry in the manifest.

    IntegrityError if the rows written are not the rows counted.
    """
    folder = WHOLE if part.period == WHOLE else f"period={part.period}"
    with store.incoming_file(settings, f"{part.table.name}.{part.period}") as temporary:
        rows = write_parquet(read_part(con, part, ROWS_PER_GROUP), arrow_schema(part.table), temporary)
        if rows != part.rows:
            raise IntegrityError(
                "快照文件的行数与数据表不符 | A snapshot file does not hold the rows of its table.",
                where=f"{part.table.name} {part.period}",
                found=str(rows),
                expected=str(part.rows),
            )
        sha256, size = store.hash_file(temporary), temporary.stat().st_size
        path = f"{store.TABLES}/{part.table.name}/{folder}/{sha256}.parquet"
        store.keep_content(temporary, settings.snapshot_dir / path, sha256)
    return {"path": path, "sha256": sha256, "bytes": size, **part.said}
