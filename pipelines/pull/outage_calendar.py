"""Announced outages in a calendar (iCalendar, RFC 5545), with repeated, moved and cancelled events.

Times without a zone are Beijing time. A repetition keeps the hour of its own zone. Repetitions more often than daily,
and changes that hold for all later events of a series (RANGE=THISANDFUTURE), are told as not usable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rruleset, rrulestr  # type: ignore[import-untyped]
from icalendar import Calendar, Event, vRecur

from pipelines.pull.outage_rows import Outage, OutageProblem, check_span, to_beijing
from pipelines.sources.decode_text import decode_text
from pipelines.sources.reasons import UnreadableFileError

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
LIBRARY_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What icalendar and dateutil raise for events that are no events; found by changing letters of good ones."""
_CONTENT_LINE = re.compile(r"[A-Za-z0-9-]+[;:]|[ \t]|\s*$")

Row = Outage | OutageProblem


class _UnusableError(ValueError):
    """An event that announces nothing; the text says what was found, `expected` what should stand there."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.expected = expected


@dataclass(frozen=True)
class _Series:
    """An event with its line in the file and what stands in for single ones of its repetitions."""

    event: Event
    line: int | None
    replaced: frozenset[datetime]


def read_calendar(file: str, content: bytes, first: datetime, last: datetime) -> Iterator[Row]:
    """The events that touch the span from first to last (Beijing time); those that cannot be used as problems."""
    try:
        text = decode_text(file, content, ["utf-8"])
        calendars = Calendar.from_ical(text, multiple=True)
    except (UnreadableFileError, *LIBRARY_ERRORS) as error:
        said = error.found or error.message if isinstance(error, UnreadableFileError) else _say(error)
        yield OutageProblem(file, _find_bad_line(content), said[:200], "iCalendar (BEGIN:VCALENDAR … END:VCALENDAR)")
        return
    walked = [part for calendar in calendars for part in calendar.walk("VEVENT")]
    events = [event for event in walked if isinstance(event, Event)]
    if not calendars:
        yield OutageProblem(file, 1, text[:40].strip(), "BEGIN:VCALENDAR … END:VCALENDAR")
    for series in _list_series(events, _find_event_lines(text)):
        try:
            yield from _expand(file, series, first, last)
        except _UnusableError as error:
            yield OutageProblem(file, series.line, str(error), error.expected)
        except LIBRARY_ERRORS as error:
            yield OutageProblem(file, series.line, _say(error), "RFC 5545: DTSTART, DTEND | DURATION, RRULE")


def _say(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def _find_event_lines(text: str) -> list[int]:
    lines = enumerate(text.splitlines(), start=1)
    return [number for number, line in lines if line.strip().upper() == "BEGIN:VEVENT"]


def _find_bad_line(content: bytes) -> int | None:
    lines = content.decode("utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if not _CONTENT_LINE.match(line)), None)


def _list_series(events: list[Event], lines: list[int]) -> Iterator[_Series]:
    """Moved events stand in for the repetition that they name; cancelled ones for nothing."""
    moved: dict[str, set[datetime]] = {}
    for event in events:
        with suppress(*LIBRARY_ERRORS):  # told when the event itself is read
            if (meant := event.RECURRENCE_ID) is not None:
                moved.setdefault(str(event.get("UID")), set()).add(_as_moment(meant))
    for place, event in enumerate(events):
        line = lines[place] if place < len(lines) else None
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            own = event.get("RECURRENCE-ID") is not None
            yield _Series(event, line, frozenset() if own else frozenset(moved.get(str(event.get("UID")), ())))


def _expand(file: str, series: _Series, first: datetime, last: datetime) -> Iterator[Row]:
    begins, ends, zone = _read_span(series.event)
    length, note = ends - begins, str(series.event.get("SUMMARY", "")).strip()
    if problem := check_span(file, series.line, begins, ends):
        yield problem
        return
    reach = timedelta(days=1)  # zones may lie a day apart
    for moment in _list_begins(series.event, begins, zone, first - length - reach, last + reach):
        begin = to_beijing(moment.replace(tzinfo=zone))
        end = to_beijing((moment + length).replace(tzinfo=zone))
        if begin not in series.replaced and begin <= last and end > first:
            yield Outage(begin, end, frozenset(), note, series.line)


def _read_span(event: Event) -> tuple[datetime, datetime, tzinfo | None]:
    """Begin and end as clocks of the event's own zone show them."""
    if event.errors:
        name, said = event.errors[0]
        raise _UnusableError(f"{name or ''} {said}".strip()[:200], "DTSTART:20261128T000000, DTEND, SUMMARY")
    for name in ("DTSTART", "DTEND"):
        value: Any = event.get(name)
        if value is not None and "TZID" in value.params and value.dt.tzinfo is None:
            raise _UnusableError(f"{name};TZID={value.params['TZID']}", "TZID=Asia/Shanghai, VTIMEZONE")
    try:
        begins, ends = event.start, event.end
    except ValueError as error:
        raise _UnusableError(str(error)[:200], "DTSTART, DTEND | DURATION") from None
    zone = begins.tzinfo if isinstance(begins, datetime) else None
    return _on_clock(begins, zone), _on_clock(ends, zone), zone


