"""Control totals: the 合计 row of a sheet against the rows above it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import pandas as pd

from pipelines.sources.header import Header
from pipelines.sources.layout import Layout
from pipelines.sources.reasons import StoppedFileError


def read_money(text: object) -> Decimal | None:
    """Money of a cell for control totals; None for text that is no number."""
    plain = re.sub(r"[,，\s¥￥元=\"]", "", unicodedata.normalize("NFKC", str(text or "")))
    negative = re.fullmatch(r"\((.+)\)", plain)
    try:
        value = Decimal(negative.group(1) if negative else plain)
        return (-value if negative else value).quantize(Decimal("0.01"))
    except InvalidOperation:  # no number, or one beyond all money (Infinity, 1e300)
        return None


def _sum_money(texts: Iterable[object]) -> Decimal:
    return sum((value for value in map(read_money, texts) if value is not None), Decimal(0))


def _sum_signed(texts: pd.Series, is_negative: pd.Series) -> Decimal:
    """The sum with the marked rows negative, whatever sign they show."""
    marked = sum((abs(value) for value in map(read_money, texts[is_negative]) if value is not None), Decimal(0))
    return _sum_money(texts[~is_negative]) - marked


def check_control(
    file_name: str,
    sheet: str,
    body: pd.DataFrame,
    fields: pd.DataFrame,
    kinds: pd.Series,
    header: Header,
    layout: Layout,
    is_negative: pd.Series,
) -> None:
    """The 合计 row must state the sums of the rows; raises StoppedFileError if it does not, or is missing.

    The cells are added as the file shows them. Where rules of signs make rows negative, the file may also have added
    them so: either sum shows that no row is missing.
    """
    totals = body[kinds == "control_total"]
    where = f"{file_name}" + (f" [{sheet}]" if sheet else "")
    if totals.empty:
        if layout.control.required:
            raise StoppedFileError(
                f"文件 {where} 没有合计行，可能在导出或传输中被截断（读到 {int(kinds.isna().sum())} 行）："
                "文件未采用，请重新导出。",
                f"File {where} has no 合计 row, so it was probably cut ({int(kinds.isna().sum())} rows read): "
                "nothing of it was used. Export it again.",
            )
        return
    compared = 0
    for field in layout.control.columns:
        place = header.columns.get(field)
        stated = read_money(totals.iloc[-1][place]) if place is not None else None
        if stated is None:
            continue
        compared += 1
        texts = fields.loc[kinds.isna(), field]
        found = _sum_money(texts)
        if stated not in (found, _sum_signed(texts, is_negative[kinds.isna()])):
            title = header.titles[header.columns[field]]
            raise StoppedFileError(
                f"文件 {where} 第 {int(totals.iloc[-1]['_row'])} 行合计与明细不符：{title} 合计为 {stated:,.2f}，"
                f"各行相加为 {found:,.2f}，差 {found - stated:,.2f}。文件未采用，请重新导出。",
                f"File {where} row {int(totals.iloc[-1]['_row'])}: the total of {title} says {stated:,.2f}, the rows "
                f"add up to {found:,.2f}, a difference of {found - stated:,.2f}. Nothing of it was used; export it "
                "again.",
            )
    if layout.control.required and not compared and kinds.isna().any():
        raise StoppedFileError(
            f"文件 {where} 的合计行没有金额，无法核对是否完整：文件未采用，请重新导出。",
            f"File {where}: the 合计 row states no sum, so nothing shows that the file is whole. Nothing of it was "
            "used; export it again.",
        )
