"""SQL for people: it reads, it cannot do anything else, and its errors can be acted on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import BadInputError, UsageError
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from tests.unit.small_warehouse import FIRST, build_warehouse


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_root=tmp_path_factory.mktemp("query") / "data", threads=2)
    build_warehouse(settings)
    publish_night(settings, FIRST)
    return settings


def test_money_comes_out_exact(published: Settings) -> None:
    result = run_query(published, "SELECT sum(total_cny) AS total_cny FROM core_ledger__entry")
    assert (result.columns, result.rows) == (["total_cny"], [(Decimal("1398.00"),)])


def test_more_rows_than_asked_for_are_cut_and_said_so(published: Settings) -> None:
    result = run_query(published, "FROM recon__item", max_rows=2)
    assert (len(result.rows), result.is_truncated) == (2, True)
    assert run_query(published, "FROM recon__item", max_rows=6).is_truncated is False


def test_show_and_describe_and_explain_are_reading(published: Settings) -> None:
    assert ("out__open_item",) in run_query(published, "SHOW TABLES").rows
    assert run_query(published, "DESCRIBE out__open_item").rows[0][0] == "item_id"
    assert run_query(published, "EXPLAIN SELECT 1").rows


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM recon__item",
        "CREATE TABLE x AS SELECT 1",
        "COPY recon__item TO 'out.csv'",
        "ATTACH 'other.duckdb'",
        "SET memory_limit = '99GB'",
        "INSTALL httpfs",
        "PRAGMA threads = 9",
        "SELECT 1; DELETE FROM recon__item",
        "EXPLAIN ANALYZE DELETE FROM recon__item",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('/*')",
    ],
)
def test_nothing_but_reading_the_published_tables_is_possible(published: Settings, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    before = published.published_path.read_bytes()
    with pytest.raises(UsageError):
        run_query(published, sql.format(file=secret))
    assert published.published_path.read_bytes() == before


def test_python_values_of_the_program_cannot_be_read(published: Settings) -> None:
    hidden = [{"a": 1}]
    with pytest.raises(UsageError, match="hidden does not exist"):
        run_query(published, "SELECT * FROM hidden")
    assert hidden


def test_a_query_that_runs_too_long_is_stopped(published: Settings) -> None:
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"
    with pytest.raises(UsageError, match=r"at most 0\.2 seconds"):
        run_query(published, endless, time_limit_seconds=0.2)


def test_a_query_that_needs_too_much_memory_is_stopped(published: Settings) -> None:
    with pytest.raises(UsageError, match="memory"):
        run_query(published, "SELECT list(range) FROM range(50000000)", memory_limit_mb=100)


def test_an_error_shows_the_engines_first_line_and_where_to_look(published: Settings) -> None:
    with pytest.raises(UsageError) as caught:
        run_query(published, "SELECT nothing FROM recon__item")
    assert caught.value.found is not None
    assert "nothing" in caught.value.found
    assert "\n" not in caught.value.found
    assert "SHOW TABLES" in str(caught.value)


def test_without_a_published_night_it_says_what_makes_one(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="fapiao demo"):
        run_query(settings, "SELECT 1")
