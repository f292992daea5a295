"""Give a night to its readers: a database of its own, written beside the old one and renamed over it.

Who has the old file open keeps reading it undisturbed; who opens it afterwards sees the new night. Only the job that
holds the working database publishes, so whatever else lies beside the file was left by a dead run.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.model import PUBLISHED_TABLES
from pipelines.night import Night
from pipelines.publish_index import write_index
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots.store import make_folder, move_into_place
from pipelines.warehouse import Connection, attach_database, connect, ensure_tables, open_warehouse, run_sql

FIRST_VIEWS = ("out__night", "out__open_item", "out__invoice")
"""Views that others are built on, in this order; the rest follow by name."""


@dataclass(frozen=True)
class Published:
    """`rows` over all tables."""

    path: Path
    tables: int
    views: int
    rows: int
    size_bytes: int


def publish_night(settings: Settings, night: Night) -> Published:
    """Replace `published/recon.duckdb` by the night's state of the working database.

    Until the rename readers have the old file, whatever happens. Raises UsageError if the night was never opened.
    """
    final = settings.published_path
    make_folder(final.parent)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    with open_warehouse(settings) as con:
        _require_night(con, night)
        remove_leftovers(final)
        try:
            rows = copy_tables(con, temporary, night)
            views = finish_database(temporary, settings, night)
            size = temporary.stat().st_size
            move_into_place(temporary, final)
        finally:
            temporary.unlink(missing_ok=True)
        run_sql(con, "publish/mark_published", {"night_id": night.night_id})
    return Published(final, len(PUBLISHED_TABLES), views, rows, size)


def _require_night(con: Connection, night: Night) -> None:
    if not con.execute("SELECT 1 FROM night__run WHERE night_id = $night_id", {"night_id": night.night_id}).fetchone():
        raise UsageError(
            "这一夜没有开始过，无从发布 | The night was never opened, so there is nothing to publish.",
            where="night__run",
            found=f"no row for {night.night_id}",
            next_step="运行整夜：`fapiao nightly` | run the whole night: `fapiao nightly`",
        )


def remove_leftovers(final: Path) -> list[str]:
    """Remove half-written databases of dead runs; their names."""
    left = sorted(final.parent.glob(f".{final.name}.*.tmp*"))
    for path in left:
        path.unlink()
    return [path.name for path in left]


def copy_tables(con: Connection, target: Path, night: Night) -> int:
    """Copy the published tables from the working database into a new file; the number of rows copied."""
    attach_database(con, target, "reader")
    try:
        con.execute("USE reader")
        ensure_tables(con, PUBLISHED_TABLES)
        con.execute("USE recon")
        rows = sum(_copy_table(con, table.name, table.column_names) for table in PUBLISHED_TABLES)
        run_sql(con, "publish/known_then", {"night_id": night.night_id})
        run_sql(con, "publish/first_seen")
        write_index(con, night)
    finally:
        con.execute("USE recon")
        con.execute("DETACH reader")
    return rows


def _copy_table(con: Connection, name: str, columns: list[str]) -> int:
    names = ", ".join(columns)
    row = con.execute(f"INSERT INTO reader.{name} ({names}) SELECT {names} FROM recon.{name}").fetchone()
    return int(row[0]) if row else 0


def finish_database(path: Path, settings: Settings, night: Night) -> int:
    """Add views and comments and write everything into the one file; the number of views."""
    con = connect(path, settings)
    try:
        run_sql(con, "publish/shown_night", {"night_id": night.night_id, "published_at": beijing_now()})
        run_sql(con, "publish/first_seen_comment")
        comment_tables(con)
        views = list_views()
        for view in views:
            run_sql(con, f"out/{view}")
        comment_view_columns(con)
        con.execute("CHECKPOINT")
    finally:
        con.close()
    return len(views)


def list_views() -> list[str]:
    """Names of the shipped views, in an order in which they can be created."""
    found = {
        Path(entry.name).stem
        for entry in resources.files("pipelines").joinpath("sql", "out").iterdir()
        if entry.name.endswith(".sql")
    }
    return [*FIRST_VIEWS, *sorted(found - set(FIRST_VIEWS))]


def comment_tables(con: Connection) -> None:
    """Say in the database itself what each table and column means."""
    for table in PUBLISHED_TABLES:
        con.execute(f"COMMENT ON TABLE {table.name} IS {_literal(table.comment)}")
        for column in table.columns:
            con.execute(f"COMMENT ON COLUMN {table.name}.{column.name} IS {_literal(column.comment)}")


def comment_view_columns(con: Connection) -> None:
    """Give view columns without words of their own those of the column of the same name: `out__open_item` first, then
    the tables. Where two tables word a column differently, the one declared last in `model` is taken."""
    words = {column.name: column.comment for table in PUBLISHED_TABLES for column in table.columns}
    bare = defaultdict(list)
    for view, column, comment in run_sql(con, "publish/view_column").fetchall():
        if comment is None:
            bare[view].append(column)
        elif view == "out__open_item":
            words[column] = comment
    for view, columns in bare.items():
        for column in (name for name in columns if name in words):
            con.execute(f"COMMENT ON COLUMN {view}.{column} IS {_literal(words[column])}")


def _literal(text: str) -> str:
    """COMMENT takes no parameters; the text comes from `model` or from a shipped view."""
    return "'" + text.replace("'", "''") + "'"
