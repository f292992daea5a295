"""Reconciling two Parquet files without any orchestration: `fapiao reconcile`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.model import CAUSES, COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE, Basis, Direction, Side, Verdict
from pipelines.reconcile.cascade import join_records
from pipelines.reconcile.inputs import attach_input, parquet_source
from pipelines.reconcile.result import Reconciled, count_result
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, memory_explained, run_sql

ASSUMED_COVERAGE = (
    "No coverage was given: every day from the first to the last issue date upstream is taken as fully received. "
    "未提供覆盖情况：假定税务系统最早至最晚开票日之间每天都已完整收到。"
)


FEW_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "recon__item": {
        "direction": list(Direction),
        "verdict": list(Verdict),
        "cause": list(CAUSES),
        "basis": list(Basis),
    },
    "recon__member": {"side": list(Side)},
}
"""Columns that hold words of a closed list. DuckDB writes them as fast as numbers once it knows the list; in the file
they are text like any other."""

PARQUET = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE {rows}"
"""A column of more than 1,000 texts in a row group is one of ids or sentences: no use in looking for repeated ones."""

ROWS_PER_GROUP = 122_880
"""What DuckDB writes itself."""

VECTOR = 2_048
"""Groups of rows are whole vectors of DuckDB."""

BYTES_PER_ROW = 4_000
"""What an item may take while its group of rows is put together."""

BYTES_BESIDE = 140_000_000
"""What the joins behind the rows hold meanwhile."""


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
    """Write `recon__item.parquet` and `recon__member.parquet` into `out`; counts come back. An error leaves what was
    there before.

    The inputs have the shape of the core tables; lineage columns may be absent, optional columns too. Without
    `coverage` the days between the first and the last issue date upstream count as received (a note says so).
    Raises BadInputError that names the file and the column, UsageError if `out` is no folder.
    """
    spill = _make_folder(out) / ".spill"
    con = connect(":memory:", settings, spill_dir=spill)
    try:
        report("input")
        run_sql(con, "recon/input")
        attach_input(con, UPSTREAM_INVOICE, upstream)
        attach_input(con, LEDGER_ENTRY, ledger)
        notes = _attach_coverage(con, coverage)
        con.execute("CREATE TEMP TABLE work_ledger_seen (taxpayer_id VARCHAR, direction VARCHAR, seen_at TIMESTAMP)")
        join_records(con, settings, as_of, report)
        run_sql(con, "recon/let_go")
        report("write")
        form = PARQUET.format(rows=_rows_per_group(settings))
        _write(con, "work_item", spill / "recon__item.parquet", form, FEW_WORDS["recon__item"])
        _write(con, "work_member", spill / "recon__member.parquet", form, FEW_WORDS["recon__member"])
        counted = _count_written(con, spill, notes)
        for name in FEW_WORDS:
            (spill / f"{name}.parquet").replace(out / f"{name}.parquet")
        return counted
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def _make_folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise UsageError(
            "结果目录不能使用 | The folder for the result cannot be used.",
            where=f"--out {out}",
            found=error.strerror,
            expected="a folder that can be written, or one that can be made",
        ) from error
    return out


def _attach_coverage(con: Connection, coverage: Path | None) -> tuple[str, ...]:
    if coverage is None:
        run_sql(con, "recon/inferred_coverage")
        return (ASSUMED_COVERAGE,)
    attach_input(con, COVERAGE, coverage)
    con.execute(f"CREATE TEMP TABLE work_coverage AS SELECT * FROM {COVERAGE.name}")
    return ()


def _rows_per_group(settings: Settings) -> int:
    """Each thread puts a group of rows together in memory: where there is little, the groups are smaller."""
    fitting = (settings.memory_limit_mb * 1_000_000 - BYTES_BESIDE) // (settings.threads * BYTES_PER_ROW)
    return min(ROWS_PER_GROUP, max(fitting - fitting % VECTOR, VECTOR))


def _write(con: Connection, relation: str, path: Path, form: str, few_words: Mapping[str, Sequence[str]]) -> None:
    literal = str(path).replace("'", "''")
    lists = {column: ", ".join(f"'{word}'" for word in words) for column, words in few_words.items()}
    known = ", ".join(f"CAST({column} AS ENUM({words})) AS {column}" for column, words in lists.items())
    with memory_explained(path.name):
        con.execute(f"COPY (SELECT * REPLACE ({known}) FROM {relation}) TO '{literal}' ({form})")


def _count_written(con: Connection, folder: Path, notes: tuple[str, ...]) -> Reconciled:
    for relation in ("recon__item", "recon__member"):
        con.execute(f"CREATE VIEW {relation} AS SELECT * FROM {parquet_source(folder / f'{relation}.parquet')}")
    return count_result(con, "recon__item", "recon__member", notes)
