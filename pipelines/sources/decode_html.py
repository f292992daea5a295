"""HTML tables, which many systems save under the name .xls."""

from __future__ import annotations

import pyarrow as pa
from lxml import etree, html

from pipelines.sources.decode_text import build_text_table
from pipelines.sources.reasons import Message, UnreadableFileError

MAX_SPAN = 200


def read_html_tables(name: str, text: str) -> list[pa.Table]:
    """Text cells of every table; a cell that spans columns stands in the first of them. Raises UnreadableFileError."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # nothing but tags that close nothing
        raise _no_table(name) from None
    tables = [build_text_table([_row_cells(row) for row in table.iter("tr")]) for table in root.iter("table")]
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


def _row_cells(row: html.HtmlElement) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren("td", "th"):
        cells.append(str(cell.text_content()).strip())
        cells.extend([""] * (min(_span(cell), MAX_SPAN) - 1))
    return cells


def _span(cell: html.HtmlElement) -> int:
    text = cell.get("colspan", "1")
    return max(1, int(text)) if text.isdigit() else 1
