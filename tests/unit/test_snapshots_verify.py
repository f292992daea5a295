"""Verify: what it finds, which snapshots it blames, and what it does not claim."""

from __future__ import annotations

import json
import random
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots.chain import read_chain
from pipelines.snapshots.read import list_snapshots, open_snapshot, read_table, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, THIRD, add_entry, add_night, build_warehouse

ONE, TWO, THREE = "20261124T020000-01", "20261125T020000-01", "20261126T020000-01"


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nights; a ledger line is added on the third, so its November file differs from the second's."""
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
    keep_night(settings, SECOND)
    with open_warehouse(settings) as con:
        add_night(con, THIRD)
        add_entry(con, 9, None, "7.00", "2026-11-12")
    keep_night(settings, THIRD)
    return settings.data_root


@pytest.fixture
def store(three_nights: Path, tmp_path: Path) -> Settings:
    """A copy of the three nights to damage."""
    shutil.copytree(three_nights, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def file_of(settings: Settings, snapshot_id: str, table: str, period: str) -> Path:
    (entry,) = [e for e in open_snapshot(settings, snapshot_id).files_of(table) if e["period"] == period]
    return settings.snapshot_dir / entry["path"]


def test_an_undisturbed_store_is_sound_to_the_last_byte(store: Settings) -> None:
    result = verify_snapshots(store)
    assert (result.is_sound, result.exit_code, result.notes) == (True, 0, ())
    assert result.snapshots == (ONE, TWO, THREE)
    on_disk = [path for path in store.snapshot_dir.rglob("*") if path.is_file() and path.parent.name != "manifests"]
    assert result.bytes_read == sum(path.stat().st_size for path in on_disk if path.name != "LATEST")


def test_an_empty_store_is_not_called_fine(settings: Settings) -> None:
    result = verify_snapshots(settings)
    assert (result.is_sound, result.exit_code) == (False, 3)
    assert "There is no snapshot" in result.notes[0]


@pytest.mark.parametrize("seed", range(100))
def test_one_flipped_bit_anywhere_is_found(seed: int, three_nights: Path) -> None:
    settings = Settings(data_root=three_nights, threads=2)
    chance = random.Random(seed)  # noqa: S311 - places to damage, no secret
    files = sorted(path for path in settings.snapshot_dir.rglob("*") if path.is_file() and path.name != "LOCK")
    path = (
        chance.choices(files, weights=[path.stat().st_size for path in files])[0] if seed % 2 else chance.choice(files)
    )
    whole = path.read_bytes()
    place, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    try:
        result = verify_snapshots(settings)
    finally:
        path.write_bytes(whole)
    name = str(path.relative_to(settings.snapshot_dir))
    assert result.exit_code == 5
    assert name in {damage.path for damage in result.damages}


def test_a_flipped_bit_of_a_manifest_is_damage_and_never_a_crash(store: Settings) -> None:
    path = store.snapshot_dir / "manifests" / f"{TWO}.json"
    whole = path.read_bytes()
    chance = random.Random(1)  # noqa: S311 - places to damage, no secret
    for _ in range(300):
        place, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        assert f"manifests/{TWO}.json" in {damage.path for damage in read_chain(store).damages}


def test_a_flipped_bit_in_a_column_name_is_damage_and_never_a_crash(store: Settings) -> None:
    path = store.snapshot_dir / open_snapshot(store, "latest").files_of("core_ledger__entry")[0]["path"]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"amount_cny", b"\xf0mount_cny"))
    found = verify_snapshots(store)
    assert [damage.path for damage in found.damages] == [str(path.relative_to(store.snapshot_dir))]
    with pytest.raises(IntegrityError, match="damaged"):
        read_table(store, "latest", "core_ledger__entry")


def test_a_damaged_file_is_blamed_on_every_snapshot_that_needs_it(store: Settings) -> None:
    shared = file_of(store, ONE, "core_ledger__entry", "2026-11")
    shared.write_bytes(shared.read_bytes()[:-1] + b"?")
    (damage,) = verify_snapshots(store).damages
    assert damage.path == str(shared.relative_to(store.snapshot_dir))
    assert damage.snapshots == (ONE, TWO)


def test_two_swapped_files_are_both_found(store: Settings) -> None:
    old, new = (file_of(store, which, "core_ledger__entry", "2026-11") for which in (ONE, THREE))
    held = old.read_bytes()
    old.write_bytes(new.read_bytes())
    new.write_bytes(held)
    result = verify_snapshots(store)
    assert {damage.path for damage in result.damages} == {str(p.relative_to(store.snapshot_dir)) for p in (old, new)}
    assert result.damaged_snapshots == (ONE, TWO, THREE)


@pytest.mark.parametrize("quick", [True, False])
def test_missing_and_cut_files_are_found_even_by_the_quick_check(store: Settings, quick: bool) -> None:
    gone = file_of(store, THREE, "recon__item", "2026-10")
    cut = file_of(store, THREE, "recon__member", "2026-10")
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-4])
    problems = {damage.path.split("/")[1]: damage.problem for damage in verify_snapshots(store, quick=quick).damages}
    assert problems["recon__item"] == "missing"
    assert "bytes, expected" in problems["recon__member"]


def test_the_quick_check_says_that_it_read_no_content(store: Settings) -> None:
    path = file_of(store, ONE, "recon__item", "2026-10")
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    quick = verify_snapshots(store, quick=True)
    assert (quick.is_sound, quick.bytes_read) == (True, 0)
    assert any("does not prove" in note for note in quick.notes)
    assert not verify_snapshots(store).is_sound


def test_a_snapshot_removed_from_the_middle_is_noticed(store: Settings) -> None:
    (store.snapshot_dir / "manifests" / f"{TWO}.json").unlink()
    (damage,) = verify_snapshots(store).damages
    assert damage.path == f"manifests/{TWO}.json"
    assert damage.snapshots == (THREE,)


