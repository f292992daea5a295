"""Control totals: the 合计 row of a sheet against the rows above it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import pandas as pd

from pipelines.sources.entries import has_key, is_nothing
from pipelines.sources.header import Header
from pipelines.sources.layout import Layout
from pipelines.sources.reasons import Message, StoppedFileError

GROUPED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,4}(,\d{4})+)(\.\d*)?")
"""Commas that part thousands, or 万. Any other comma may be a decimal one."""
SUBTOTAL = (
    r".{0,8}小计|汇总|.{0,8}[0-9一二三四五六七八九十]月份?(?:合计|累计|发生额)"
    r"|[本当上](?:日|周|旬|月|季度?|年度?|期|前|页)(?:合计|累计|发生额)|(?:季度|年度|半年)(?:合计|累计)|累计"
    r"|过次页|承前页|转下页|接上页|承上页|[期年月][初末]余额|上[年月期]结转|结转下[年月期]"
)
"""Labels of rows that add up or carry forward, without blanks; beside those that a layout lists."""
GROUP_TOTAL = r".+\s(?:合计|小计|累计|汇总)"
"""A group's total as a spreadsheet writes it: 上海瑞和 汇总."""
CENT = Decimal("0.01")
NO_TAX = ("免税", "不征税", "***")
TOLD = 3
"""So many rows are named behind a difference."""


@dataclass(frozen=True)
class NamedRows:
    """The rows below a header: `cells` as the file has them, named `fields`, `kinds` (NA for records), rows that are
    negative by the layout's rules of signs, and rows with more cells than the header."""

    where: str
    header: Header
    cells: pd.DataFrame
    fields: pd.DataFrame
    kinds: pd.Series
    is_negative: pd.Series
    is_overlong: pd.Series

    @property
    def is_record(self) -> pd.Series:
        return self.kinds.isna()


def read_money(text: object) -> Decimal | None:
    """Money of a cell for control totals; None for text that is no number."""
    exact = _read_exact(text)
    return None if exact is None else exact.quantize(CENT)


def _read_exact(text: object) -> Decimal | None:
    """With all decimals. The same texts are money in core (`clean_money`)."""
    plain = unicodedata.normalize("NFKC", str(text or "")).replace("\N{MINUS SIGN}", "-")
    plain = re.sub(r"[\s¥=\"]|元整?|CNY|RMB", "", plain, flags=re.IGNORECASE)
    plain = re.sub(r"^\((.+)\)$|^(.+)-$", r"-\1\2", plain)
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        return Decimal(plain).quantize(Decimal("1e-12"))
    except InvalidOperation:  # no number, or one beyond all money (Infinity, 1e300)
        return None


def find_totals(cells: pd.DataFrame, layout: Layout) -> dict[str, pd.Index]:
    """Rows of these (stripped) cells that hold the label of a subtotal, and of the total of the sheet."""
    if not cells.size:
        return {}
    labels = cells.apply(lambda column: column.str.replace(r'[\s　:：="]', "", regex=True))
    is_subtotal = labels.isin(layout.control.subtotal_labels)
    is_subtotal |= labels.apply(lambda column: column.str.fullmatch(SUBTOTAL))
    is_subtotal |= cells.apply(lambda column: column.str.fullmatch(GROUP_TOTAL))
    is_total = labels.isin(layout.control.labels)
    return {
        kind: cells.index[found.any(axis=1)] for kind, found in (("subtotal", is_subtotal), ("control_total", is_total))
    }


def _sum_money(texts: Iterable[object]) -> Decimal:
    """Rounded once: cells may hold more decimals than they show."""
    total = sum((value for value in map(_read_exact, texts) if value is not None), Decimal(0))
    return total.quantize(CENT)


def _sum_signed(texts: pd.Series, is_negative: pd.Series) -> Decimal:
    """The sum with the marked rows negative, whatever sign they show."""
    marked = [f"{-abs(value)}" for value in map(_read_exact, texts[is_negative]) if value is not None]
    return _sum_money([*texts[~is_negative], *marked])


