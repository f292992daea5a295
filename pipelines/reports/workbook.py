"""What is open as an Excel workbook for the bookkeeper: a sheet for each action, the sentence in a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xlsxwriter.worksheet import Worksheet

from pipelines.exports.advice import Words, load_actions
from pipelines.exports.cells import Book, Cell, write_book
from pipelines.exports.items import SHEET_ROWS, SheetRow, Wanted, build_items, read_newest_night, read_sheet_rows
from pipelines.night import Night
from pipelines.reports.words import word
from pipelines.reports.workbook_mask import mask_rows
from pipelines.settings import Settings
from pipelines.warehouse import Connection

STATES = ("已处理 done", "处理中 in hand", "等对方 waiting", "无需处理 nothing to do")
"""Choices of the column in which the bookkeeper notes how far it is."""

Take = Callable[[SheetRow], Cell]

COLUMNS: tuple[tuple[str, int, Take], ...] = (
    ("新 new", 5, lambda row: "●" if row.is_new else None),
    ("原因 cause", 18, lambda row: _both(row.cause)),
    ("涉及金额 at stake", 14, lambda row: row.at_stake_cny),
    ("说明", 60, lambda row: row.explanation_zh),
    ("处理 state", 12, lambda _: None),
    ("备注 note", 20, lambda _: None),
    ("到期 due", 11, lambda row: row.due_on),
    ("发票号码 invoice", 24, lambda row: row.invoice_numbers),
    ("账上票号 reference", 24, lambda row: row.invoice_references),
    ("凭证 voucher", 12, lambda row: row.vouchers),
    ("对方 party", 28, lambda row: row.party_name),
    ("对方税号 party id", 21, lambda row: row.party_tax_id),
    ("开票日 issued", 11, lambda row: row.issued_on),
    ("记账日 posted", 11, lambda row: row.posted_on),
    ("税务合计 upstream", 14, lambda row: row.upstream_total_cny),
    ("账上合计 ledger", 14, lambda row: row.ledger_total_cny),
    ("差额 difference", 12, lambda row: row.difference_cny),
    ("explanation", 60, lambda row: row.explanation_en),
    ("决定 decision", 30, lambda row: row.decision),
    ("方向 direction", 10, lambda row: _both(row.direction)),
    ("本企业税号 taxpayer", 21, lambda row: row.taxpayer_id),
    ("结论 verdict", 16, lambda row: _both(row.verdict)),
    ("依据 basis", 14, lambda row: _both(row.basis)),
    ("首夜 first night", 17, lambda row: row.first_night),
    ("税务出处 upstream source", 30, lambda row: row.upstream_places),
    ("账上出处 ledger source", 30, lambda row: row.ledger_places),
    ("核对项 item_id", 24, lambda row: row.item_id),
)
STATE_COLUMN = 4
SUMMARY_COLUMNS = (("要做什么 action", 30), ("项数 items", 10), ("涉及金额 at stake, CNY", 20), ("说明 note", 60))


def write_workbook(con: Connection, settings: Settings, night: Night | None = None) -> bytes:
    """The workbook of a night, from the working database; of the newest night unless one is named.

    With `mask_report` names and ids are masked, as on the page. A connection of its own is used: temporary tables of
    `con` stay as they are.
    """
    with con.cursor() as own:
        of = night or read_newest_night(own)
        build_items(own, of)
        rows = read_sheet_rows(own, Wanted())
    return write_sheets(mask_rows(rows, settings.taxpayers) if settings.mask_report else rows, of)


def write_sheets(rows: Sequence[SheetRow], night: Night, sheet_rows: int = SHEET_ROWS) -> bytes:
    """A sheet for each action that has rows, in the order of the actions, and a summary at the end."""
    by_action = {name: [row for row in rows if row.action == name] for name in load_actions()}

    def fill(book: Book) -> None:
        for name, words in load_actions().items():
            if by_action[name]:
                _write_action(book, words, by_action[name], sheet_rows)
        _write_summary(book, by_action, night)

    return write_book(fill)


def _write_action(book: Book, words: Words, rows: Sequence[SheetRow], sheet_rows: int) -> None:
    sheet = book.add_sheet(f"{words.zh} {words.en}", [(head, width) for head, width, _ in COLUMNS])
    for place, row in enumerate(rows, start=1):
        book.write_row(sheet, place, [take(row) for _, _, take in COLUMNS])
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    _offer_states(sheet, len(rows))
    if rows[0].action_count > sheet_rows:
        more = f"共 {rows[0].action_count:,} 项，此处为金额最大的 {len(rows):,} 项；其余用 fapiao sql 查询"
        sheet.write_string(len(rows) + 1, 3, f"{more} | the largest are shown: ask for the rest with fapiao sql")


def _offer_states(sheet: Worksheet, row_count: int) -> None:
    choices = {"validate": "list", "source": list(STATES), "error_type": "information"}
    sheet.data_validation(1, STATE_COLUMN, row_count, STATE_COLUMN, choices)


def _write_summary(book: Book, by_action: dict[str, list[SheetRow]], night: Night) -> None:
    sheet = book.add_sheet("汇总 summary", SUMMARY_COLUMNS)
    shown = [(load_actions()[name], rows[0]) for name, rows in by_action.items() if rows]
    for place, (words, first) in enumerate(shown, start=1):
        cells: list[Cell] = [f"{words.zh} {words.en}", first.action_count, first.action_stake_cny]
        book.write_row(sheet, place, cells)
    note = f"截至 as of {night.as_of:%Y-%m-%d %H:%M}（北京时间 Beijing time），夜次 night {night.night_id}"
    nothing = None if shown else "没有待处理事项 | nothing is open"
    book.write_row(sheet, len(shown) + 2, [nothing, None, None, note])


def _both(code: str) -> str:
    return f"{word(code, 'zh')} {code}"
