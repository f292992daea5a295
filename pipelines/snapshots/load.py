"""Prove the files of a snapshot and load its tables into a database."""

from __future__ import annotations

import glob
from functools import reduce
from pathlib import Path

from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation

from pipelines.errors import IntegrityError
from pipelines.migrate import COLUMN_DEFAULTS, TABLE_DEFAULTS, fill_columns, fill_tables
from pipelines.model import TABLES, Table
from pipelines.settings import Settings
from pipelines.snapshots.kept_rows import read_here
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.verify import verify_snapshots
from pipelines.warehouse import Connection


def require_whole(settings: Settings, manifest: Manifest, later: tuple[str, ...] = ()) -> None:
    """Read every byte of one snapshot, but for folders that are proved `later`. IntegrityError that names what is
    damaged; other snapshots do not matter."""
    found = verify_snapshots(settings, only=[manifest.snapshot_id], later=later)
    damaged = [damage for damage in found.damages if manifest.snapshot_id in damage.snapshots]
    if damaged:
        raise IntegrityError(
            "快照有损坏，没有恢复 | The snapshot is damaged and was not restored.",
            where="; ".join(damage.path for damage in damaged[:5]),
            found="; ".join(damage.problem for damage in damaged[:5]),
            next_step=("从副本修复，或恢复另一个快照 | fapiao snapshot repair <copy>; or restore another snapshot"),
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
    if manifest.parts_of(table.name):
        view_rows(con, settings, manifest, table.name, "earlier_row")
        columns = ", ".join(fill_columns(con, table, kept))
        con.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM filled_row")
        con.execute("DROP VIEW filled_row; DROP VIEW earlier_row; DROP TABLE IF EXISTS earlier_row_here")
    return _note_columns(table, kept) if kept else []


def view_rows(con: Connection, settings: Settings, manifest: Manifest, table: str, view: str) -> None:
    """A view over all rows of one table. The files must be proved, and stay so: `require_unchanged`."""
    paths = [glob.escape(str(settings.snapshot_dir / entry["path"])) for entry in manifest.files_of(table)]
    pieces = [con.read_parquet(paths, hive_partitioning=False)] if paths else []
    if manifest.here_of(table):
        con.execute(f"DROP TABLE IF EXISTS {view}_here")
        con.from_arrow(read_here(settings, manifest, table)).to_table(f"{view}_here")
        pieces.append(con.table(f"{view}_here"))
    rows = reduce(DuckDBPyRelation.union, pieces)
    _spell_out(rows, manifest.newest_of(table)).create_view(view)


def _spell_out(rows: DuckDBPyRelation, newest: Document | None) -> DuckDBPyRelation:
    """With the night that '' stands for in a column."""
    if newest is None:
        return rows
    moving = ColumnExpression(newest["column"])
    spelled = CaseExpression(moving == ConstantExpression(""), ConstantExpression(newest["value"])).otherwise(moving)
    return rows.select(
        *(spelled.alias(name) if name == newest["column"] else ColumnExpression(name) for name in rows.columns)
    )


def identify_files(settings: Settings, manifest: Manifest) -> dict[Path, tuple[int, ...] | None]:
    """What tells a table's files from files that were written to since, for `require_unchanged`."""
    tables = manifest.document["tables"]
    paths = [settings.snapshot_dir / entry["path"] for table in tables for entry in manifest.files_of(table)]
    return {path: _identify(path) for path in paths}


def require_unchanged(before: dict[Path, tuple[int, ...] | None]) -> None:
    """What was proved is what was loaded: IntegrityError if a file was written to in between."""
    if changed := [path for path, old in before.items() if _identify(path) != old]:
        raise IntegrityError(
            "快照的文件在恢复时被改动，没有恢复 | A file of the snapshot was changed while it was restored; nothing "
            "was restored.",
            where="; ".join(map(str, changed[:5])),
            next_step="fapiao snapshot verify",
        )


def _identify(path: Path) -> tuple[int, ...] | None:
    """Every write to a file changes one of these."""
    if not path.is_file():
        return None
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


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
    if manifest.parts_of(table.name) and needed:
        raise IntegrityError(
            "快照缺少本版本必填的列 | The snapshot lacks columns that this version requires.",
            where=f"{manifest.snapshot_id} {table.name}",
            found=", ".join(sorted(needed)),
            expected=f"fapiao-recon {manifest.document['code']['fapiao_recon']}, which wrote it",
        )
