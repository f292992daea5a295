"""Comparing two snapshots: what appeared, vanished, changed, and by how much."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots.compare import TableDifference, diff_snapshots
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_invoice, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_invoice(con, 8, "9.00", "2026-10-09 10:00:00")
        add_entry(con, 9, None, "7.00", "2026-11-12")
        con.execute("DELETE FROM core_upstream__invoice WHERE record_id = 'u6'")
        con.execute("UPDATE core_upstream__invoice SET total_cny = 1130.00, status = 'void' WHERE record_id = 'u2'")
        con.execute("UPDATE core_upstream__invoice SET observed_at = '2026-11-24 09:00:00' WHERE record_id = 'u1'")
        con.execute("UPDATE core_upstream__invoice SET issued_at = '2026-11-03 10:00:00' WHERE record_id = 'u4'")
        con.execute("UPDATE recon__item SET verdict = 'matched', cause = 'exact' WHERE item_id = 'item3'")
    keep_night(settings, SECOND)
    return settings


def table_of(settings: Settings, old: str, new: str, name: str, limit: int = 20) -> TableDifference:
    (found,) = [table for table in diff_snapshots(settings, old, new, limit).tables if table.table == name]
    return found


def test_invoices_that_appeared_vanished_and_changed_are_told_apart(kept: Settings) -> None:
    found = table_of(kept, ONE, TWO, "core_upstream__invoice")
    assert (found.appeared, found.vanished, found.changed) == (1, 1, 2)
    assert found.difference_cny == Decimal("9.00") - Decimal("80.00") + Decimal("27.00")
    by_id = {change.record_id: change for change in found.changes}
    assert (by_id["u2"].old_cny, by_id["u2"].new_cny) == (Decimal("1103.00"), Decimal("1130.00"))
    assert by_id["u2"].columns == ("total_cny", "status")
    assert by_id["u4"].columns == ("issued_at",)
    assert (by_id["u8"].change, by_id["u6"].change) == ("appeared", "vanished")


def test_a_state_read_again_is_no_change(kept: Settings) -> None:
    found = table_of(kept, ONE, TWO, "core_upstream__invoice")
    assert "u1" not in {change.record_id for change in found.changes}


def test_the_other_way_round_gives_the_opposite(kept: Settings) -> None:
    there, back = (table_of(kept, *pair, "core_upstream__invoice") for pair in ((ONE, TWO), (TWO, ONE)))
    assert (back.appeared, back.vanished, back.changed) == (there.vanished, there.appeared, there.changed)
    assert back.difference_cny == -there.difference_cny


def test_items_show_the_verdict_before_and_after(kept: Settings) -> None:
    (change,) = table_of(kept, ONE, TWO, "recon__item").changes
    assert (change.old, change.new) == ("missing_upstream/not_found", "matched/exact")


def test_a_snapshot_does_not_differ_from_itself(kept: Settings) -> None:
    found = diff_snapshots(kept, "latest", TWO)
    assert found.is_same
    assert (found.old, found.new) == (TWO, TWO)


def test_only_as_many_changes_are_listed_as_asked_for_and_all_are_counted(kept: Settings) -> None:
    found = table_of(kept, ONE, TWO, "core_upstream__invoice", limit=1)
    assert [change.record_id for change in found.changes] == ["u6"]
    assert found.changed == 2


def test_an_unknown_snapshot_is_a_usage_error_and_a_damaged_one_is_not_compared(kept: Settings) -> None:
    with pytest.raises(UsageError):
        diff_snapshots(kept, ONE, "yesterday")
    path: Path = kept.snapshot_dir / open_snapshot(kept, TWO).files_of("core_ledger__entry")[-1]["path"]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    try:
        with pytest.raises(IntegrityError, match="damaged"):
            diff_snapshots(kept, ONE, TWO)
    finally:
        path.write_bytes(whole)
