"""Bring a working database of an earlier version to the tables that are declared now.

First the database is copied as it is, and the copy is verified. A regular snapshot cannot be written from tables that
lack declared columns. Then everything happens in one transaction; a crash leaves the old tables.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import IntegrityError
from pipelines.model import Table
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots.store import hash_file, sync_file, sync_folder
from pipelines.warehouse import (
    VERSION,
    VERSION_TABLE,
    WAREHOUSE_TABLES,
    Connection,
    Version,
    connect,
    ensure_tables,
    read_version,
    require_not_newer,
    run_sql,
    transaction,
)

Shape = tuple[tuple[str, str, bool], ...]
"""Name, type and whether a value is required, column by column."""

COLUMN_DEFAULTS = {
    "core_upstream__sighting": ("received_at", "migrate/received_at"),
    "core_ledger__sighting": ("received_at", "migrate/received_at"),
    "alert__case": ("acknowledged_night", "migrate/acknowledged_night"),
}
"""Per table the column that an earlier version lacks, and what fills it. A column that is not named here stays NULL; if
it is required, the table cannot be migrated."""

TABLE_DEFAULTS = {
    "core_upstream__span": "migrate/core_upstream__span",
    "night__adjustment": "migrate/night__adjustment",
}
"""What fills a table that an earlier version lacks; any other begins empty."""

COPIES_KEPT = 3
"""How many databases of before a migration stay; each is as large as the working database."""


@dataclass(frozen=True)
class Migrated:
    """What was done: the version before, the verified copy of it, the tables that were made or rebuilt."""

    version_before: int
    copy: Path
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"数据表从版本 {self.version_before} 升到 {VERSION}（{len(self.tables)} 张），原库已核对并保留为 "
            f"{self.copy.name} | tables migrated from version {self.version_before} to {VERSION} ({len(self.tables)}); "
            f"the database of before is kept, verified, as {self.copy.name}"
        )


def migrate_root(settings: Settings) -> Migrated | None:
    """Migrate the working database; None if there is none or it is of this version. The caller holds the night's lock.

    IntegrityError, with the database untouched, if it is of a newer version, cannot be copied whole, or does not fit.
    """
    path = settings.warehouse_path
    if not path.exists():
        return None
    con = connect(path, settings)
    try:
        before = read_version(con)
        if before is None or before.is_current:
            return None
        require_not_newer(before, path)
        counts, shapes = count_rows(con), read_shapes(con)
        con.execute("CHECKPOINT")
    finally:
        con.close()
    copy = keep_copy(settings, before.fingerprint or fingerprint_shapes(shapes), counts)
    migrated = Migrated(before.number, copy, _migrate_database(settings, before, copy))
    drop_old_copies(path.parent)
    return migrated


def read_shapes(con: Connection) -> dict[str, Shape]:
    """Columns of every table that is there, in their order."""
    rows = con.execute(
        "SELECT table_name, list((column_name, data_type, NOT is_nullable) ORDER BY column_index) "
        "FROM duckdb_columns() JOIN duckdb_tables() USING (table_oid, table_name) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {name: tuple(tuple(column) for column in columns) for name, columns in rows}


def fingerprint_shapes(shapes: dict[str, Shape]) -> str:
    return hashlib.sha256(repr(sorted(shapes.items())).encode()).hexdigest()


def count_rows(con: Connection) -> dict[str, int]:
    """Rows of every table that is there."""
    names = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()]
    counted = [con.execute(f'SELECT count(*) FROM "{name}"').fetchone() for name in names]
    return {name: row[0] for name, row in zip(names, counted, strict=True) if row}


def keep_copy(settings: Settings, fingerprint: str, counts: dict[str, int]) -> Path:
    """Copy the closed database beside itself as `before-<fingerprint>.<moment>.duckdb`, never over another copy.
    What a killed run left half copied goes; a whole copy of the same bytes, of a run that failed after it, is used.

    IntegrityError if the copy does not hold the same bytes and the same rows.
    """
    path = settings.warehouse_path
    for left in path.parent.glob(".copying.*"):
        left.unlink()
    if found := _find_copy(path, fingerprint):
        _verify_copy(settings, path, found, counts)
        return found
    final = path.with_name(f"before-{fingerprint[:12]}.{beijing_now():%Y%m%dT%H%M%S%f}.duckdb")
    temporary = path.with_name(f".copying.{os.getpid()}.duckdb")
    try:
        shutil.copyfile(path, temporary)
        temporary.chmod(0o600)
        sync_file(temporary)
        _verify_copy(settings, path, temporary, counts)
        os.link(temporary, final)
        sync_folder(final.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return final


def _find_copy(path: Path, fingerprint: str) -> Path | None:
    same_size = (
        copy
        for copy in sorted(path.parent.glob(f"before-{fingerprint[:12]}.*.duckdb"), reverse=True)
        if copy.stat().st_size == path.stat().st_size
    )
    return next((copy for copy in same_size if hash_file(copy) == hash_file(path)), None)


def drop_old_copies(folder: Path) -> list[str]:
    """Remove all but the newest COPIES_KEPT databases of before a migration, once a migration has succeeded; the names
    of those that went."""
    copies = sorted(folder.glob("before-*.duckdb"), key=lambda path: (path.stem.rpartition(".")[2], path.name))
    for path in copies[:-COPIES_KEPT]:
        path.unlink()
    return [path.name for path in copies[:-COPIES_KEPT]]


def _verify_copy(settings: Settings, path: Path, copy: Path, counts: dict[str, int]) -> None:
    con = connect(copy, settings, read_only=True)
    try:
        found = count_rows(con)
    finally:
        con.close()
    if found != counts or hash_file(copy) != hash_file(path):
        raise IntegrityError(
            "迁移前的备份与原库不一致，没有迁移 | The copy made before the migration differs from the database; "
            "nothing was migrated.",
            where=copy,
            found=str(found),
            expected=str(counts),
        )


def _migrate_database(settings: Settings, before: Version, copy: Path) -> tuple[str, ...]:
    con = connect(settings.warehouse_path, settings)
    try:
        with transaction(con):
            return migrate_tables(con, before)
    except duckdb.Error as error:
        raise IntegrityError(
            "旧版本的表无法迁移，原库没有改动 | The tables of the earlier version cannot be migrated; the database is "
            "unchanged.",
            where=settings.warehouse_path,
            found=f"version {before.number}: {str(error).splitlines()[0]}",
            next_step=f"保留 {copy.name}，联系维护者 | keep it and tell the maintainers",
        ) from error
    finally:
        con.close()


def migrate_tables(con: Connection, before: Version) -> tuple[str, ...]:
    """Make the tables that are missing, rebuild those of another shape; their names. Everything is judged anew."""
    shapes = read_shapes(con)
    changed = [table for table in WAREHOUSE_TABLES if shapes.get(table.name) != _declared_shape(table)]
    for table in changed:
        if table.name in shapes:
            _rebuild(con, table, {name for name, *_ in shapes[table.name]}, f"{table.name}__v{before.number}")
    con.execute(f"DROP TABLE IF EXISTS {VERSION_TABLE.name}")
    ensure_tables(con)
    fill_tables(con, {table.name for table in changed} - set(shapes))
    run_sql(con, "migrate/judge_anew")
    return tuple(table.name for table in changed)


def _declared_shape(table: Table) -> Shape:
    return tuple((column.name, column.type, column.is_required) for column in table.columns)


def _rebuild(con: Connection, table: Table, kept: set[str], earlier: str) -> None:
    """Rows move into a table of the declared shape. If it had columns that are declared no more, the old table stays
    under the name `earlier`."""
    con.execute(f"ALTER TABLE {table.name} RENAME TO {earlier}")
    con.execute(table.create_sql)
    con.execute(f"CREATE OR REPLACE TEMP VIEW earlier_row AS FROM {earlier}")
    columns = ", ".join(fill_columns(con, table, kept))
    con.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM filled_row")
    con.execute("DROP VIEW filled_row; DROP VIEW earlier_row")
    if kept <= set(table.column_names):
        con.execute(f"DROP TABLE {earlier}")


def fill_columns(con: Connection, table: Table, kept: set[str]) -> list[str]:
    """Make the view `filled_row` of `earlier_row` and the default of what it lacks; the table's columns in it."""
    column, script = COLUMN_DEFAULTS.get(table.name, ("", ""))
    if column and column not in kept:
        run_sql(con, script)
        kept = kept | {column}
    else:
        con.execute("CREATE OR REPLACE TEMP VIEW filled_row AS FROM earlier_row")
    return [name for name in table.column_names if name in kept]


def fill_tables(con: Connection, names: set[str]) -> None:
    """Fill tables that were not there from the others."""
    for name in sorted(names & set(TABLE_DEFAULTS)):
        run_sql(con, TABLE_DEFAULTS[name])
