"""Pages of an API's listing -> sheets of text cells, one sheet per page, the union of all keys as row 1.

Record n of a page has row number n + 1. A record that stood on an earlier page already is an artefact of paging (the
list moved while it was read); twice on one page, it was listed twice, and that is for the rules to judge.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

from pipelines.sources.bundle import Bundle, unreadable_bundle
from pipelines.sources.decode import Sheet
from pipelines.sources.layout import Layout
from pipelines.sources.read import FileReading, empty_reading, read_sheets
from pipelines.sources.reasons import Message

Record = dict[str, Any]
Pages = dict[str, list[Record]]


def find_path(answer: object, path: str) -> object:
    """What stands at a path of keys such as `data.rows`. Raises KeyError if nothing does."""
    for key in path.split("."):
        if not isinstance(answer, dict):
            raise KeyError(path)
        answer = answer[key]
    return answer


def parse_page(content: bytes) -> object:
    """JSON with every number as the text that came. Raises ValueError."""
    return json.loads(content, parse_float=str, parse_int=str)


def find_rows(answer: object, path: str) -> list[Record]:
    """The records of an answer; null is none. Raises KeyError if they are not a list of objects."""
    rows = find_path(answer, path)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise KeyError(path)
    return rows


def read_pages(name: str, bundle: Bundle) -> Pages:
    """Records of every page by its name. Raises UnreadableFileError for a page that holds none."""
    pages: Pages = {}
    for page, content in bundle.pages.items():
        try:
            pages[page] = find_rows(parse_page(content), bundle.listing.rows_path)
        except (ValueError, KeyError) as error:
            expected = Message(f"{bundle.listing.rows_path} 处的行", f"rows at {bundle.listing.rows_path}")
            found = Message(type(error).__name__, type(error).__name__)
            raise unreadable_bundle(name, found, expected, f" [{page}]") from None
    return pages


def make_sheets(pages: Pages) -> list[Sheet]:
    """One sheet per page that holds records; all have the same columns, so that no page is left aside."""
    keys = list(dict.fromkeys(key for rows in pages.values() for row in rows for key in row))
    return [Sheet(page, _as_cells(keys, rows)) for page, rows in pages.items() if rows]


def _as_cells(keys: list[str], rows: list[Record]) -> pa.Table:
    columns = [pa.array([key, *(_as_text(row.get(key)) for row in rows)], pa.string()) for key in keys]
    return pa.table(columns, names=[f"c{place}" for place in range(len(columns))])


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def list_texts(rows: list[Record]) -> list[str]:
    """Each record as a text that is the same for equal records."""
    return [json.dumps(row, sort_keys=True) for row in rows]


def find_repeats(pages: Pages) -> set[tuple[str, int]]:
    """Page and row number of every record that an earlier page holds too."""
    seen: set[str] = set()
    repeats: set[tuple[str, int]] = set()
    for page, rows in pages.items():
        texts = list_texts(rows)
        repeats |= {(page, place + 2) for place, text in enumerate(texts) if text in seen}
        seen.update(texts)
    return repeats


def read_bundle(name: str, bundle: Bundle, pages: Pages, layout: Layout) -> FileReading:
    """Rows of the bundle; period and completeness are what its listing says. Raises StoppedFileError."""
    sheets = make_sheets(pages)
    reading = read_sheets(name, sheets, layout) if sheets else empty_reading(layout)
    reading = _without_repeats(reading, find_repeats(pages))
    listing = bundle.listing
    messages = () if listing.is_complete else (_say_incomplete(name, bundle),)
    return replace(
        reading,
        period=listing.period,
        is_complete=listing.is_complete,
        messages=messages,
        is_listing=True,
    )


def _without_repeats(reading: FileReading, repeats: set[tuple[str, int]]) -> FileReading:
    if not repeats:
        return reading
    rows = reading.rows.to_pandas()
    is_repeat = pd.Series(list(zip(rows["sheet"], rows["row_number"], strict=True)), index=rows.index).isin(repeats)
    left = rows.loc[is_repeat, ["sheet", "row_number"]].assign(kind="paging_repeat", text=None)
    ignored = pa.Table.from_pandas(left, schema=reading.ignored.schema, preserve_index=False)
    kept = pa.Table.from_pandas(rows[~is_repeat], schema=reading.rows.schema, preserve_index=False)
    return replace(reading, rows=kept, ignored=pa.concat_tables([reading.ignored, ignored]))


def _say_incomplete(name: str, bundle: Bundle) -> Message:
    declared = "?" if bundle.listing.declared is None else str(bundle.listing.declared)
    rows = bundle.listing.rows
    return Message(
        f"接口清单 {name} 不完整：接口声明 {declared} 张，收到 {rows} 张；"
        "所收到的照用，但这些日期不算取全，下一夜会重新取。",
        f"The listing {name} is not whole: {declared} invoices were declared and {rows} came. What came is used, its "
        "days do not count as received, and the next night asks again.",
    )
