"""Memory follows a setting: little of it gives the same result from disk, too little says which setting to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.demo.generator import generate_books
from pipelines.errors import UsageError
from pipelines.reconcile.parquet import reconcile_parquet
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, memory_explained

TABLES = ("invoice", "entry", "coverage")
INVOICES = 100_000
ENOUGH_MB = 1_500
LITTLE_MB = 200


def reconcile(settings: Settings, books: Path, as_of: datetime, memory_mb: int) -> tuple[Path, int]:
    """Folder of the result, and the most bytes that stood on disk at the start of any step."""
    out = books / str(memory_mb)
    spilled = [0]

    def watch(_step: str) -> None:
        spilled.append(sum(file.stat().st_size for file in (out / ".spill").rglob("*") if file.is_file()))

    limited = settings.model_copy(update={"memory_limit_mb": memory_mb, "threads": 2})
    upstream, ledger, coverage = (books / f"{name}.parquet" for name in TABLES)
    reconcile_parquet(limited, upstream=upstream, ledger=ledger, coverage=coverage, as_of=as_of, out=out, report=watch)
    return out, max(spilled)


def test_little_memory_gives_the_same_result_from_disk(settings: Settings, tmp_path: Path) -> None:
    made = generate_books(17, INVOICES, fault_rate=0.2)
    for name in TABLES:
        pq.write_table(getattr(made, name), tmp_path / f"{name}.parquet")
    wide, on_disk_of_wide = reconcile(settings, tmp_path, made.as_of, ENOUGH_MB)
    narrow, on_disk = reconcile(settings, tmp_path, made.as_of, LITTLE_MB)
    assert on_disk_of_wide == 0
    assert on_disk > 1_000_000
    assert not (narrow / ".spill").exists()
    for name in ("recon__item.parquet", "recon__member.parquet"):
        one, other = f"FROM '{wide / name}'", f"FROM '{narrow / name}'"
        assert duckdb.sql(f"({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})").fetchall() == []


@pytest.fixture
def narrow(settings: Settings) -> Iterator[Connection]:
    con = connect(":memory:", settings)
    con.execute("SET memory_limit = '20MB'")
    yield con
    con.close()


def test_too_little_memory_names_the_settings(narrow: Connection) -> None:
    with pytest.raises(UsageError, match="调大 memory_limit_mb") as told, memory_explained("recon/judged"):
        narrow.execute("SELECT list(range) FROM range(50000000)")
    assert told.value.where == "recon/judged"
    assert "Out of Memory" in str(told.value.found)


def test_too_little_disk_asks_for_space(narrow: Connection) -> None:
    narrow.execute("SET max_temp_directory_size = '1MB'")
    with pytest.raises(UsageError, match="请腾出空间") as told, memory_explained("recon/judged"):
        narrow.execute("CREATE TEMP TABLE aside AS SELECT hash(range), md5(range::VARCHAR) FROM range(5000000)")
    assert "max_temp_directory_size" not in told.value.message
