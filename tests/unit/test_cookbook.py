"""docs/cookbook.md: every query runs as it stands, and gives rows where the tour has some."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.query import run_query
from pipelines.settings import Settings
from tests.unit.tour_world import make_tour

PAGE = (Path(__file__).parents[2] / "docs" / "cookbook.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^## (\d+)\. ([^\n]+)\n\n[^\n]+\n\n```sql\n(.*?)\n```", PAGE, flags=re.DOTALL | re.MULTILINE)
WITHOUT_ROWS = frozenset({6, 16, 28, 29, 30})
"""The tour has no unbooked invoice past its grace, no late booking, no source that fails,
no e-invoice files and no decisions."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_tour(tmp_path_factory.mktemp("cookbook") / "data")


def test_there_are_thirty_questions_in_both_languages() -> None:
    assert [int(place) for place, _, _ in RECIPES] == list(range(1, 31))
    assert all(re.search("[一-龥].*[a-z]{3}", title) for _, title, _ in RECIPES)


@pytest.mark.parametrize(("place", "title", "sql"), RECIPES, ids=[place for place, _, _ in RECIPES])
def test_a_query_answers_its_question(published: Settings, place: str, title: str, sql: str) -> None:
    rows = run_query(published, sql).rows
    assert bool(rows) is (int(place) not in WITHOUT_ROWS), title
