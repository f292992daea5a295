"""A judged night that waits for the second opinion, and a service to ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.simulator import Simulator
from tests.unit.verification_world import SECRET, prepare_night, serve, settings_of, write_files


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFY_ID", "app")
    monkeypatch.setenv("VERIFY_SECRET", SECRET)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root whose first night is judged and waits for the second opinion; tests copy it."""
    root = tmp_path_factory.mktemp("judged") / "data"
    settings = settings_of(root, "http://127.0.0.1:9")
    write_files(settings)
    prepare_night(settings)
    return root


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with serve() as running:
        yield running


@pytest.fixture
def world(judged: Path, tmp_path: Path, simulator: Simulator) -> Settings:
    shutil.copytree(judged, tmp_path / "data")
    return settings_of(tmp_path / "data", simulator.url)
