"""Read-only SQL on the published database, for people: nothing is written, no file is touched, no extension is loaded.

The limits are set before the statement runs and locked, so that a statement cannot lift them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from pipelines.errors import BadInputError, UsageError
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect

READING = ("SELECT", "EXPLAIN")
"""Statement types that are let through; SHOW, DESCRIBE, SUMMARIZE and VALUES count as SELECT."""


FETCHED_ROWS = 500
"""So many rows, known by their place, are fetched without reading what lies between them; DuckDB's own limit is 50."""


@dataclass(frozen=True)
class QueryResult:
    """Rows as Python values (money as Decimal). `is_truncated` is True when there were more rows than asked for."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    is_truncated: bool
    seconds: float


def require_published(settings: Settings) -> Path:
    """The published database. BadInputError if there is none yet, saying what makes one."""
    path = settings.readable_path
    if not path.is_file():
        raise BadInputError(
            "还没有发布过结果 | Nothing was published yet.",
            where=path,
            expected="夜间任务发布的数据库 | the database that a night publishes",
            next_step="运行 `fapiao nightly` 或 `fapiao demo` | `fapiao nightly` or `fapiao demo` makes one",
        )
    return path


@contextmanager
def open_published(settings: Settings, *, memory_limit_mb: int | None = None) -> Iterator[Connection]:
    """The published database, read-only and sealed: no files, no extensions, no Python values, settings locked."""
    con = connect(require_published(settings), settings, read_only=True)
    try:
        limit = min(memory_limit_mb or settings.memory_limit_mb, settings.memory_limit_mb)
        con.execute(f"SET memory_limit = '{int(limit)}MB'")
        con.execute("SET max_temp_directory_size = '4GB'")
        con.execute(f"SET dynamic_or_filter_threshold = {FETCHED_ROWS}")
        con.execute("SET python_enable_replacements = FALSE")
        con.execute("SET enable_external_access = FALSE")
        con.execute("SET lock_configuration = TRUE")
        yield con
    finally:
        con.close()


@contextmanager
def open_published_if_any(settings: Settings) -> Iterator[Connection | None]:
    """Like `open_published`, None where nothing was published yet."""
    if not settings.readable_path.is_file():
        yield None
        return
    with open_published(settings) as con:
        yield con


def run_query(
    settings: Settings,
    sql: str,
    *,
    max_rows: int | None = None,
    memory_limit_mb: int | None = None,
    time_limit_seconds: float = 60,
) -> QueryResult:
    """Run one reading statement. `max_rows` None gives every row.

    UsageError for a statement that is wrong, writes, or goes over a limit, with the engine's own first line;
    BadInputError if nothing was published yet.
    """
    started = time.monotonic()
    with running_query(settings, sql, memory_limit_mb=memory_limit_mb, time_limit_seconds=time_limit_seconds) as con:
        description = con.description or []
        rows = con.fetchall() if max_rows is None else con.fetchmany(max_rows + 1)
    kept = rows if max_rows is None else rows[:max_rows]
    return QueryResult(
        columns=[column[0] for column in description],
        types=[str(column[1]) for column in description],
        rows=kept,
        is_truncated=len(kept) < len(rows),
        seconds=time.monotonic() - started,
    )


@contextmanager
def running_query(
    settings: Settings, sql: str, *, memory_limit_mb: int | None = None, time_limit_seconds: float = 60
) -> Iterator[Connection]:
    """A connection on which the statement has started, to fetch from within the limits. Errors as of `run_query`."""
    with open_published(settings, memory_limit_mb=memory_limit_mb) as con:
        statement = _parse_one(con, sql)
        with _time_limit(con, time_limit_seconds), _told_as_usage(sql, time_limit_seconds):
            con.execute(statement)
            yield con


def _parse_one(con: Connection, sql: str) -> duckdb.Statement:
    with _told_as_usage(sql, 0):
        statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise UsageError(
            "一次只能给一条语句 | Give one statement.", found=f"{len(statements)} statements", expected="SELECT ..."
        )
    kind = str(statements[0].type).rpartition(".")[2]
    if kind not in READING:
        raise UsageError(
            "只能查询，不能修改 | The published database is read-only.",
            found=kind,
            expected="SELECT, WITH, FROM, SHOW, DESCRIBE, SUMMARIZE or EXPLAIN",
        )
    return statements[0]


@contextmanager
def _time_limit(con: Connection, seconds: float) -> Iterator[None]:
    timer = Timer(seconds, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _told_as_usage(sql: str, time_limit_seconds: float) -> Iterator[None]:
    """Turn what the engine says into an error for a person."""
    try:
        yield
    except duckdb.InterruptException:
        raise UsageError(
            "查询超时，已停止 | The query was stopped: it took too long.",
            expected=f"至多 {time_limit_seconds:g} 秒 | at most {time_limit_seconds:g} seconds",
            next_step=(
                "用 WHERE 缩小范围，或复制文件后查副本 | narrow it with WHERE, or copy the file and query the copy"
            ),
        ) from None
    except duckdb.OutOfMemoryException as error:
        raise UsageError(
            "查询内存不足，已停止 | The query was stopped: it needs more memory than it may use.",
            found=_first_line(error),
            next_step=(
                "用 WHERE 或 LIMIT 缩小范围，或调大 memory_limit_mb | "
                "narrow it with WHERE or LIMIT, or raise memory_limit_mb"
            ),
        ) from None
    except duckdb.Error as error:
        raise UsageError(
            "查询有误 | The query cannot be run.",
            where=" ".join(sql.split())[:200],
            found=_first_line(error),
            next_step=(
                "看有哪些表和列 | "
                'see the tables: fapiao sql "SHOW TABLES"; their columns: fapiao sql "DESCRIBE out__open_item"'
            ),
        ) from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["?"])[0]
