"""What a tax-side file does not say, and what follows from that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipelines.model import Side
from pipelines.sources.layout import Layout
from pipelines.sources.reasons import Message

PERIOD_PLACES = {"file_name": Message("文件名", "its name"), "title": Message("表头以上", "the rows above its header")}


def say_unsaid(
    file_name: str, layout: Layout, titles: dict[str, str], period: tuple[date, date] | None
) -> Iterator[Message]:
    """Sentences about a column of statuses and a period of issue dates that are not there."""
    if layout.side == Side.UPSTREAM and "status" not in titles:
        yield Message(
            f"文件 {file_name} 没有发票状态列：其中的发票都按正常处理，作废和红冲看不出来。请导出发票状态。",
            f"File {file_name} has no column of statuses: its invoices count as normal, void and reversed ones cannot "
            "be told. Export their status.",
        )
    if layout.coverage != "none" and period is None:
        place = PERIOD_PLACES[layout.coverage]
        yield Message(
            f"文件 {file_name}：{place.zh}没有写明唯一的开票日期区间，因此不证明任何一天已全部收到。"
            "请写明区间，如（20261001-20261031）或 2026年10月。",
            f"File {file_name}: {place.en} states no single period of issue dates, so it proves no day as fully "
            "received. State it as （20261001-20261031） or 2026年10月.",
        )
