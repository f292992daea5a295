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
from pipelines.warehouse import Connection, connect, memory_explained, open_warehouse, run_sql

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


SIGHTINGS = """
INSERT INTO core_upstream__sighting BY NAME
SELECT
    'invoice ' || i AS record_id, '91110105MA01A1B2XG' AS taxpayer_id, 'input' AS direction,
    lpad(i::VARCHAR, 20, '26112') AS invoice_number, TIMESTAMP '2026-08-01' AS issued_at,
    'S' AS seller_tax_id, md5(i::VARCHAR) AS seller_name, 'B' AS buyer_tax_id, md5('b' || i) AS buyer_name,
    1.00 AS amount_cny, 0.13 AS tax_cny, 1.13 AS total_cny, if(state = 2, 'void', 'normal') AS status,
    FALSE AS is_red, CASE WHEN state = 1 THEN 'remark ' || i END AS remark,
    TIMESTAMP '2026-11-01' + to_days(state::INTEGER) AS observed_at, 'tax' AS source_id,
    'file ' || state AS source_file,
    i AS source_row, TIMESTAMP '2026-11-05' AS received_at
FROM range($invoices) invoice(i), range(1, $states + 1) seen(state)
"""


@pytest.mark.parametrize("states", [1, 2])
def test_a_first_night_of_many_invoices_takes_little_memory(settings: Settings, states: int) -> None:
    with open_warehouse(settings.model_copy(update={"memory_limit_mb": 100, "threads": 2})) as con:
        con.execute(SIGHTINGS, {"invoices": 200_000, "states": states})
        con.execute("INSERT INTO core_change SELECT DISTINCT 'upstream', record_id FROM core_upstream__sighting")
        con.execute("CHECKPOINT")
        run_sql(con, "core/core_upstream__invoice", {"as_of": datetime(2026, 11, 24)})
        found = con.execute(
            "SELECT count(*), count(DISTINCT record_id), any_value(status), any_value(source_file), "
            "count_if(remark = 'remark ' || right(record_id, -8)) FROM core_upstream__invoice"
        ).fetchall()
    # The second state has no remark: that of the first stands.
    assert found == [(200_000, 200_000, "void" if states == 2 else "normal", f"file {states}", 200_000)]


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
