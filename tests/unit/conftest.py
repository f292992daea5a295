"""A data root with two kept nights, made once and copied by each test that touches it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_night, build_warehouse


@pytest.fixture(scope="session")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root; tests copy it (`kept`) and leave it as it is."""
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")
    keep_night(settings, SECOND)
    return settings.data_root


@pytest.fixture
def kept(two_nights: Path, tmp_path: Path) -> Settings:
    shutil.copytree(two_nights, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)
