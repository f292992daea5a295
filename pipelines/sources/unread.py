"""Columns of a file that are not read, where that is likely to be a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.sources.header import Header, plain_header
from pipelines.sources.layout import Layout
from pipelines.sources.reasons import Message

NUMBER_FIELDS = ("invoice_reference", "invoice_number", "digital_invoice_number")
NUMBER_TITLE = re.compile("发票号|票号码")
OF_ANOTHER_INVOICE = re.compile("蓝字|红字|红冲|正数|原|对应")


def say_unread(file_name: str, header: Header, layout: Layout) -> Iterator[Message]:
    """Sentences about columns of invoice numbers that the layout does not know, and about none being there."""
    numbers = [title for field in NUMBER_FIELDS for title in layout.fields.get(field, [])]
    extracted = {rule.field for rule in layout.extract}
    if numbers and not {*header.columns, *extracted} & {*NUMBER_FIELDS}:
        known = "、".join(numbers)
        yield Message(
            f"文件 {file_name} 没有发票号码列，各行按没有号码核对。版式 {layout.name} 认识的表头：{known}。",
            f"File {file_name} has no column of invoice numbers: its rows are compared without. Headers that layout "
            f"{layout.name} knows: {known}.",
        )
    for title in map(plain_header, header.titles):
        if NUMBER_TITLE.search(title) and not OF_ANOTHER_INVOICE.search(title) and title not in _known_titles(layout):
            yield Message(
                f"文件 {file_name} 的列“{title}”没有读取：版式 {layout.name} 不认识这个表头。"
                "若是发票号码，请写进版式的 [fields]。",
                f"File {file_name}: column {title} was not read, for layout {layout.name} does not know this header. "
                "If it holds invoice numbers, add it to [fields] of the layout.",
            )


def _known_titles(layout: Layout) -> set[str]:
    parts = [part for joined in layout.joined.values() for part in joined.parts]
    return {plain_header(title) for titles in (*layout.fields.values(), *parts) for title in titles}
