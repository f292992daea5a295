"""When a channel's digest is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from pipelines.settings import NamedChannel
from pipelines.sources.calendar import WEEKDAYS, WorkCalendar

DAY = timedelta(days=1)


def find_due(channel: NamedChannel, now: datetime, calendar: WorkCalendar) -> datetime | None:
    """The newest moment, not after now, at which the channel's digest is due; None for a channel without one."""
    if channel.digest is None:
        return None
    meant = _days_of(channel.digest, calendar)
    day = now.date() if now.time() >= channel.digest_at else now.date() - DAY
    while not meant(day):
        day -= DAY
    return datetime.combine(day, channel.digest_at)


def find_due_before(channel: NamedChannel, due: datetime, calendar: WorkCalendar) -> datetime:
    """The one before that: where the time begins of which the first digest tells."""
    return find_due(channel, due - timedelta(microseconds=1), calendar) or due - DAY


def _days_of(digest: str, calendar: WorkCalendar) -> Callable[[date], bool]:
    if digest.startswith("weekly:"):
        weekday = WEEKDAYS.index(digest.partition(":")[2])
        return lambda day: day.weekday() == weekday
    return calendar.is_workday if digest == "workdays" else lambda _day: True
