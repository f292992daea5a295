"""Load the tables of a snapshot into a database, and compare what was loaded with the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import IntegrityError
from pipelines.migrate import COLUMN_DEFAULTS, TABLE_DEFAULTS, fill_columns, fill_tables
from pipelines.model import TABLES, Table
from pipelines.settings import Settings
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.partition import Part, fingerprint_parts, prepare_periods
from pipelines.snapshots.verify import verify_snapshots
from pipelines.warehouse import Connection

BATCH_ROWS = 65_536


def require_whole(settings: Settings, manifest: Manifest) -> None:
    """Read every byte of one snapshot. IntegrityError that names what is damaged; other snapshots do not matter."""
    found = verify_snapshots(settings, only=[manifest.snapshot_id])
    damaged = [damage for damage in found.damages if manifest.snapshot_id in damage.snapshots]
    if damaged:
        raise IntegrityError(
            "快照有损坏，没有恢复 | The snapshot is damaged and was not restored.",
            where="; ".join(damage.path for damage in damaged[:5]),
            found="; ".join(damage.problem for damage in damaged[:5]),
            next_step="fapiao snapshot repair <copy>; or restore another snapshot",
        )


def load_tables(con: Connection, settings: Settings, manifest: Manifest) -> list[str]:
    """Insert the rows of every table; notes on columns that only one of the two versions knows.

    What an earlier version did not keep gets the defaults of a migration. IntegrityError for a column that must have a
    value today, that the snapshot does not hold, and that has no default.
    """
    notes = [note for table in TABLES for note in _load_table(con, settings, manifest, table)]
    known = {table.name for table in TABLES}
    lacking = known - set(manifest.document["tables"])
    fill_tables(con, lacking)
    notes += [
        f"{name}: 快照里没有，由其他表补出 | not in the snapshot, filled from the other tables"
        for name in sorted(lacking & set(TABLE_DEFAULTS))
    ]
    unknown = sorted(set(manifest.document["tables"]) - known)
    return notes + [f"{name}: 本版本没有这张表，未恢复 | not a table of this version, not restored" for name in unknown]


def _load_table(con: Connection, settings: Settings, manifest: Manifest, table: Table) -> list[str]:
    kept = {column["name"] for column in manifest.document["tables"].get(table.name, {}).get("columns", [])}
    _require_columns(manifest, table, kept)
    for entry in manifest.files_of(table.name):
        con.register("earlier_row", _read_batches(settings.snapshot_dir / entry["path"]))
        columns = ", ".join(fill_columns(con, table, kept))
        con.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM filled_row")
        con.execute("DROP VIEW filled_row")
        con.unregister("earlier_row")
    return _note_columns(table, kept) if kept else []


def _note_columns(table: Table, kept: set[str]) -> list[str]:
    missing = sorted(set(table.column_names) - kept)
    filled = _defaults_of(table)
    left = sorted(kept - set(table.column_names))
    return [
        *(
            f"{table.name}.{name}: 快照里没有，已补默认值 | not in the snapshot, filled with the default"
            if name in filled
            else f"{table.name}.{name}: 快照里没有，留空 | not in the snapshot, left empty"
            for name in missing
        ),
        *(f"{table.name}.{name}: 本版本没有这一列 | not a column of this version, left out" for name in left),
    ]


def _defaults_of(table: Table) -> set[str]:
    return {COLUMN_DEFAULTS[table.name][0]} if table.name in COLUMN_DEFAULTS else set()


def _require_columns(manifest: Manifest, table: Table, kept: set[str]) -> None:
    needed = {column.name for column in table.columns if column.is_required} - kept - _defaults_of(table)
    if manifest.files_of(table.name) and needed:
        raise IntegrityError(
            "快照缺少本版本必填的列 | The snapshot lacks columns that this version requires.",
            where=f"{manifest.snapshot_id} {table.name}",
            found=", ".join(sorted(needed)),
            expected=f"fapiao-recon {manifest.document['code']['fapiao_recon']}, which wrote it",
        )


def _read_batches(path: Path) -> pa.RecordBatchReader:
    file = pq.ParquetFile(path, page_checksum_verification=True)

    def batches() -> Iterator[pa.RecordBatch]:
        with file:
            yield from file.iter_batches(BATCH_ROWS)

    return pa.RecordBatchReader.from_batches(file.schema_arrow, batches())


@dataclass(frozen=True)
class TableTotals:
    """What can be said of a table's rows in any order and any cut: count, exact sums, hash (None: not comparable)."""

    rows: int
    control_sums: dict[str, Decimal | None]
    row_hash: tuple[int, int] | None


def check_rows(con: Connection, manifest: Manifest) -> int:
    """Compare every table with the manifest; the rows over all tables. IntegrityError that says expected and got.

    Rows and control sums always; the row hash as well if engine and columns are those that wrote it.
    """
    prepare_periods(con)
    total = 0
    for table in TABLES:
        document = manifest.document["tables"].get(table.name)
        if document is None:
            continue
        is_same = _is_same_shape(manifest, table, document)
        expected = total_entries(document["files"], has_hash=is_same)
        found = total_parts(fingerprint_parts(con, table), expected, has_hash=is_same)
        if found != expected:
            raise IntegrityError(
                "恢复的行与清单不符 | The restored rows are not those of the manifest.",
                where=f"{manifest.snapshot_id} {table.name}",
                found=str(found),
                expected=str(expected),
            )
        total += found.rows
    return total


def _is_same_shape(manifest: Manifest, table: Table, document: Document) -> bool:
    columns = [(column["name"], column["type"]) for column in document["columns"]]
    is_same_engine: bool = manifest.document["code"]["duckdb"] == duckdb.__version__
    return is_same_engine and columns == [(column.name, column.type) for column in table.columns]


def total_entries(entries: list[Document], *, has_hash: bool) -> TableTotals:
    """Totals of a table as its files in the manifest say."""
    sums = [entry["control_sums"] for entry in entries]
    hashes = [entry["row_hash"] for entry in entries] if has_hash else None
    return TableTotals(sum(entry["rows"] for entry in entries), _add_sums(sums), _add_hashes(hashes))


def total_parts(parts: list[Part], like: TableTotals, *, has_hash: bool) -> TableTotals:
    """Totals of a table as loaded, of the money columns that the other totals have."""
    sums = _add_sums([part.control_sums for part in parts])
    hashes = [part.row_hash for part in parts] if has_hash else None
    known = {name: value for name, value in sums.items() if name in like.control_sums}
    return TableTotals(sum(part.rows for part in parts), known, _add_hashes(hashes))


def _add_sums(sums: list[dict[str, Any]]) -> dict[str, Decimal | None]:
    totals: dict[str, Decimal | None] = {}
    for part in sums:
        for name, text in part.items():
            known = totals.get(name)
            totals[name] = known if text is None else (known or Decimal(0)) + Decimal(text)
    return totals


def _add_hashes(hashes: list[str] | None) -> tuple[int, int] | None:
    """Row hashes are sums, so those of the parts add up to that of the whole."""
    if hashes is None:
        return None
    halves = [tuple(int(half, 16) for half in text.split(":")[1:]) for text in hashes]
    return sum(low for low, _ in halves), sum(high for _, high in halves)
