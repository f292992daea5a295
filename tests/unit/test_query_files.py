"""The rows of a query as a file: types kept in Parquet, and nothing in a workbook that Excel would run or round."""

from __future__ import annotations

import csv
import stat
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from pipelines.cli.edge import run_command_line
from pipelines.cli.sql import split_words
from pipelines.errors import UsageError
from pipelines.exports.queries import Shape, as_cell, write_query
from pipelines.settings import BEIJING, Settings
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
    assert write_query(published, ODD, path, shape="xlsx") == 1
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python() == [
        ["formula", "number", "long", "cny"],
        ["'=1+1", "26112000000000100100", "12345678901234567890", 12.3],
    ]


def test_a_moment_with_a_zone_is_text_for_a_workbook_knows_none() -> None:
    moment = datetime(2026, 11, 3, 2, tzinfo=BEIJING)
    assert (as_cell(moment), as_cell(moment.replace(tzinfo=None))) == (str(moment), moment.replace(tzinfo=None))


def test_parquet_keeps_the_types_of_the_database(published: Settings, tmp_path: Path) -> None:
    path = tmp_path / "entries.parquet"
    rows = write_query(published, "SELECT total_cny FROM core_ledger__entry ORDER BY 1", path, shape="parquet")
    table = pq.read_table(path)
    assert (rows, str(table.schema.field("total_cny").type)) == (10, "decimal128(18, 2)")
    assert table.column("total_cny")[0].as_py() == Decimal("113.00")


@pytest.mark.parametrize("shape", ["xlsx", "parquet", "csv"])
def test_no_more_rows_are_written_than_asked_for(published: Settings, tmp_path: Path, shape: Shape) -> None:
    assert write_query(published, "FROM core_ledger__entry", tmp_path / "x", shape=shape, max_rows=3) == 3


def test_csv_opens_in_excel_runs_nothing_and_keeps_every_digit(published: Settings, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    odd = ODD.replace("SELECT", "SELECT '甲, \"乙\"' AS name, ['＝2', 'b'] AS list, NULL AS nothing, ")
    assert write_query(published, odd, path, shape="csv_excel") == 1
    assert path.read_bytes().startswith(b"\xef\xbb\xbfname,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["name", "list", "nothing", "formula", "number", "long", "cny"],
            ['甲, "乙"', "'＝2、b", "", "'=1+1", "26112000000000100100", "12345678901234567890", "12.30"],
        ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_command_writes_the_file_that_stands_on_either_side_and_else_the_screen(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(published.data_root))
    before, after, bare = (tmp_path / name for name in ("before.csv", "after.CSV", "bare.csv"))
    count = "SELECT '票' AS word FROM range(3)"
    assert run_command_line(["sql", "--csv", str(before), count]) == 0
    assert run_command_line(["sql", count, "--csv", str(after)]) == 0
    assert run_command_line(["sql", count, "--csv", str(bare), "--no-bom"]) == 0
    assert before.read_bytes() == after.read_bytes() == b"\xef\xbb\xbf" + bare.read_bytes()
    assert bare.read_text(encoding="utf-8") == "word\n票\n票\n票\n"
    capsys.readouterr()
    assert run_command_line(["sql", "--csv", count]) == 0
    assert capsys.readouterr().out == "word\n票\n票\n票\n"


@pytest.mark.parametrize("text", ["'=1+1'", "'＝1+1'", "' +1'", "['@x', 'y']"])
def test_no_cell_on_the_screen_starts_as_a_formula(
    text: str, published: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(published.data_root))
    assert run_command_line(["sql", "--csv", f"SELECT {text} AS word, -5.00::DECIMAL(18,2) AS cny"]) == 0
    _, cells = csv.reader(capsys.readouterr().out.splitlines())
    assert (cells[0][0], cells[1]) == ("'", "-5.00")


@pytest.mark.parametrize("words", [["a.txt", "SELECT 1"], ["a.csv", "b.csv"], ["a.csv", "SELECT 1", "SELECT 2"]])
def test_a_file_that_is_no_csv_and_a_second_statement_are_refused(words: list[str]) -> None:
    with pytest.raises(UsageError, match="one statement"):
        split_words(words, as_csv=True)


def test_a_file_without_the_option_is_refused() -> None:
    with pytest.raises(UsageError):
        split_words(["a.csv", "SELECT 1"], as_csv=False)


def test_a_statement_that_takes_too_long_leaves_the_old_file(published: Settings, tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    path.write_bytes(b"old")
    endless = "SELECT count(*) FROM range(10000000000) a, range(1000) b"
    with pytest.raises(UsageError, match="took too long"):
        write_query(published, endless, path, shape="parquet", time_limit_seconds=0.3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.parquet"]
    assert path.read_bytes() == b"old"