def check_control(rows: NamedRows, layout: Layout) -> None:
    """The 合计 row must state the sums of the rows; raises StoppedFileError if it does not, or is missing.

    The cells are added as the file shows them. Where rules of signs make rows negative, the file may also have added
    them so: either sum shows that no row is missing.
    """
    totals = rows.cells[rows.kinds == "control_total"]
    if totals.empty:
        if layout.control.required:
            raise StoppedFileError(
                f"文件 {rows.where} 没有合计行，可能在导出或传输中被截断（读到 {int(rows.is_record.sum())} 行）："
                "文件未采用，请重新导出。",
                f"File {rows.where} has no 合计 row, so it was probably cut ({int(rows.is_record.sum())} rows read): "
                "nothing of it was used. Export it again.",
            )
        return
    compared = 0
    for field in layout.control.columns:
        place = rows.header.columns.get(field)
        stated = read_money(totals.iloc[-1][place]) if place is not None else None
        if stated is None:
            continue
        compared += 1
        _compare(rows, layout, field, stated, int(totals.iloc[-1]["_row"]))
    if layout.control.required and not compared and rows.is_record.any():
        raise StoppedFileError(
            f"文件 {rows.where} 的合计行没有金额，无法核对是否完整：文件未采用，请重新导出。",
            f"File {rows.where}: the 合计 row states no sum, so nothing shows that the file is whole. Nothing of it "
            "was used; export it again.",
        )


def _compare(rows: NamedRows, layout: Layout, field: str, stated: Decimal, total_row: int) -> None:
    texts = rows.fields.loc[rows.is_record, field]
    found = _sum_money(texts)
    if stated in (found, _sum_signed(texts, rows.is_negative[rows.is_record])):
        return
    title = rows.header.titles[rows.header.columns[field]]
    behind = _say_behind(rows, layout, field, title)
    raise StoppedFileError(
        f"文件 {rows.where} 第 {total_row} 行合计与明细不符：{title} 合计为 {stated:,.2f}，各行相加为 {found:,.2f}，"
        f"差 {found - stated:,.2f}。{behind.zh}文件未采用，请重新导出。",
        f"File {rows.where} row {total_row}: the total of {title} says {stated:,.2f}, the rows add up to {found:,.2f}, "
        f"a difference of {found - stated:,.2f}. {behind.en}Nothing of it was used; export it again.",
    )


def _say_behind(rows: NamedRows, layout: Layout, field: str, title: str) -> Message:
    """What may lie behind a difference: cells that are no number, rows that slipped, rows without a key."""
    texts = rows.fields.loc[rows.is_record, field].fillna("").str.strip()
    texts = texts[~is_nothing(texts, layout)]
    is_money = texts.map(lambda text: read_money(text) is not None).astype(bool)
    numbers = rows.cells["_row"]
    said = [_say_unread(numbers[row], title, text) for row, text in texts[~is_money & ~texts.isin(NO_TAX)].items()]
    said = said[:TOLD]
    if rows.is_overlong.any():
        where = _name_rows(numbers[rows.is_overlong])
        said.append(Message(f"{where.zh}的单元格多于表头。", f"{where.en} has more cells than the header. "))
    keyless = texts[is_money & ~has_key(rows.fields, layout)[texts.index]]
    if not keyless.empty:
        said.append(_say_keyless(numbers[keyless.index], rows.header, layout))
    return Message("".join(m.zh for m in said), "".join(m.en for m in said))


def _say_unread(number: int, title: str, text: str) -> Message:
    return Message(f"第 {number} 行“{title}”为“{text}”，不是数字。", f'Row {number} holds "{text}", no number. ')


def _say_keyless(numbers: pd.Series, header: Header, layout: Layout) -> Message:
    where = _name_rows(numbers)
    keys = "、".join(header.titles[header.columns[key]] for key in layout.key_fields if key in header.columns)
    return Message(
        f"{where.zh}没有{keys}也相加了，若是小计请删去。",
        f"{where.en} was added without {keys}: leave it out if it is a subtotal. ",
    )


def _name_rows(numbers: pd.Series) -> Message:
    first = "、".join(str(number) for number in numbers.head(TOLD))
    more = len(numbers) - TOLD
    if more > 0:
        return Message(f"第 {first} 等 {len(numbers)} 行", f"Row {first} and {more} more")
    return Message(f"第 {first} 行", f"Row {first}")
