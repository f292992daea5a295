"""The findings of a night as an Excel workbook: money as numbers, numbers of invoices as text, no cell a formula."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reports.rows import fetch_rows
from pipelines.reports.shapes import FindingRow
from pipelines.reports.words import strip_controls, word
from pipelines.warehouse import Connection

SHEET_ROWS = 50_000
"""Findings in the workbook at most (200,000 took a minute); the last row says when there are more."""

EXACT_DIGITS_CNY = Decimal(10) ** 13
"""Excel keeps 15 digits: larger amounts are written as text, to the cent."""

Cell = str | Decimal | date | None

COLUMNS: tuple[tuple[str, int], ...] = (
    ("新 new", 6), ("结论 verdict", 12), ("原因 cause", 18), ("涉及金额 at stake", 14), ("说明", 60),
    ("explanation", 60), ("发票号码 invoice", 24), ("账上票号 reference", 24), ("凭证 voucher", 12), ("对方 party", 28),
    ("开票日 issued", 12), ("记账日 posted", 12), ("税务合计 upstream", 14), ("账上合计 ledger", 14),
    ("差额 difference", 12), ("税号 taxpayer", 22), ("方向 direction", 8), ("依据 basis", 14), ("首夜 first night", 18),
    ("税务出处 upstream source", 30), ("账上出处 ledger source", 30), ("核对项 item_id", 24),
)  # fmt: skip


def write_workbook(con: Connection) -> bytes:
    """The workbook, once `report_finding` stands on this connection."""
    values = {"only_new": False, "row_limit": SHEET_ROWS + 1}
    findings = fetch_rows(con, "report/report_detail", FindingRow, values)
    buffer = io.BytesIO()
    options = {"in_memory": True, "constant_memory": False, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("待处理 findings")
        _write_heads(sheet, book.add_format({"bold": True, "bg_color": "#e8eef4", "border": 1}), len(findings))
        formats = (book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"}))
        for number, finding in enumerate(findings[:SHEET_ROWS], start=1):
            for column, cell in enumerate(_list_cells(finding)):
                _write_cell(sheet, (number, column), cell, formats)
        if len(findings) > SHEET_ROWS:
            sheet.write_string(
                SHEET_ROWS + 1, 4, "还有更多，请用 fapiao sql 查询 | there are more: ask with fapiao sql"
            )
    return buffer.getvalue()


def _write_heads(sheet: Worksheet, bold: Format, row_count: int) -> None:
    for column, (head, width) in enumerate(COLUMNS):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, min(row_count, SHEET_ROWS), len(COLUMNS) - 1)


def _list_cells(row: FindingRow) -> Iterator[Cell]:
    yield "●" if row.is_new else None
    yield from (_both(row.verdict), _both(row.cause), row.at_stake_cny, row.explanation_zh, row.explanation_en)
    yield from (row.invoice_numbers, row.invoice_references, row.vouchers, row.parties, row.issued_on, row.posted_on)
    yield from (row.upstream_total_cny, row.ledger_total_cny, row.difference_cny, row.taxpayer_id)
    yield from (_both(row.direction), _both(row.basis), row.first_night, row.upstream_places, row.ledger_places)
    yield row.item_id


def _both(code: str) -> str:
    return f"{word(code, 'zh')} {code}"


def _write_cell(sheet: Worksheet, place: tuple[int, int], cell: Cell, formats: tuple[Format, Format]) -> None:
    if isinstance(cell, Decimal) and abs(cell) < EXACT_DIGITS_CNY:
        sheet.write_number(*place, cell, formats[0])
    elif isinstance(cell, date):
        sheet.write_datetime(*place, cell, formats[1])
    elif cell is not None:
        sheet.write_string(*place, neutralise_cell(str(cell)))


def neutralise_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula, also after it was saved as CSV and opened again."""
    clean = strip_controls(text)
    return f"'{clean}" if clean.lstrip()[:1] in {"=", "+", "-", "@"} else clean
