"""Cells of a workbook: money as numbers with a format, days as days, everything else as text that is no formula."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reports.words import strip_controls

EXACT_DIGITS_CNY = Decimal(10) ** 13
"""Excel keeps 15 digits: larger amounts are written as text, to the cent."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠")
"""The wide ones too: a spreadsheet that runs in Chinese takes them for the narrow ones."""
NAME_LENGTH = 31
NAME_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Cell = str | int | Decimal | date | None


@dataclass(frozen=True)
class Book:
    """A workbook that is being written, row after row, with the formats of all its sheets."""

    book: xlsxwriter.Workbook
    head: Format
    money: Format
    day: Format
    text: Format

    def add_sheet(self, name: str, columns: Sequence[tuple[str, int]]) -> Worksheet:
        """A sheet with its frozen heads (text and width each), printed across on A4, heads on every page."""
        sheet = self.book.add_worksheet(name.translate(NAME_FORBIDDEN)[:NAME_LENGTH].strip())
        for place, (_, width) in enumerate(columns):
            sheet.set_column(place, place, width, self.text)
        for place, (head, _) in enumerate(columns):
            sheet.write_string(0, place, head, self.head)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def write_row(self, sheet: Worksheet, row: int, cells: Sequence[Cell]) -> None:
        for place, cell in enumerate(cells):
            self._write_cell(sheet, (row, place), cell)

    def _write_cell(self, sheet: Worksheet, place: tuple[int, int], cell: Cell) -> None:
        if isinstance(cell, Decimal) and abs(cell) < EXACT_DIGITS_CNY:
            sheet.write_number(*place, float(cell), self.money)
        elif isinstance(cell, int):
            sheet.write_number(*place, cell)
        elif isinstance(cell, date):
            moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
            sheet.write_datetime(*place, moment, self.day)
        elif cell is not None:
            sheet.write_string(*place, neutralise_cell(str(cell)), self.text)


def write_book(fill: Callable[[Book], None]) -> bytes:
    """The bytes of the workbook that `fill` fills. Rows leave the memory as they are written: top to bottom only."""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        top = {"valign": "top"}
        head = {"bold": True, "bg_color": "#e8eef4", "border": 1, "text_wrap": True}
        fill(
            Book(
                book=book,
                head=book.add_format({**head, **top}),
                money=book.add_format({"num_format": "#,##0.00", **top}),
                day=book.add_format({"num_format": "yyyy-mm-dd", "align": "left", **top}),
                text=book.add_format({"num_format": "@", "text_wrap": True, **top}),
            )
        )
    return buffer.getvalue()


def neutralise_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula, also after it was saved as CSV and opened again."""
    clean = strip_controls(text)
    return f"'{clean}" if clean.lstrip()[:1] in FORMULA_STARTS else clean
