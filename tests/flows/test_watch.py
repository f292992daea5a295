"""The flows that watch, and what a night leaves for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.heartbeat import read_heartbeat
from pipelines.settings import Settings, load_settings
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.write import keep_night
from tests.unit.small_warehouse import FIRST, build_warehouse

pytestmark = pytest.mark.usefixtures("prefect_server")


def add_channel(root: Path, url: str) -> None:
    path = root / "fapiao.toml"
    path.write_text(f'alert_channels = ["{url}"]\n{path.read_text(encoding="utf-8")}', encoding="utf-8")


def test_a_night_leaves_its_heartbeat_and_the_watch_finds_nothing(data_root: Path) -> None:
    from flows import nightly  # noqa: PLC0415 - the environment comes first
    from flows.watch_sources import watch_sources  # noqa: PLC0415

    nightly.run(as_of=datetime(2026, 11, 24, 2), data_root=data_root)
    beat = read_heartbeat(load_settings(data_root))
    assert beat is not None
    assert (beat.night_id, beat.outcome) == ("20261124T020000", "published")
    assert "deadman:night" not in watch_sources(data_root=str(data_root)).problems


def test_a_watch_whose_channel_is_dead_ends_failed(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.watch_sources import watch_sources  # noqa: PLC0415
    from pipelines.errors import UpstreamUnavailableError  # noqa: PLC0415

    monkeypatch.setattr("pipelines.alerts.channels.FIRST_WAIT_S", 0.01)
    add_channel(data_root, "json://127.0.0.1:9/x")
    (data_root / "heartbeat.json").write_text("{", encoding="utf-8")
    with pytest.raises(UpstreamUnavailableError, match="channel took nothing"):
        watch_sources(data_root=str(data_root))


def test_sound_snapshots_end_well_and_damaged_ones_raise(data_root: Path) -> None:
    from flows.verify_backups import BackupsDamagedError, verify_backups  # noqa: PLC0415

    settings = Settings(data_root=data_root, threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    assert verify_backups(data_root=str(data_root)).is_sound
    entry = open_snapshot(settings, "latest").files_of("recon__item")[0]
    (settings.snapshot_dir / entry["path"]).unlink()
    with pytest.raises(BackupsDamagedError, match="missing"):
        verify_backups(data_root=str(data_root))