def _on_clock(moment: date, zone: tzinfo | None) -> datetime:
    """Without zone, as a clock of that zone shows it; a day is its midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo and zone else to_beijing(moment)


def _as_moment(moment: date) -> datetime:
    return to_beijing(moment) if isinstance(moment, datetime) else datetime.combine(moment, time())


def _list_begins(
    event: Event, begins: datetime, zone: tzinfo | None, first: datetime, last: datetime
) -> list[datetime]:
    """Every begin in the span, on the clock of the event's zone."""
    if event.RECURRENCE_ID is not None:
        meant: Any = event["RECURRENCE-ID"]
        if meant.params.get("RANGE"):
            raise _UnusableError("RECURRENCE-ID;RANGE=THISANDFUTURE", "每次单独写 | every event on its own")
        return [begins]
    rules = rruleset()
    rules.rdate(begins)
    for rule in event.rrules:
        rules.rrule(rrulestr(_plain_rule(rule, zone, last), dtstart=begins))
    for added in event.rdates:
        if added[1] is not None:
            raise _UnusableError("RDATE;VALUE=PERIOD", "RDATE:20261202T000000")
        rules.rdate(_on_clock(added[0], zone))
    left_out = [(_on_clock(moment, zone), not isinstance(moment, datetime)) for moment in event.exdates]
    return [
        moment
        for moment in rules.between(first, last, inc=True)
        if not any(moment.date() == gone.date() if is_day else moment == gone for gone, is_day in left_out)
    ]


def _plain_rule(rule: vRecur, zone: tzinfo | None, last: datetime) -> str:
    """The rule with its last moment on the clock of the event's zone; a last day counts whole. What comes after `last`
    is not asked for: a rule that no day fits would be followed to the year 9999."""
    parts: dict[str, Any] = {name: list(values) for name, values in rule.items()}
    frequency = str(parts.get("FREQ", ["?"])[0])
    if frequency not in FREQUENCIES:
        raise _UnusableError(f"FREQ={frequency}", ", ".join(FREQUENCIES))
    if int(parts.get("INTERVAL", [1])[0]) < 1:
        raise _UnusableError(f"INTERVAL={parts['INTERVAL'][0]}", "INTERVAL=1")
    if until := parts.get("UNTIL"):
        is_moment = isinstance(until[0], datetime)
        own = _on_clock(until[0], zone) if is_moment else datetime.combine(until[0], time(23, 59, 59))
        parts["UNTIL"] = [min(own, last)]
    elif "COUNT" not in parts:
        parts["UNTIL"] = [last]
    text: bytes = vRecur(parts).to_ical()  # type: ignore[no-untyped-call]
    return text.decode()
