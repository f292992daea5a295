"""The restore drill: what it proves, what it notes, what it leaves behind."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta

import pytest

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots.drill import age_of_last_good, choose_snapshot, list_drills, run_drill
from pipelines.snapshots.read import open_snapshot

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


def test_a_drill_restores_compares_notes_and_cleans_up(kept: Settings) -> None:
    before = kept.warehouse_path.read_bytes()
    drill = run_drill(kept)
    assert (drill.snapshot_id, drill.is_good, drill.exit_code) == (ONE, True, 0)
    assert drill.rows == sum(table["rows"] for table in open_snapshot(kept, ONE).document["tables"].values())
    assert list_drills(kept) == [drill]
    assert not list((kept.data_root / "drills").glob("restored-*"))
    assert kept.warehouse_path.read_bytes() == before


def test_a_drill_with_a_damaged_snapshot_fails_and_says_why(kept: Settings) -> None:
    entry = open_snapshot(kept, ONE).files_of("core_ledger__entry")[-1]
    (kept.snapshot_dir / entry["path"]).unlink()
    drill = run_drill(kept)
    assert (drill.is_good, drill.exit_code) == (False, 5)
    assert entry["path"] in str(drill.problem)
    assert age_of_last_good(kept) is None
    assert run_drill(kept, TWO).is_good


def test_the_age_is_that_of_the_last_good_drill(kept: Settings) -> None:
    good = run_drill(kept)
    now = datetime.fromisoformat(good.ended_at) + timedelta(days=40)
    assert age_of_last_good(kept, now) == timedelta(days=40)


def test_an_earlier_snapshot_is_drilled_and_the_newest_only_if_it_is_the_only_one(kept: Settings) -> None:
    assert {choose_snapshot(kept) for _ in range(5)} == {ONE}
    (kept.snapshot_dir / "manifests" / f"{TWO}.json").unlink()
    assert choose_snapshot(kept) == ONE


def test_without_snapshots_there_is_nothing_to_drill(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        run_drill(settings)
    assert age_of_last_good(settings) is None


def test_what_a_killed_drill_left_is_removed_a_day_later(kept: Settings) -> None:
    old, young = (kept.data_root / "drills" / f"restored-{name}" for name in ("old", "young"))
    for path in (old, young):
        path.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    run_drill(kept)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_note_that_cannot_be_read_is_not_taken_for_a_drill(kept: Settings) -> None:
    run_drill(kept)
    (kept.data_root / "drills" / "20260101T000000.x.json").write_text("{}")
    with pytest.raises(IntegrityError, match="note of a drill"):
        list_drills(kept)