def test_a_manifest_rewritten_in_the_middle_is_noticed_by_its_child(store: Settings) -> None:
    path = store.snapshot_dir / "manifests" / f"{TWO}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["audit"]["stopped"] = 7
    path.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n", encoding="utf-8")
    (damage,) = verify_snapshots(store).damages
    assert damage.path == f"manifests/{TWO}.json"
    assert f"{THREE} says" in damage.problem


def test_the_newest_snapshot_removed_is_noticed_by_the_pointer(store: Settings) -> None:
    (store.snapshot_dir / "manifests" / f"{THREE}.json").unlink()
    assert [damage.path for damage in verify_snapshots(store).damages] == [f"manifests/{THREE}.json"]


def test_a_pointer_turned_back_by_two_nights_is_damage(store: Settings) -> None:
    first = open_snapshot(store, ONE)
    pointer = store.snapshot_dir / "LATEST"
    document = json.loads(pointer.read_text()) | {"snapshot_id": ONE, "manifest_sha256": first.sha256}
    pointer.write_text(json.dumps(document, sort_keys=True, indent=2) + "\n")
    (damage,) = verify_snapshots(store).damages
    assert damage.path == "LATEST"
    assert damage.problem.startswith("stale")
    with pytest.raises(IntegrityError, match="turned back"):
        keep_night(store, THIRD)


def test_a_pointer_with_another_name_and_the_right_hash_is_damaged_itself(store: Settings) -> None:
    pointer = store.snapshot_dir / "LATEST"
    pointer.write_text(pointer.read_text().replace(THREE, "20261126T020000-03"))
    (damage,) = verify_snapshots(store).damages
    assert (damage.path, damage.snapshots) == ("LATEST", (THREE,))


def test_a_lost_pointer_is_damage_and_stops_the_next_night(store: Settings) -> None:
    (store.snapshot_dir / "LATEST").unlink()
    assert [damage.path for damage in verify_snapshots(store).damages] == ["LATEST"]
    with pytest.raises(IntegrityError, match="pointer"):
        keep_night(store, THIRD)


def test_data_without_any_manifest_is_damage(store: Settings) -> None:
    for path in [*(store.snapshot_dir / "manifests").iterdir(), store.snapshot_dir / "LATEST"]:
        path.unlink()
    result = verify_snapshots(store)
    assert result.exit_code == 5
    assert "no manifest" in result.damages[0].problem


def test_a_foreign_file_is_reported_and_is_no_damage(store: Settings) -> None:
    (store.snapshot_dir / "tables" / "note.txt").write_text("hello")
    result = verify_snapshots(store)
    assert result.is_sound
    assert any("tables/note.txt" in note for note in result.notes)


def test_a_half_written_manifest_is_damage_with_its_own_snapshot(store: Settings) -> None:
    path = store.snapshot_dir / "manifests" / f"{TWO}.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = verify_snapshots(store)
    assert (result.exit_code, result.damages[0].path) == (5, f"manifests/{TWO}.json")
    assert TWO in result.damaged_snapshots


def test_snapshots_that_change_their_names_are_found(store: Settings) -> None:
    one, two = (store.snapshot_dir / "manifests" / f"{found}.json" for found in (ONE, TWO))
    held = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(held)
    assert {damage.path for damage in verify_snapshots(store).damages} >= {
        f"manifests/{ONE}.json",
        f"manifests/{TWO}.json",
    }


def test_a_snapshot_written_in_the_future_is_noted_and_is_no_damage(
    store: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.snapshots.chain.beijing_now", lambda: datetime(2020, 1, 1))
    result = verify_snapshots(store)
    assert result.is_sound
    assert sum("written in the future" in note for note in result.notes) == 3


def test_checking_changes_nothing_in_the_store(store: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.snapshot_dir.rglob("*")}
    verify_snapshots(store)
    list_snapshots(store)
    read_table(store, "latest", "recon__item")
    assert {path: path.stat().st_mtime_ns for path in store.snapshot_dir.rglob("*")} == before


def test_only_some_snapshots_can_be_checked(store: Settings) -> None:
    path = file_of(store, THREE, "core_ledger__entry", "2026-11")
    path.unlink()
    assert verify_snapshots(store, only=[ONE]).is_sound
    assert not verify_snapshots(store, only=[THREE]).is_sound
    with pytest.raises(UsageError):
        verify_snapshots(store, only=["20200101T000000-01"])


def test_the_list_shows_what_each_night_added(store: Settings) -> None:
    infos = list_snapshots(store)
    assert [info.snapshot_id for info in infos] == [ONE, TWO, THREE]
    assert [info.is_latest for info in infos] == [False, False, True]
    assert infos[0].bytes_added == infos[0].size_bytes
    assert 0 < infos[1].bytes_added < infos[1].size_bytes
    assert (infos[2].rules, infos[2].rules_warned, infos[2].rules_stopped) == (2, 1, 0)


def test_a_damaged_manifest_is_listed_with_its_problem(store: Settings) -> None:
    (store.snapshot_dir / "manifests" / f"{TWO}.json").write_text("{")
    assert [bool(info.problem) for info in list_snapshots(store)] == [False, True, False]


def test_an_earlier_night_reads_as_it_was(store: Settings) -> None:
    assert [read_table(store, which, "core_ledger__entry").num_rows for which in (ONE, THREE)] == [5, 6]


def test_an_unknown_snapshot_or_table_lists_what_there_is(store: Settings) -> None:
    with pytest.raises(UsageError, match=ONE):
        read_table(store, "yesterday", "recon__item")
    with pytest.raises(UsageError, match="recon__member"):
        read_table(store, "latest", "recon__items")
