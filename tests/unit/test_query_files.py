"""The rows of a query as a file: types kept in Parquet, and nothing in a workbook that Excel would run or round."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from pipelines.errors import UsageError
from pipelines.exports.queries import write_query
from pipelines.settings import Settings
from tests.unit.tour_world import make_tour

ODD = """
    SELECT
        '=1+1' AS formula, '26112000000000100100' AS number,
        12345678901234567890 AS long, 12.30::DECIMAL(18,2) AS cny
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_tour(tmp_path_factory.mktemp("query_files") / "data")


def test_a_workbook_holds_money_as_numbers_and_the_rest_as_text_that_is_no_formula(
    published: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "odd.xlsx"
    assert write_query(published, ODD, path, is_workbook=True) == 1
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python() == [
        ["formula", "number", "long", "cny"],
        ["'=1+1", "26112000000000100100", "12345678901234567890", 12.3],
    ]


def test_parquet_keeps_the_types_of_the_database(published: Settings, tmp_path: Path) -> None:
    path = tmp_path / "entries.parquet"
    rows = write_query(published, "SELECT total_cny FROM core_ledger__entry ORDER BY 1", path, is_workbook=False)
    table = pq.read_table(path)
    assert (rows, str(table.schema.field("total_cny").type)) == (10, "decimal128(18, 2)")
    assert table.column("total_cny")[0].as_py() == Decimal("113.00")


@pytest.mark.parametrize("is_workbook", [True, False])
def test_no_more_rows_are_written_than_asked_for(published: Settings, tmp_path: Path, is_workbook: bool) -> None:
    assert write_query(published, "FROM core_ledger__entry", tmp_path / "x", is_workbook=is_workbook, max_rows=3) == 3


def test_a_statement_that_takes_too_long_leaves_the_old_file(published: Settings, tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    path.write_bytes(b"old")
    endless = "SELECT count(*) FROM range(10000000000) a, range(1000) b"
    with pytest.raises(UsageError, match="took too long"):
        write_query(published, endless, path, is_workbook=False, time_limit_seconds=0.3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.parquet"]
    assert path.read_bytes() == b"old"
