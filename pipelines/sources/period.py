"""Which issue dates an export was asked for, as far as it says so."""

from __future__ import annotations

import calendar
import re
from datetime import date

from pipelines.sources.layout import Layout

SPAN = re.compile(r"(20\d{2})[-.年]?(\d{2})[-.月]?(\d{2})日?\s*[-~至到—_]+\s*(20\d{2})[-.年]?(\d{2})[-.月]?(\d{2})")
MONTH = re.compile(r"(20\d{2})年(\d{1,2})月(?!\d)")


def find_period(layout: Layout, file_name: str, titles: str) -> tuple[date, date] | None:
    """First and last issue date asked for, from the file name or from the rows above the header; None if unsaid."""
    if layout.coverage == "file_name":
        return _read_span(file_name) or _read_month(file_name)
    pattern = layout.title.get("period")
    match = re.search(pattern, titles) if pattern and layout.coverage == "title" else None
    return _whole_month(int(match.group("found")[:4]), int(match.group("found")[4:6])) if match else None


def _read_span(text: str) -> tuple[date, date] | None:
    match = SPAN.search(text)
    if match is None:
        return None
    parts = [int(part) for part in match.groups()]
    try:
        first, last = date(*parts[:3]), date(*parts[3:])
    except ValueError:
        return None
    return (first, last) if first <= last else None


def _read_month(text: str) -> tuple[date, date] | None:
    match = MONTH.search(text)
    return _whole_month(int(match.group(1)), int(match.group(2))) if match else None


def _whole_month(year: int, month: int) -> tuple[date, date] | None:
    if not 1 <= month <= 12:
        return None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
