"""docs/cookbook.md: every query runs as it stands, and gives rows where the tour has some."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.model import NIGHT_SOURCE
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.spec.tables import AS_OF
from tests.unit.published_world import insert_rows
from tests.unit.tour_world import make_tour

PAGE = (Path(__file__).parents[2] / "docs" / "cookbook.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^## (\d+)\. ([^\n]+)\n\n[^\n]+\n\n```sql\n(.*?)\n```", PAGE, flags=re.DOTALL | re.MULTILINE)
WITHOUT_ROWS = frozenset({6, 16, 29, 30})
"""The tour has no unbooked invoice past its grace, no late booking, no e-invoice files and no decisions."""
STATES = ("received", "unchanged", "silent", "maintenance", "failed")
"""How a source can do on a night."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The tour, with a source in each state."""
    settings, night = make_tour(tmp_path_factory.mktemp("cookbook") / "data"), Night(AS_OF)
    nothing = dict.fromkeys(("files_new", "files_failed", "rows_new"), 0)
    with open_warehouse(settings) as con:
        sources = [{"night_id": night.night_id, "source_id": state, "state": state, **nothing} for state in STATES]
        insert_rows(con, NIGHT_SOURCE, sources)
    publish_night(settings, night)
    return settings


def test_there_are_thirty_questions_in_both_languages() -> None:
    assert [int(place) for place, _, _ in RECIPES] == list(range(1, 31))
    assert all(re.search("[一-龥].*[a-z]{3}", title) for _, title, _ in RECIPES)


@pytest.mark.parametrize(("place", "title", "sql"), RECIPES, ids=[place for place, _, _ in RECIPES])
def test_a_query_answers_its_question(published: Settings, place: str, title: str, sql: str) -> None:
    rows = run_query(published, sql).rows
    assert bool(rows) is (int(place) not in WITHOUT_ROWS), title


def test_a_source_that_received_or_has_nothing_new_is_healthy(published: Settings) -> None:
    rows = run_query(published, RECIPES[27][2]).rows
    assert {state for _, state, *_ in rows} == {"silent", "maintenance", "failed"}
