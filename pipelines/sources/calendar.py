"""When a source owes a file: working days of China, and which due days have passed without one.

Holidays and make-up working days are those that the State Council announced (2024-11-12 for 2025, 2025-11-04 for
2026), in `pipelines/reference/workdays.csv`; `<data root>/workdays.csv`, of the same columns, wins and adds years.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path

from pipelines.errors import UsageError

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
DAY = timedelta(days=1)
LONGEST_LOOK = timedelta(days=400)


@dataclass(frozen=True)
class WorkCalendar:
    """Days that are not as their weekday says, and the years that this is known for."""

    exceptions: dict[date, bool]

    @property
    def years(self) -> frozenset[int]:
        return frozenset(day.year for day in self.exceptions)

    def is_workday(self, day: date) -> bool:
        """In a year that is not known Monday to Friday are working days."""
        return self.exceptions.get(day, day.weekday() < 5)

    def next_workday(self, day: date) -> date:
        """The day itself, or the first working day after it."""
        while not self.is_workday(day):
            day += DAY
        return day


def load_calendar(data_root: Path) -> WorkCalendar:
    """The shipped table with the installation's own rows. Raises UsageError that names file and row."""
    shipped = resources.files("pipelines").joinpath("reference", "workdays.csv").read_text(encoding="utf-8")
    exceptions = dict(_read_rows(shipped, "workdays.csv"))
    own = data_root / "workdays.csv"
    if own.is_file():
        exceptions |= dict(_read_rows(own.read_text(encoding="utf-8-sig"), str(own)))
    return WorkCalendar(exceptions)


def _read_rows(text: str, where: str) -> Iterator[tuple[date, bool]]:
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
            is_workday = {"yes": True, "no": False}[row["is_workday"]]
        except (KeyError, ValueError, TypeError) as error:
            raise UsageError(
                "工作日历中有一行无法采用 | A row of the working-day table is not usable.",
                where=f"{where}: row {number}",
                found=str(error),
                expected="first,last,is_workday,name such as 2026-10-01,2026-10-07,no,国庆节",
            ) from None
        yield from ((first + DAY * place, is_workday) for place in range((last - first).days + 1))


def due_days(expected: str, first: date, last: date, calendar: WorkCalendar) -> list[date]:
    """The days from first to last on which a file is due; a due day that is off moves to the next working day."""
    days = [first + DAY * place for place in range((last - first).days + 1)]
    if expected == "none":
        return []
    if expected == "nightly":
        return days
    if expected == "workdays":
        return [day for day in days if calendar.is_workday(day)]
    early = [first - DAY * place for place in range(14, 0, -1)]  # a due day before `first` may be put off into it
    kind, when = expected.split(":")
    meant = [day for day in (*early, *days) if _is_meant(day, kind, when)]
    return sorted({day for day in map(calendar.next_workday, meant) if first <= day <= last})


def _is_meant(day: date, kind: str, when: str) -> bool:
    return day.weekday() == WEEKDAYS.index(when) if kind == "weekly" else day.day == int(when)


def overdue_days(
    expected: str, grace_hours: int, last_seen: datetime | None, as_of: datetime, calendar: WorkCalendar
) -> list[date]:
    """Due days after the last file whose end, and the hours of grace, have passed at `as_of`.

    Of a source that never gave anything only the newest due day is named.
    """
    newest = (as_of - timedelta(hours=grace_hours)).date() - DAY
    oldest = (as_of - LONGEST_LOOK).date() if last_seen is None else max(last_seen, as_of - LONGEST_LOOK).date() + DAY
    due = due_days(expected, oldest, newest, calendar) if oldest <= newest else []
    return due[-1:] if last_seen is None else due


def say_days(days: list[date], calendar: WorkCalendar) -> tuple[str, str]:
    """The days for a sentence, at most five of them, and that a year is not in the table."""
    shown = "、".join(f"{day:%m-%d}" for day in days[-5:])
    zh, en = (f"等 {len(days)} 天", f" ({len(days)} days)") if len(days) > 5 else ("", "")
    unknown = sorted({day.year for day in days} - calendar.years)
    note_zh = f"（{unknown[0]} 年节假日不在表中，按周一至周五计）" if unknown else ""
    note_en = f" ({unknown[0]} is not in the table of holidays: Monday to Friday count)" if unknown else ""
    return f"{shown}{zh}{note_zh}", f"{re.sub('、', ', ', shown)}{en}{note_en}"
