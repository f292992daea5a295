"""HTML tables, which many systems save under the name .xls."""

from __future__ import annotations

import pyarrow as pa
from lxml import etree, html

from pipelines.sources.decode_text import build_text_table
from pipelines.sources.reasons import Message, UnreadableFileError

MAX_SPAN = 200


def read_html_tables(name: str, text: str) -> list[pa.Table]:
    """Text cells of every table; a cell that spans rows or columns stands in the first of them, as in a workbook.
    Raises UnreadableFileError."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # nothing but tags that close nothing
        raise _no_table(name) from None
    tables = [build_text_table(_table_cells(table)) for table in root.iter("table")]
    if not any(table.num_rows for table in tables):
        raise _no_table(name)
    return [table for table in tables if table.num_rows]


def _no_table(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        Message("网页中没有表格", "the page holds no table"),
        name=name,
        found=Message("没有行的 HTML", "HTML without rows"),
        expected=Message("有行的表格", "a table with rows"),
    )


def _table_cells(table: html.HtmlElement) -> list[list[str]]:
    rows = []
    covered: dict[int, int] = {}
    """Column -> how many more rows a cell above covers."""
    for row in table.iter("tr"):
        cells: list[str] = []
        spans: dict[int, int] = {}
        for cell in row.iterchildren("td", "th"):
            while covered.get(len(cells)):
                cells.append("")
            width = _span(cell, "colspan")
            spans |= dict.fromkeys(range(len(cells), len(cells) + width), _span(cell, "rowspan"))
            cells += [str(cell.text_content()).strip(), *[""] * (width - 1)]
        rows.append(cells)
        covered = {column: left - 1 for column, left in (covered | spans).items() if left > 1}
    return rows


def _span(cell: html.HtmlElement, name: str) -> int:
    text = cell.get(name, "1")
    return min(max(1, int(text)), MAX_SPAN) if text.isdecimal() and len(text) < 6 else 1
