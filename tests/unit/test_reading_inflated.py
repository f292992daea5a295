"""A few cells may span a grid that fills the memory: such a sheet is refused before anything is laid out."""

from __future__ import annotations

import pytest

from pipelines.sources.decode import decode_file
from pipelines.sources.decode_workbook import MAX_CELLS, count_grid_cells
from pipelines.sources.reasons import UnreadableFileError
from tests.unit.source_files import workbook


def sheet(*cells: str) -> bytes:
    return "".join(f'<row r="{cell.lstrip("ABCDFX")}"><c r="{cell}"><v>1</v></c></row>' for cell in cells).encode()


def test_a_cell_in_the_last_corner_spans_the_whole_grid() -> None:
    assert count_grid_cells(sheet("A1", "XFD1048576")) == 1_048_576 * 16_384


def test_wide_sheets_count_their_columns_and_narrow_ones_at_most_26() -> None:
    assert count_grid_cells(sheet("A1", "AB10000")) == 280_000
    assert count_grid_cells(sheet("A1", "B1048576")) == 1_048_576 * 26 < MAX_CELLS


def test_a_workbook_with_such_a_cell_is_refused() -> None:
    far = [[""]] * 4_000
    far[-1] = [""] * 16_383 + ["x"]
    with pytest.raises(UnreadableFileError) as caught:
        decode_file("大.xlsx", workbook({"账": far}), [])
    assert "工作表过大" in caught.value.sentence.zh
