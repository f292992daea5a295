"""The benchmark of reading: every reader is asked for the same cells, and its table says the ratios."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measure import Measured
from benchmarks.peer.read_cells import READERS
from benchmarks.reading import Figure, describe, take_figure, write_csv, write_workbook


@pytest.mark.parametrize("reader", ["duckdb", "fapiao"])
def test_the_readers_of_text_find_the_same_cells(tmp_path: Path, reader: str) -> None:
    assert READERS[reader](str(write_csv(tmp_path / "a.csv", 3))) == (4, 36)


@pytest.mark.parametrize("reader", ["calamine", "fapiao"])
def test_the_readers_of_workbooks_find_the_same_cells(tmp_path: Path, reader: str) -> None:
    assert READERS[reader](str(write_workbook(tmp_path / "a.xlsx", 3))) == (4, 36)


def test_a_figure_is_the_median_time_and_the_highest_peak() -> None:
    runs = iter([Measured(3, 10, "x"), Measured(1, 30, "x"), Measured(2, 20, "one\n4 rows\n")])
    assert take_figure("a", lambda _path: next(runs), Path("a"), 3) == Figure("a", 2, 30, "4 rows")


def test_the_table_has_a_ratio_to_each_other_reader_and_says_what_could_not_be_done() -> None:
    figures = [
        Figure("calamine", 2, 50, "4 rows"),
        Figure("openpyxl", None, 0, "does not install"),
        Figure("fapiao, cells", 3, 1200, "4 rows"),
    ]
    assert describe(figures).splitlines()[2:] == [
        "| calamine | 2.00 | 1.00 | - | 50 | 4 rows |",
        "| openpyxl | - | - | - | - | does not install |",
        "| fapiao, cells | 3.00 | 1.50 | - | 1,200 | 4 rows |",
    ]
