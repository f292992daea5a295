"""A run killed while it keeps a night: the last snapshot stays whole, the next run ends as if nothing had happened."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.read import list_snapshots, read_table, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


def die(settings: Settings, operation: str, step: str, count: int = 1) -> None:
    root = settings.data_root.parent
    child = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_child", str(root), operation, step, str(count)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr


def describe_store(settings: Settings) -> dict[str, Any]:
    """Everything in the store, the moment of writing left out."""
    root = settings.snapshot_dir
    files: dict[str, Any] = {
        str(path.relative_to(root)): store.hash_file(path)
        for folder in ("tables", "landing", "incoming")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    for path in (root / "manifests").iterdir():
        document = json.loads(path.read_text(encoding="utf-8"))
        files[path.name] = {name: document[name] for name in document if name not in ("created_at", "parent")}
    return files


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with one night kept and a second one ready, to be copied by each test."""
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")
        landed = settings.landing_dir / "tax" / "g.xlsx"
        landed.write_bytes(b"another file")
        con.execute(
            "INSERT INTO raw_file SELECT * REPLACE ($f AS file_id, 'landing/tax/g.xlsx' AS landed_path, "
            "12 AS size_bytes) FROM raw_file",
            {"f": store.hash_file(landed)},
        )
    return settings.data_root


@pytest.fixture
def settings(two_nights: Path, tmp_path: Path) -> Settings:
    shutil.copytree(two_nights, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


@pytest.fixture(scope="module")
def undisturbed(two_nights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("undisturbed") / "data"
    shutil.copytree(two_nights, root)
    settings = Settings(data_root=root, threads=2)
    keep_night(settings, SECOND)
    return describe_store(settings)


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("before_landed_copy", 1),
        ("in_nth_file", 2),
        ("before_nth_file", 2),
        ("after_nth_file", 4),
        ("before_manifest", 1),
        ("before_pointer", 1),
    ],
)
def test_a_kill_before_the_pointer_leaves_the_last_snapshot_whole_and_the_next_run_heals(
    settings: Settings, undisturbed: dict[str, Any], step: str, count: int
) -> None:
    die(settings, "keep", step, count)
    after_kill = verify_snapshots(settings)
    assert after_kill.is_sound
    assert read_table(settings, "latest", "core_ledger__entry").num_rows == 5
    kept = keep_night(settings, SECOND)
    assert kept.snapshot_id == TWO
    assert describe_store(settings) == undisturbed
    assert verify_snapshots(settings).notes == ()


def test_a_kill_after_the_pointer_has_kept_the_night(settings: Settings) -> None:
    die(settings, "keep", "after_pointer")
    assert [info.snapshot_id for info in list_snapshots(settings)] == [ONE, TWO]
    assert verify_snapshots(settings).is_sound
    assert keep_night(settings, SECOND).snapshot_id == TWO
    with open_warehouse(settings) as con:
        assert con.execute("SELECT snapshot_id FROM night__run ORDER BY night_id").fetchall() == [(ONE,), (TWO,)]


def test_an_unfinished_commit_is_a_note_and_no_damage(settings: Settings) -> None:
    die(settings, "keep", "before_pointer")
    result = verify_snapshots(settings)
    assert result.is_sound
    assert any(TWO in note and "before the pointer" in note for note in result.notes)


def test_the_very_first_night_killed_before_the_pointer_heals_too(settings: Settings) -> None:
    shutil.rmtree(settings.snapshot_dir)
    die(settings, "keep", "before_pointer")
    assert any("before the pointer" in note for note in verify_snapshots(settings).notes)
    assert keep_night(settings, SECOND).snapshot_id == TWO
    assert verify_snapshots(settings).is_sound


def test_a_file_lost_from_the_store_is_written_again_by_the_next_night(settings: Settings) -> None:
    (lost,) = (settings.snapshot_dir / "tables" / "recon__item" / "period=2026-10").iterdir()
    lost.unlink()
    assert verify_snapshots(settings).exit_code == 5
    keep_night(settings, SECOND)
    assert verify_snapshots(settings).is_sound


def test_a_full_disk_leaves_the_last_snapshot_whole(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "sync_file", no_space)
    with pytest.raises(OSError, match="No space"):
        keep_night(settings, SECOND)
    monkeypatch.undo()
    assert verify_snapshots(settings).is_sound
    assert [info.snapshot_id for info in list_snapshots(settings)] == [ONE]
    with open_warehouse(settings) as con:
        assert con.execute("SELECT snapshot_id FROM night__run ORDER BY night_id").fetchall() == [(ONE,), (None,)]
    assert keep_night(settings, SECOND).snapshot_id == TWO


def test_a_damaged_latest_manifest_stops_the_night_instead_of_forking_the_chain(settings: Settings) -> None:
    path = settings.snapshot_dir / "manifests" / f"{ONE}.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"rules": 2', '"rules": 3'), encoding="utf-8")
    with pytest.raises(IntegrityError, match="manifest is damaged"):
        keep_night(settings, SECOND)
