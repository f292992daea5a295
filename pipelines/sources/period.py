"""Which issue dates an export was asked for, as far as it says so."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date

from pipelines.sources.layout import Layout

Period = tuple[date, date]

DASHES = "-~〜–—―至到"
DAY = r"(20\d\d)(?:(\d\d)(\d\d)|[-.年](\d{1,2})[-.月](\d{1,2})(?!\d))日?"
DAY_OF_MONTH = r"(20\d\d)年(\d{1,2})月\(?(\d{1,2})日?"
COPY = r"(?:[\s_-]*(?:\(\d+\)|副本|copy|-(?=\d*[a-f])[0-9a-f]{8}))*"
"""What a browser, a file manager or the reader of a mailbox adds to the name of a second file."""
MONTH = re.compile(rf"(20\d\d)年(\d{{1,2}})月份?[)\]】]?{COPY}\s*(?:\.[a-z]\w*)*$", re.IGNORECASE)
"""A month at the end of a name. Whatever else follows it may say that a part of it was asked for."""


def find_period(layout: Layout, file_name: str, titles: str) -> Period | None:
    """First and last issue date asked for, from the file name or from the rows above the header; None if unsaid."""
    if layout.coverage == "file_name":
        return _read_name(unicodedata.normalize("NFKC", file_name))
    pattern = layout.title.get("period")
    match = re.search(pattern, titles) if pattern and layout.coverage == "title" else None
    return _whole_month(int(match.group("found")[:4]), int(match.group("found")[4:6])) if match else None


def _read_name(name: str) -> Period | None:
    """The only span of days in a name, else its month. `_` joins days only where nothing else does: it also stands
    between the day of the export and the period."""
    spans = _read_spans(name, DASHES) or _read_spans(name, f"{DASHES}_")
    if spans:
        return spans.pop() if len(spans) == 1 else None
    match = MONTH.search(name)
    return _whole_month(int(match.group(1)), int(match.group(2))) if match else None


def _read_spans(name: str, dashes: str) -> set[Period]:
    to = rf"\s*[{dashes}]+\s*"
    forms = (f"{DAY}{to}{DAY}", rf"{DAY_OF_MONTH}{to}(\d{{1,2}})月(\d{{1,2}})日", rf"{DAY_OF_MONTH}{to}(\d{{1,2}})日")
    # Looking ahead, for the end of one span may be the beginning of the next.
    found = [_span(match) for form in forms for match in re.finditer(f"(?={form})", name)]
    return {span for span in found if span is not None}


def _span(match: re.Match[str]) -> Period | None:
    first = [int(text) for text in match.groups() if text][:3]
    rest = [int(text) for text in match.groups() if text][3:]
    try:
        days = date(*first), date(*first[: 3 - len(rest)], *rest)
    except ValueError:
        return None
    return days if days[0] <= days[1] else None


def _whole_month(year: int, month: int) -> Period | None:
    if not 1 <= month <= 12:
        return None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
