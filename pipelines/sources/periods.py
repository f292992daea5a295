"""The period that an export was asked for, from its file name or its title."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

DAY = r"(20\d{2})[-./年]?([01]?\d)[-./月]?([0-3]?\d)日?"
RANGE = re.compile(rf"(?<!\d){DAY}\s*(?:[-—–~_]|至|到)+\s*{DAY}(?!\d)")
MONTH = re.compile(r"(?<!\d)(20\d{2})\s*(?:年|[-._])\s*(0?[1-9]|1[0-2])\s*月?(?![\d])")
SOLID_MONTH = re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(?!\d)")


@dataclass(frozen=True)
class Period:
    """First and last issue date, both included."""

    first: date
    last: date


def parse_period(text: str) -> Period | None:
    """`…（20260801-20260817）…`, `…2026年1月…`, `2026-01-01至2026-01-31`, `202601`; None where none is named or it is no
    calendar period."""
    plain = unicodedata.normalize("NFKC", text)
    ranged = RANGE.search(plain)
    if ranged:
        return _period_of_days([int(part) for part in ranged.groups()])
    month = MONTH.search(plain) or SOLID_MONTH.search(plain)
    return _period_of_month(int(month[1]), int(month[2])) if month else None


def _period_of_days(parts: list[int]) -> Period | None:
    try:
        first, last = date(*parts[:3]), date(*parts[3:])
    except ValueError:
        return None
    return Period(first, last) if first <= last else None


def _period_of_month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
