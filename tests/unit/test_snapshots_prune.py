"""Pruning: what a policy keeps, what always stays, and that the chain still proves what is left."""

from __future__ import annotations

import json
import shutil
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import IntegrityError, UsageError
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store, write
from pipelines.snapshots.held import hold_path, list_holds
from pipelines.snapshots.holds import hold_snapshot, release_snapshot
from pipelines.snapshots.lock import hold_copying, hold_store
from pipelines.snapshots.policy import Policy, choose_kept
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.read import list_snapshots, read_table, verify_snapshots
from pipelines.snapshots.write import choose_snapshot_id, keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, add_entry, add_night, build_warehouse

NIGHTS = [Night(FIRST.as_of + timedelta(days=day)) for day in range(5)]
IDS = [f"{night.night_id}-01" for night in NIGHTS]


@pytest.fixture(scope="module")
def five_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each night adds a ledger line of November, so no two share that file."""
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    for number, night in enumerate(NIGHTS[1:], start=10):
        with open_warehouse(settings) as con:
            add_night(con, night)
            add_entry(con, number, None, f"{number}.00", "2026-11-12")
        keep_night(settings, night)
    return settings.data_root


@pytest.fixture
def kept(five_nights: Path, tmp_path: Path) -> Settings:
    shutil.copytree(five_nights, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def ids_of(settings: Settings) -> list[str]:
    return manifests.list_manifest_ids(settings)


def bytes_of(settings: Settings) -> int:
    return sum(path.stat().st_size for path in (settings.snapshot_dir / "tables").rglob("*.parquet"))


def moments(*days: str) -> dict[str, datetime]:
    return {day: datetime.fromisoformat(day) for day in days}


def test_the_last_snapshot_of_each_period_is_kept_newest_periods_first() -> None:
    known = moments("2025-12-30", "2026-01-31", "2026-02-01", "2026-02-27", "2026-02-28T01:00", "2026-02-28T02:00")
    assert choose_kept(known, Policy(daily=2)) == {"2026-02-28T02:00": ["daily"], "2026-02-27": ["daily"]}
    assert list(choose_kept(known, Policy(monthly=2))) == ["2026-02-28T02:00", "2026-01-31"]
    assert list(choose_kept(known, Policy(yearly=9))) == ["2026-02-28T02:00", "2025-12-30"]


def test_weeks_are_iso_weeks_also_over_new_year() -> None:
    known = moments("2026-12-31", "2027-01-01", "2027-01-03", "2027-01-04")
    assert list(choose_kept(known, Policy(weekly=9))) == ["2027-01-04", "2027-01-03"]


def test_days_without_a_snapshot_do_not_use_up_the_policy() -> None:
    assert len(choose_kept(moments("2026-01-01", "2026-05-01", "2026-11-01"), Policy(daily=3))) == 3


def test_a_snapshot_that_several_rules_keep_names_them_all() -> None:
    assert choose_kept(moments("2026-01-01"), Policy(1, 1, 1, 1)) == {
        "2026-01-01": ["daily", "weekly", "monthly", "yearly"]
    }


def test_pruning_frees_what_nobody_needs_and_the_rest_still_verifies(kept: Settings) -> None:
    before = bytes_of(kept)
    pruned = prune_snapshots(kept, Policy(daily=2))
    assert (pruned.removed, ids_of(kept)) == (tuple(IDS[:3]), IDS[3:])
    assert 0 < pruned.bytes_freed <= before
    assert before - bytes_of(kept) == pruned.bytes_freed
    result = verify_snapshots(kept)
    assert (result.is_sound, result.pruned, result.notes) == (True, 3, ())
    assert read_table(kept, IDS[3], "core_ledger__entry").num_rows == 8


def test_a_dry_run_says_the_same_and_changes_nothing(kept: Settings) -> None:
    files = set(kept.snapshot_dir.rglob("*"))
    plan = prune_snapshots(kept, Policy(daily=2), dry_run=True)
    assert set(kept.snapshot_dir.rglob("*")) == files
    done = prune_snapshots(kept, Policy(daily=2))
    assert (plan.is_dry_run, plan.kept, plan.removed, plan.files, plan.bytes_freed) == (
        True,
        done.kept,
        done.removed,
        done.files,
        done.bytes_freed,
    )


@pytest.mark.parametrize("policy", [Policy(), Policy(daily=-1), Policy(daily=3, monthly=-1)])
def test_an_empty_or_negative_policy_is_refused(kept: Settings, policy: Policy) -> None:
    with pytest.raises(UsageError, match="nothing was pruned"):
        prune_snapshots(kept, policy)
    assert ids_of(kept) == IDS


def test_the_newest_snapshot_always_stays(kept: Settings) -> None:
    assert prune_snapshots(kept, Policy(yearly=1)).kept == ((IDS[4], "yearly, latest"),)
    assert prune_snapshots(kept, Policy(yearly=1)).removed == ()
    assert verify_snapshots(kept).is_sound


def test_a_held_snapshot_stays_until_it_is_released(kept: Settings) -> None:
    hold_snapshot(kept, IDS[1], "tax audit 2026")
    assert list_holds(kept) == {IDS[1]: "tax audit 2026"}
    assert [info.hold for info in list_snapshots(kept)] == [None, "tax audit 2026", None, None, None]
    prune_snapshots(kept, Policy(daily=1))
    assert ids_of(kept) == [IDS[1], IDS[4]]
    assert verify_snapshots(kept).is_sound
    release_snapshot(kept, IDS[1])
    prune_snapshots(kept, Policy(daily=1))
    assert ids_of(kept) == [IDS[4]]


def test_a_hold_needs_a_reason_and_a_snapshot(kept: Settings) -> None:
    with pytest.raises(UsageError, match="reason"):
        hold_snapshot(kept, IDS[1], "  ")
    with pytest.raises(UsageError, match="No such snapshot"):
        hold_snapshot(kept, "20200101T000000-01", "why")
    beside = kept.data_root / "beside.json"
    beside.write_text("{}")
    for name in (IDS[1], "../../beside", str(beside.with_suffix(""))):
        with pytest.raises(UsageError, match="not held"):
            release_snapshot(kept, name)
    assert beside.is_file()


def test_a_hold_that_cannot_be_read_stops_pruning(kept: Settings) -> None:
    hold_snapshot(kept, IDS[1], "tax audit")
    hold_path(kept, IDS[1]).write_text("{")
    with pytest.raises(IntegrityError, match="hold"):
        prune_snapshots(kept, Policy(daily=1))
    assert ids_of(kept) == IDS


def test_a_store_with_a_damaged_manifest_is_not_pruned(kept: Settings) -> None:
    path = manifests.manifest_path(kept, IDS[2])
    path.write_text(path.read_text(encoding="utf-8").replace('"rules": 2', '"rules": 3'), encoding="utf-8")
    files = set(kept.snapshot_dir.rglob("*"))
    with pytest.raises(IntegrityError, match="nothing was pruned") as caught:
        prune_snapshots(kept, Policy(daily=1))
    assert caught.value.where == f"manifests/{IDS[2]}.json"
    assert set(kept.snapshot_dir.rglob("*")) - files == {kept.snapshot_dir / "COPYING"}
    assert files <= set(kept.snapshot_dir.rglob("*"))


def test_an_empty_store_cannot_be_pruned(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        prune_snapshots(settings, Policy(daily=1))


def test_a_full_disk_while_pruning_loses_nothing_and_the_next_prune_ends_it(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = store.sync_file, iter(range(100))

    def full(path: Path) -> None:
        if next(calls) >= 2:
            raise OSError(28, "No space left on device")
        original(path)

    with monkeypatch.context() as patch:
        patch.setattr(store, "sync_file", full)
        with pytest.raises(OSError, match="No space"):
            prune_snapshots(kept, Policy(daily=1))
    assert ids_of(kept) == IDS
    unfinished = verify_snapshots(kept)
    assert unfinished.is_sound
    assert any("being pruned" in note for note in unfinished.notes)
    assert prune_snapshots(kept, Policy(daily=1)).removed == tuple(IDS[:4])
    assert verify_snapshots(kept).notes == ()


def test_a_foreign_file_is_not_ours_to_remove(kept: Settings) -> None:
    foreign = kept.snapshot_dir / "tables" / "note.txt"
    foreign.write_text("hello")
    prune_snapshots(kept, Policy(daily=1))
    assert foreign.read_text() == "hello"


def test_the_next_night_follows_a_pruned_store(kept: Settings) -> None:
    prune_snapshots(kept, Policy(daily=1))
    night = Night(NIGHTS[-1].as_of + timedelta(days=1))
    with open_warehouse(kept) as con:
        add_night(con, night)
    keep_night(kept, night)
    assert [info.snapshot_id for info in list_snapshots(kept)] == [IDS[4], f"{night.night_id}-01"]
    assert verify_snapshots(kept).is_sound


def test_a_record_taken_away_or_altered_breaks_the_chain(kept: Settings) -> None:
    prune_snapshots(kept, Policy(daily=2))
    record = kept.snapshot_dir / "pruned" / f"{IDS[2]}.json"
    whole = record.read_bytes()
    record.unlink()
    assert verify_snapshots(kept).exit_code == 5
    document = json.loads(whole) | {"manifest_sha256": "0" * 64}
    record.write_bytes(manifests.write_canonical(document))
    assert [damage.path for damage in verify_snapshots(kept).damages] == [f"pruned/{IDS[2]}.json"]
    record.write_bytes(whole)
    assert verify_snapshots(kept).is_sound


def test_a_snapshot_removed_by_hand_has_no_record_and_is_damage(kept: Settings) -> None:
    prune_snapshots(kept, Policy(daily=3))
    manifests.manifest_path(kept, IDS[3]).unlink()
    assert verify_snapshots(kept).exit_code == 5


def test_a_pruned_name_is_not_used_again(kept: Settings) -> None:
    prune_snapshots(kept, Policy(daily=1))
    assert choose_snapshot_id(kept, NIGHTS[4]) == f"{NIGHTS[4].night_id}-02"


def test_a_night_judged_again_after_later_ones_is_written_after_them(kept: Settings) -> None:
    with open_warehouse(kept) as con:
        add_entry(con, 30, None, "1.00", "2026-11-12")
    again = keep_night(kept, NIGHTS[1])
    assert again.snapshot_id == f"{NIGHTS[4].night_id}-02"
    assert manifests.read_manifest(kept, again.snapshot_id).night_id == NIGHTS[1].night_id
    assert verify_snapshots(kept).is_sound
    last = Night(NIGHTS[-1].as_of + timedelta(days=1))
    with open_warehouse(kept) as con:
        add_night(con, last)
    keep_night(kept, last)
    assert verify_snapshots(kept).is_sound


def test_two_writers_at_once_are_refused_and_the_first_is_named(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "PATIENCE_SECONDS", 0)
    with hold_store(kept, "repair"):
        for attempt in (lambda: prune_snapshots(kept, Policy(daily=1)), lambda: keep_night(kept, NIGHTS[4])):
            with pytest.raises(IntegrityError, match="Another process") as caught:
                attempt()
            assert '"what": "repair"' in str(caught.value.found)
    assert prune_snapshots(kept, Policy(daily=1)).removed == tuple(IDS[:4])


def test_a_night_waits_for_a_short_work_on_the_store_instead_of_failing(kept: Settings) -> None:
    began = threading.Event()

    def hold_for_a_while() -> None:
        with hold_store(kept, "prune"):
            began.set()
            time.sleep(0.5)

    other = threading.Thread(target=hold_for_a_while)
    other.start()
    began.wait()
    assert keep_night(kept, NIGHTS[4]).snapshot_id == IDS[4]
    other.join()


def test_a_night_is_kept_while_a_push_runs_and_nothing_is_pruned(kept: Settings) -> None:
    with hold_copying(kept, "push"):
        with pytest.raises(IntegrityError, match="Another process") as caught:
            prune_snapshots(kept, Policy(daily=1))
        assert '"what": "push"' in str(caught.value.found)
        assert keep_night(kept, NIGHTS[4]).snapshot_id == IDS[4]
    assert verify_snapshots(kept).is_sound


def test_a_lock_file_that_a_dead_process_left_does_not_block(kept: Settings) -> None:
    (kept.snapshot_dir / "LOCK").write_text('{"what": "prune", "process": 1}')
    assert prune_snapshots(kept, Policy(daily=4)).removed == (IDS[0],)
    assert verify_snapshots(kept).notes == ()
