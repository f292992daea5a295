"""The only place that opens DuckDB and the only loader of `.sql` files.

The working database is private to the job: analysts read `published/recon.duckdb`, never this file, so that neither can
block the other (a DuckDB file has one writer or many readers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import IntegrityError
from pipelines.model import STATE_TABLES, TABLES, Table
from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection


@cache
def load_sql(name: str, package: str = "pipelines") -> str:
    """Text of `<package>/sql/<name>.sql`, for example `recon/exact_key`."""
    return resources.files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def run_sql(con: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Connection:
    """Run one `.sql` file statement by statement; `$name` parameters go to the statements that mention them.

    Returns the connection, so that the rows of the last statement can be fetched.
    """
    values = parameters or {}
    for statement in con.extract_statements(load_sql(name)):
        wanted = {key: values[key] for key in statement.named_parameters}
        con.execute(statement, wanted)
    return con


def connect(
    database: str | Path, settings: Settings, *, read_only: bool = False, spill_dir: Path | None = None
) -> Connection:
    """Open a database (`:memory:` or a file) with the memory, thread and spill settings of the installation."""
    spill = spill_dir or settings.spill_dir
    if not read_only:
        spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{settings.memory_limit_mb}MB",
        "threads": settings.threads,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        return duckdb.connect(str(database), read_only=read_only, config=options)
    except duckdb.IOException as error:
        raise IntegrityError(
            "The database cannot be opened: another process holds it, or the file is damaged.",
            where=database,
            found=str(error).splitlines()[0],
            next_step="wait for the other run to end; if none is running, restore the last snapshot",
        ) from error


def attach_database(con: Connection, path: Path, alias: str) -> None:
    """Attach another database file for writing, created if it is not there; ATTACH takes no parameters, so the path is
    quoted here."""
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {alias}")


def ensure_tables(con: Connection, tables: tuple[Table, ...] = (*TABLES, *STATE_TABLES)) -> None:
    """Create the declared tables that are not there yet."""
    for table in tables:
        con.execute(table.create_sql)


@contextmanager
def open_warehouse(settings: Settings, *, read_only: bool = False) -> Iterator[Connection]:
    """The working database of the data root, with every declared table present."""
    path = settings.warehouse_path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    con = connect(path, settings, read_only=read_only)
    try:
        if not read_only:
            path.chmod(0o600)
            ensure_tables(con)
        yield con
    finally:
        con.close()


@contextmanager
def transaction(con: Connection) -> Iterator[Connection]:
    """All or nothing: rolled back when the block raises."""
    con.execute("BEGIN TRANSACTION")
    try:
        yield con
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
