"""Writing sheets the way the real programs leave them: titles, totals, wrong dimensions, half a file."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Cell = str | int | Decimal | None
Row = Sequence[Cell]


def write_workbook(path: Path, sheets: Sequence[tuple[str, Iterable[Row]]]) -> Path:
    """One .xlsx with the given sheets. Money becomes a number cell, as in the exports; None stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                _write_row(sheet, number, row)
    return path


def _write_row(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: Row) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            if cell:
                sheet.write_string(number, column, cell)
        elif cell is not None:
            sheet.write_number(number, column, float(cell))


def understate_dimension(path: Path) -> Path:
    """Make every sheet claim that it holds one cell, as tax exports and Kingdee EAS do."""
    patched = path.with_suffix(".tmp")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(patched, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.startswith("xl/worksheets/"):
                content = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', content, count=1)
            new.writestr(item, content)
    patched.replace(path)
    return path


def copy_as_browser_does(path: Path) -> Path:
    """The same bytes again as `name (1).xlsx`."""
    return Path(shutil.copyfile(path, path.with_name(f"{path.stem} (1){path.suffix}")))


def cut_in_the_middle(path: Path) -> Path:
    """Keep the first half of the bytes, as a transfer that broke off."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def sum_money(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal("0.00"))
