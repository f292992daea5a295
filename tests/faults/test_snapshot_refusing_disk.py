"""A store on a full or read-only disk: the last snapshot stays whole, the next run ends as if undisturbed."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import Settings
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.read import list_snapshots, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.faults.test_snapshot_killed import ONE, TWO, describe_store
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_night, build_warehouse

SMALL_BYTES = 2 << 20


def mount(folder: Path, options: str) -> bool:
    """Whether this user may mount, and did."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """One night kept on a small disk of its own, a second one ready."""
    settings = Settings(data_root=tmp_path / "data", threads=2)
    settings.snapshot_dir.mkdir(parents=True)
    if not mount(settings.snapshot_dir, f"size={SMALL_BYTES}"):
        pytest.skip("only root may mount a small file system")
    try:
        prepare(settings)
        yield settings
    finally:
        subprocess.run(["umount", "--lazy", str(settings.snapshot_dir)], check=True)


def prepare(settings: Settings) -> None:
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, Any]:
    settings = Settings(data_root=tmp_path / "undisturbed", threads=2)
    prepare(settings)
    keep_night(settings, SECOND)
    return describe_store(settings)


def remount(settings: Settings, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(settings.snapshot_dir)], check=True)


def fill_disk(settings: Settings, left_bytes: int) -> Path:
    """A foreign file that leaves so much of the disk."""
    path = settings.snapshot_dir / "filler"
    found = os.statvfs(settings.snapshot_dir)
    path.write_bytes(b"\0" * (found.f_bavail * found.f_frsize - left_bytes))
    return path


@pytest.mark.parametrize("left_bytes", [0, 8_192, 65_536, 90_112])
def test_a_full_disk_leaves_the_last_snapshot_whole_and_the_next_run_heals(
    settings: Settings, undisturbed: dict[str, Any], left_bytes: int
) -> None:
    filler = fill_disk(settings, left_bytes)
    with pytest.raises(OSError, match="No space left") as caught:
        keep_night(settings, SECOND)
    assert caught.value.errno == errno.ENOSPC
    assert verify_snapshots(settings).is_sound
    assert [found.snapshot_id for found in list_snapshots(settings) if found.is_latest] == [ONE]
    filler.unlink()
    assert keep_night(settings, SECOND).snapshot_id == TWO
    assert describe_store(settings) == undisturbed


@pytest.mark.parametrize(
    "work", [lambda settings: keep_night(settings, SECOND), lambda settings: prune_snapshots(settings, Policy(daily=1))]
)
def test_a_read_only_store_is_left_alone_can_be_verified_and_takes_the_next_night(
    settings: Settings, undisturbed: dict[str, Any], work: Callable[[Settings], object]
) -> None:
    before = describe_store(settings)
    remount(settings, "ro")
    try:
        with pytest.raises(OSError, match="Read-only") as caught:
            work(settings)
        assert caught.value.errno == errno.EROFS
        assert verify_snapshots(settings).is_sound
    finally:
        remount(settings, "rw")
    assert describe_store(settings) == before
    assert keep_night(settings, SECOND).snapshot_id == TWO
    assert describe_store(settings) == undisturbed


def test_a_disk_that_turns_read_only_midway_is_healed_by_the_next_run(
    tmp_path: Path, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_root=tmp_path / "data", threads=2)
    prepare(settings)
    original, calls = Path.replace, iter(range(100))

    def refusing(self: Path, target: Path) -> Path:
        if next(calls) >= 3:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(target))
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refusing)
        with pytest.raises(OSError, match="Read-only"):
            keep_night(settings, SECOND)
    assert verify_snapshots(settings).is_sound
    assert keep_night(settings, SECOND).snapshot_id == TWO
    assert describe_store(settings) == undisturbed
