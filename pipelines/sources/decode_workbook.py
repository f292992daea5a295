"""Workbooks (xlsx, xls, xlsb, ods) through calamine, which does not trust a sheet's `<dimension>`."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from pipelines.sources.reasons import Message, UnreadableFileError, same

MAX_CELLS = 60_000_000
EXACT_FLOAT = 2**53
DAMAGED_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError)
"""What zipfile raises for bytes that went wrong: a check sum, a length, an unknown method, a password."""
LAST_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
BEYOND_Z = re.compile(rb'r="[A-Z]{2,3}[0-9]')
CELL_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})\d')


def read_workbook_sheets(name: str, content: bytes) -> Iterator[tuple[str, bool, pa.Table]]:
    """Name, whether it is hidden, and text cells of every worksheet. Raises UnreadableFileError for a damaged, locked
    or inflated workbook."""
    _refuse_inflated_sheets(name, content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in workbook.sheets_metadata:
            rows = workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            yield sheet.name, sheet.visible != SheetVisibleEnum.Visible, _text_table(rows)
    except PasswordError:
        raise UnreadableFileError(
            Message("工作簿有密码", "the workbook is locked with a password"),
            name=name,
            found=Message("加密的工作簿", "an encrypted workbook"),
            expected=Message("没有密码的工作簿", "one without a password"),
        ) from None
    except (CalamineError, OSError) as error:
        raise UnreadableFileError(
            Message("工作簿打不开", "the workbook cannot be opened"),
            name=name,
            found=same(str(error)[:200]),
            expected=Message("完整的 xlsx 或 xls 文件", "a whole xlsx or xls file"),
        ) from None


def _text_table(rows: Sequence[Sequence[object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else []
    return pa.table({f"c{i}": pa.array(map(write_cell, cells), pa.string()) for i, cells in enumerate(columns)})


def write_cell(value: object) -> str:
    """A cell as text: whole numbers as digits, dates as ISO. A number beyond 2**53 stays visibly a float
    (`2.4442e+19`): its last digits are gone, and digits made up by printing would hide that."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT_FLOAT else f"{value!r}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta | int) else f"{value}"


def _refuse_inflated_sheets(name: str, content: bytes) -> None:
    """A few bytes can name a cell in the last row and column; the grid between would fill the memory."""
    if content[:2] != b"PK":
        return
    for entry, cells in _grids(name, content):
        if cells > MAX_CELLS:
            raise UnreadableFileError(
                Message("工作表过大", "the sheet is too large"),
                name=name,
                place=f": {entry}",
                found=Message(f"{cells} 个单元格", f"a grid of {cells} cells"),
                expected=same(f"<= {MAX_CELLS}"),
            )


def _grids(name: str, content: bytes) -> list[tuple[str, int]]:
    """Every worksheet of an archive with the cells that its grid spans."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")]
            return [(sheet, count_grid_cells(archive.read(sheet))) for sheet in sheets]
    except DAMAGED_ARCHIVE as error:
        raise damaged_workbook(name, error) from None


def damaged_workbook(name: str, error: Exception) -> UnreadableFileError:
    """What is said of an archive that cannot be unpacked."""
    return UnreadableFileError(
        Message("工作簿损坏或被截断", "the workbook is damaged or cut"),
        name=name,
        found=same(f"{error}"[:200] or type(error).__name__),
        expected=Message("完整的 xlsx 文件", "a whole xlsx file"),
    )


def count_grid_cells(xml: bytes) -> int:
    """Cells from A1 to the last row and column of a worksheet; exact only where they might exceed MAX_CELLS."""
    tail = LAST_ROW.findall(xml, max(0, len(xml) - 4_000_000))
    rows = max(map(int, tail), default=0)
    if rows * 16_384 <= MAX_CELLS:
        return rows
    if not BEYOND_Z.search(xml):  # most sheets; naming every cell's column takes a second per million of them
        return rows * 26
    return rows * max((_column_number(letters) for letters in set(CELL_COLUMN.findall(xml))), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
