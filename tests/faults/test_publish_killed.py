"""A run killed while it publishes: readers have the old night or the new one, never something in between."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.faults.test_snapshot_killed import die
from tests.unit.small_warehouse import FIRST, SECOND, add_night, build_warehouse


@pytest.fixture(scope="module")
def published_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_root=tmp_path_factory.mktemp("published") / "data", threads=2)
    build_warehouse(settings)
    publish_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
    return settings.data_root


@pytest.fixture
def settings(published_root: Path, tmp_path: Path) -> Settings:
    shutil.copytree(published_root, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def shown_night(settings: Settings) -> str:
    ((night_id, items),) = run_query(
        settings, "SELECT night_id, (SELECT count(*) FROM recon__item) FROM out__night"
    ).rows
    assert items == 6
    return str(night_id)


@pytest.mark.parametrize("step", ["after_copy", "in_views", "before_rename"])
def test_a_kill_before_the_rename_leaves_the_old_night_and_the_next_run_cleans_up(
    settings: Settings, step: str
) -> None:
    before = settings.published_path.read_bytes()
    die(settings, "publish", step)
    assert settings.published_path.read_bytes() == before
    assert shown_night(settings) == FIRST.night_id
    assert len(list(settings.published_path.parent.iterdir())) > 1
    publish_night(settings, SECOND)
    assert shown_night(settings) == SECOND.night_id
    assert [path.name for path in settings.published_path.parent.iterdir()] == ["recon.duckdb"]


def test_a_kill_after_the_rename_shows_the_new_night_and_the_next_run_marks_it(settings: Settings) -> None:
    die(settings, "publish", "after_rename")
    assert shown_night(settings) == SECOND.night_id
    publish_night(settings, SECOND)
    with open_warehouse(settings) as con:
        assert con.execute("SELECT is_published FROM night__run ORDER BY night_id").fetchall() == [(True,), (True,)]


def test_a_failing_view_keeps_the_old_night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_views() -> list[str]:
        return ["out__nothing"]

    monkeypatch.setattr("pipelines.publish.list_views", broken_views)
    with pytest.raises(FileNotFoundError):
        publish_night(settings, SECOND)
    assert shown_night(settings) == FIRST.night_id
    assert [path.name for path in settings.published_path.parent.iterdir()] == ["recon.duckdb"]
