"""What a night costs: nothing but its manifest when nothing happened, the files of one period when that changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.audit import audit_night
from pipelines import night_log
from pipelines.alerts.send import alert_night
from pipelines.model import TABLES
from pipelines.night import Night
from pipelines.pull.stage import pull_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Taxpayer
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.write import keep_night
from pipelines.sources.intake import take_in
from pipelines.warehouse import connect
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import LEDGER_HEADER, PERIOD_NAME, full_query, invoice, text_lines, total
from tests.unit.test_intake import deliver, with_sources

START = datetime(2026, 9, 1, 2)
LINES = (
    "2026-08-20,记-1,26112000000000012345,上海甲公司,1000.00,130.00,1130.00,货",
    "2026-07-20,记-2,26112000000000012399,上海甲公司,1000.00,130.00,1130.00,货",
)
Rows = list[tuple[Any, ...]]


def run_night(settings: Settings, day: int) -> Night:
    """All stages that write the working database, in the order of the nightly flow."""
    night = Night(START + timedelta(days=day))
    night_log.open_night(settings, night)
    pull_night(settings, night)
    take_in(settings, night)
    reconcile_night(settings, night)
    audit_night(settings, night)
    keep_night(settings, night)
    alert_night(settings, night)
    night_log.close_night(settings, night)
    return night


def list_store(settings: Settings) -> set[str]:
    root = settings.snapshot_dir
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def manifest_of(night: Night) -> str:
    return f"manifests/{night.night_id}-01.json"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[set[str]], list[Night]]:
    """Real stages: a night with files, two without news, one with a changed ledger; the store after each."""
    ours = [Taxpayer(id=OUR_TAX_ID, name="北京示例贸易有限公司")]
    root = tmp_path_factory.mktemp("quiet") / "data"
    settings = with_sources(Settings(data_root=root, taxpayers=ours, threads=2, settle_seconds=0))
    deliver(settings, "tax", PERIOD_NAME, full_query(invoice(), total()), START - timedelta(hours=1))
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, *LINES), START - timedelta(hours=1))
    stores, nights = [], []
    for day in range(4):
        if day == 3:
            added = "2026-07-21,记-3,26112000000000012400,上海甲公司,200.00,26.00,226.00,货"
            moment = START + timedelta(days=day, hours=-1)
            deliver(settings, "book", "账二.csv", text_lines(LEDGER_HEADER, added), moment)
        nights.append(run_night(settings, day))
        stores.append(list_store(settings))
    return settings, stores, nights


def test_a_second_night_on_the_same_files_adds_one_manifest_and_nothing_else(
    ran: tuple[Settings, list[set[str]], list[Night]],
) -> None:
    _, stores, nights = ran
    for day in (1, 2):
        assert stores[day] - stores[day - 1] == {manifest_of(nights[day])}
        assert stores[day] > stores[day - 1]


def test_a_night_that_changed_one_period_adds_the_files_of_that_period_and_of_what_was_received(
    ran: tuple[Settings, list[set[str]], list[Night]],
) -> None:
    _, stores, nights = ran
    added = {path.rpartition("/")[0] for path in stores[3] - stores[2]}
    assert added == {
        "manifests",
        "landing",
        "tables/core_ledger__entry/period=2026-07",
        "tables/core_ledger__sighting/period=2026-07",
        "tables/recon__item/period=2026-07",
        "tables/recon__member/period=2026-07",
        # The rows of the new file as received, under the day on which it came.
        f"tables/raw_ledger__row/period={nights[3].as_of:%Y-%m-%d}",
        f"tables/raw_ignored/period={nights[3].as_of:%Y-%m-%d}",
        f"tables/night__finding/period={nights[3].as_of:%Y-%m-%d}",
    }


def rows_of(settings: Settings, table: str) -> Rows:
    con = connect(settings.warehouse_path, settings, read_only=True)
    try:
        return sorted(con.execute(f"FROM {table}").fetchall(), key=repr)
    finally:
        con.close()


def test_what_travels_in_the_manifest_comes_back_to_the_row(
    ran: tuple[Settings, list[set[str]], list[Night]], tmp_path: Path
) -> None:
    settings, _, nights = ran
    restored = restore_snapshot(settings, "latest", tmp_path / "new", with_row_hash=True)
    new = settings.model_copy(update={"data_root": restored.data_root})
    late = {"night__run", "alert__message", "alert__case"}
    for table in (table.name for table in TABLES if table.name not in late):
        assert rows_of(new, table) == rows_of(settings, table), table
    for table in ("night__run", "alert__message"):
        before = [row for row in rows_of(settings, table) if row[0] < nights[3].night_id]
        assert before
        assert [row for row in rows_of(new, table) if row[0] < nights[3].night_id] == before, table
    assert {row[2] for row in rows_of(new, "alert__case")} == {nights[2].night_id}
    assert {row[3] for row in rows_of(new, "night__finding")} == {nights[3].night_id}
