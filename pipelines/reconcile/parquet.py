"""Reconciling two Parquet files without any orchestration: `fapiao reconcile`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.errors import BadInputError
from pipelines.model import COVERAGE, LEDGER_ENTRY, LINEAGE, UPSTREAM_INVOICE, Table
from pipelines.reconcile.cascade import join_records
from pipelines.reconcile.result import Reconciled, count_result
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, memory_explained, run_sql

ASSUMED_COVERAGE = (
    "No coverage was given: every day from the first to the last issue date upstream is taken as fully received. "
    "未提供覆盖情况：假定税务系统最早至最晚开票日之间每天都已完整收到。"
)


PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000"
"""A column of more than 1,000 texts in a row group is one of ids or sentences: no use in looking for repeated ones."""


def reconcile_parquet(
    settings: Settings,
    *,
    upstream: Path,
    ledger: Path,
    coverage: Path | None,
    as_of: datetime,
    out: Path,
    report: Callable[[str], None] = lambda _step: None,
) -> Reconciled:
    """Write `recon__item.parquet` and `recon__member.parquet` into `out`; counts come back.

    The inputs have the shape of the core tables; lineage columns may be absent, optional columns too. Without
    `coverage` the days between the first and the last issue date upstream count as received (a note says so).
    Raises BadInputError that names the file and the column.
    """
    out.mkdir(parents=True, exist_ok=True)
    spill = out / ".spill"
    con = connect(":memory:", settings, spill_dir=spill)
    try:
        _attach(con, UPSTREAM_INVOICE, upstream)
        _attach(con, LEDGER_ENTRY, ledger)
        _require_money(con, ledger)
        notes = _attach_coverage(con, coverage)
        con.execute("CREATE TEMP TABLE work_ledger_seen (taxpayer_id VARCHAR, direction VARCHAR, seen_at TIMESTAMP)")
        join_records(con, settings, as_of, report)
        report("write")
        _write(con, "work_item", out / "recon__item.parquet")
        _write(con, "work_member", out / "recon__member.parquet")
        return _count_written(con, out, notes)
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def _attach(con: Connection, table: Table, path: Path) -> None:
    """The file as a view with every declared column in its declared type; absent optional columns are NULL."""
    if not path.is_file():
        raise BadInputError("An input file does not exist.", where=path, expected=f"Parquet of {table.name}")
    try:
        described = con.execute("SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet($p))", {"p": str(path)})
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise BadInputError("The file is no readable Parquet.", where=path, found=first) from None
    present = {name for (name,) in described.fetchall()}
    _check_columns(table, present, path)
    columns = ", ".join(
        f'CAST("{c.name}" AS {c.type}) AS "{c.name}"' if c.name in present else f'NULL::{c.type} AS "{c.name}"'
        for c in table.columns
    )
    literal = str(path).replace("'", "''")
    con.execute(f"CREATE VIEW \"{table.name}\" AS SELECT {columns} FROM read_parquet('{literal}')")


def _check_columns(table: Table, present: set[str], path: Path) -> None:
    lineage = {column.name for column in LINEAGE}
    missing = [c.name for c in table.columns if c.is_required and c.name not in present and c.name not in lineage]
    if missing:
        raise BadInputError(
            "Columns are missing from an input file.",
            where=path,
            found=", ".join(sorted(present)),
            expected=", ".join(missing),
            next_step=f"give the file the columns of {table.name}",
        )


def _require_money(con: Connection, path: Path) -> None:
    """A line without any money would agree with everything: nothing is there to compare."""
    found = con.execute(
        f"SELECT count(*), min(record_id) FROM {LEDGER_ENTRY.name} WHERE amount_cny IS NULL AND total_cny IS NULL"
    ).fetchone()
    if found and found[0]:
        raise BadInputError(
            "Ledger lines state no money.",
            where=path,
            found=f"{found[0]} lines without amount_cny and total_cny, the first is {found[1]}",
            expected="at least one of amount_cny and total_cny in every line",
        )


def _attach_coverage(con: Connection, coverage: Path | None) -> tuple[str, ...]:
    if coverage is None:
        run_sql(con, "recon/inferred_coverage")
        return (ASSUMED_COVERAGE,)
    _attach(con, COVERAGE, coverage)
    con.execute(f"CREATE TEMP TABLE work_coverage AS SELECT * FROM {COVERAGE.name}")
    return ()


def _write(con: Connection, relation: str, path: Path) -> None:
    temporary = path.with_suffix(".parquet.tmp")
    literal = str(temporary).replace("'", "''")
    with memory_explained(temporary.name):
        con.execute(f"COPY (SELECT * FROM {relation}) TO '{literal}' ({PARQUET})")
    temporary.replace(path)


def _count_written(con: Connection, out: Path, notes: tuple[str, ...]) -> Reconciled:
    for relation in ("recon__item", "recon__member"):
        literal = str(out / f"{relation}.parquet").replace("'", "''")
        con.execute(f"CREATE VIEW {relation} AS SELECT * FROM read_parquet('{literal}')")
    return count_result(con, "recon__item", "recon__member", notes)
