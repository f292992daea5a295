"""The only place that opens DuckDB and the only loader of `.sql` files.

The working database is private to the job: analysts read `published/recon.duckdb`, never this file, so that neither can
block the other (a DuckDB file has one writer or many readers).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import FapiaoError, IntegrityError, UsageError
from pipelines.model import STATE_TABLES, TABLES, Table
from pipelines.model.table import columns_of
from pipelines.refused import explain_refusal
from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection

MEMORY_SHORT = (
    "允许使用的内存不够，工作已停止：请调大 memory_limit_mb 或调小 threads 后重新运行 | The memory that may be used "
    "does not suffice and the work stopped: raise memory_limit_mb or lower threads, then run it again."
)
DISK_SHORT = (
    "暂存中间结果的磁盘空间不够，工作已停止：请腾出空间后重新运行 | The disk for intermediate results does not "
    "suffice and the work stopped: free some space, then run it again."
)

WAREHOUSE_TABLES = (*TABLES, *STATE_TABLES)

VERSION = 7
"""Of the declared tables: raised with every change to them (tests/unit/test_migrate.py). Databases of before it was
kept count as 1."""

VERSION_TABLE = Table(
    "warehouse__version",
    "工作库的版本 | Version of the tables in this working database",
    columns_of(
        ("version", "INTEGER!", "版本 | rises with every change to the declared tables"),
        (
            "fingerprint",
            "VARCHAR!",
            "表结构摘要 | sha256 over names, types and required columns of the declared tables",
        ),
    ),
    key=("version",),
)


@cache
def load_sql(name: str, package: str = "pipelines") -> str:
    """Text of `<package>/sql/<name>.sql`, for example `recon/exact_key`."""
    return resources.files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def run_sql(con: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Connection:
    """Run one `.sql` file statement by statement; `$name` parameters go to the statements that mention them.

    Returns the connection, so that the rows of the last statement can be fetched. UsageError if the memory or the disk
    that the settings leave to it does not suffice.
    """
    values = parameters or {}
    with memory_explained(name):
        for statement in con.extract_statements(load_sql(name)):
            wanted = {key: values[key] for key in statement.named_parameters}
            con.execute(statement, wanted)
    return con


@contextmanager
def memory_explained(work: str) -> Iterator[None]:
    """Say which setting to change when DuckDB runs out of memory, or of disk for what it has put aside."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        is_disk = "max_temp_directory_size" in str(error)
        raise UsageError(
            DISK_SHORT if is_disk else MEMORY_SHORT, where=work, found=str(error).splitlines()[0]
        ) from error


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
        # Blocks that are used again are not given back to the system in between: a tenth of the time of small tables.
        "block_allocator_memory": f"{settings.memory_limit_mb}MB",
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        return duckdb.connect(str(database), read_only=read_only, config=options)
    except UNOPENED as error:
        raise _explain_unopened(error, database, settings) from error


UNOPENED = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)


class DatabaseHeldError(IntegrityError):
    """Another process has the database open: nothing is wrong with it."""


def _explain_unopened(error: duckdb.Error, database: str | Path, settings: Settings) -> FapiaoError:
    """Held by another process, refused by the disk, or damaged: each asks for something else."""
    found = str(error).splitlines()[0]
    if "lock on file" in found:
        return DatabaseHeldError(
            "数据库正被另一进程使用 | Another process holds the database.",
            where=database,
            found=found,
            next_step="等另一次运行结束 | wait for the other run to end",
        )
    if refused := explain_refusal(error):
        refused.where = str(database)
        return refused
    is_published = Path(database) in (settings.published_path, settings.masked_path)
    return IntegrityError(
        "数据库打不开，文件可能已损坏 | The database cannot be opened: the file may be damaged.",
        where=database,
        found=found,
        next_step="运行 fapiao nightly，它会重新发布此文件 | run fapiao nightly: it publishes this file anew"
        if is_published
        else "fapiao snapshot restore，恢复最近的快照 | restore the last snapshot with it",
    )


def attach_database(con: Connection, path: Path, alias: str) -> None:
    """Attach another database file for writing, created if it is not there; ATTACH takes no parameters, so the path is
    quoted here."""
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {alias}")


def ensure_tables(con: Connection, tables: tuple[Table, ...] = WAREHOUSE_TABLES) -> None:
    """Create the declared tables that are not there yet; with all of them, note their version."""
    for table in tables:
        con.execute(table.create_sql)
    if tables is WAREHOUSE_TABLES:
        con.execute(VERSION_TABLE.create_sql)
        run_sql(con, "migrate/version", {"version": VERSION, "fingerprint": fingerprint_tables()})


@dataclass(frozen=True)
class Version:
    """Of the tables in a working database; `fingerprint` is None where none was kept."""

    number: int
    fingerprint: str | None

    @property
    def is_current(self) -> bool:
        return (self.number, self.fingerprint) == (VERSION, fingerprint_tables())


@cache
def fingerprint_tables() -> str:
    """sha256 over the declared tables; their comments do not count."""
    shapes = [(t.name, [(c.name, c.type, c.is_required) for c in t.columns]) for t in WAREHOUSE_TABLES]
    return hashlib.sha256(json.dumps(shapes).encode()).hexdigest()


def read_version(con: Connection) -> Version | None:
    """Version of the tables that are there; None in a database without any."""
    there = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if VERSION_TABLE.name in there:
        row = con.execute(f"SELECT version, fingerprint FROM {VERSION_TABLE.name}").fetchone()
        return Version(*row) if row else Version(1, None)
    return Version(1, None) if there & {table.name for table in WAREHOUSE_TABLES} else None


def require_not_newer(version: Version, path: Path) -> None:
    """IntegrityError if a later version of this program wrote the tables."""
    if version.number > VERSION:
        raise IntegrityError(
            "数据目录由更新版本的程序写成，本程序不会改动它 | A newer version of the program wrote this data root; it "
            "was left alone.",
            where=path,
            found=f"tables of version {version.number}",
            expected=f"至多版本 {VERSION} | at most version {VERSION}",
            next_step="升级 fapiao-recon | install the newer fapiao-recon",
        )


def _require_current(con: Connection, path: Path) -> None:
    version = read_version(con)
    if version is None or version.is_current:
        return
    require_not_newer(version, path)
    raise IntegrityError(
        "数据目录还是旧版本的表 | The tables of this data root are of an earlier version.",
        where=path,
        found=f"version {version.number}",
        expected=f"version {VERSION}",
        next_step="fapiao nightly：第一步会先备份再迁移 | its first step keeps a copy and brings them up to date",
    )


@contextmanager
def open_warehouse(settings: Settings, *, read_only: bool = False) -> Iterator[Connection]:
    """The working database of the data root, with every declared table present.

    IntegrityError if its tables are of another version.
    """
    path = settings.warehouse_path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    con = connect(path, settings, read_only=read_only)
    try:
        _require_current(con, path)
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
