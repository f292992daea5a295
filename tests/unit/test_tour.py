"""docs/tour.md is true: every command in it runs on its data and prints every line that it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from tests.conventions.pages import ROOT
from tests.unit.tour_world import make_tour

PAGE = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RUNS = [run.split("\n", 1) for block in BLOCKS for run in block.removeprefix("$ fapiao ").split("$ fapiao ")]


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tour(tmp_path_factory.mktemp("tour") / "data").data_root


def squeeze(text: str) -> str:
    return " ".join(text.split())


def test_the_tour_has_ten_tasks_and_each_one_a_command() -> None:
    assert re.findall(r"^## (\d+)\.", PAGE, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len(BLOCKS) == 11


@pytest.mark.parametrize(("command", "shown"), RUNS, ids=[command for command, _ in RUNS])
def test_the_command_runs_and_prints_what_the_tour_shows(
    command: str, shown: str, data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(data_root))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    printed = squeeze(result.stdout)
    assert [line for line in shown.splitlines() if line != "…" and squeeze(line) not in printed] == []


def test_every_picture_of_the_tour_is_there_and_light_enough_for_a_page() -> None:
    shown = re.findall(r"!\[[^\]]+\]\((pictures/[\w-]+\.png)\)", PAGE)
    assert sorted(shown) == sorted(f"pictures/{path.name}" for path in (ROOT / "docs" / "pictures").iterdir())
    assert shown
    for name in shown:
        content = (ROOT / "docs" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= 120_000, name
