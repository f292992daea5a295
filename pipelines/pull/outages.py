"""Outages that were announced: which files the settings name, what they say, and what in them cannot be used.

An announcement never counts for more than it says: a row that cannot be read announces nothing, so a failure then is an
alarm as on any other night, and what is wrong with the row is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.pull.outage_calendar import read_calendar
from pipelines.pull.outage_rows import Outage, OutageProblem
from pipelines.pull.outage_tables import read_table
from pipelines.settings import OutageFile, Settings

HORIZON = timedelta(days=40)
"""Of a repeated event only what lies so near is looked at."""


@dataclass(frozen=True)
class Outages:
    """What is announced, by its begin, and what could not be used."""

    announced: tuple[Outage, ...] = ()
    problems: tuple[OutageProblem, ...] = ()

    def find(self, source_id: str, since: datetime, until: datetime) -> Outage | None:
        """The outage of that source that some moment of the span lies in; of several the one that ends last."""
        hit = [one for one in self.of(source_id) if one.begins <= until and since < one.ends]
        return max(hit, key=lambda one: one.ends, default=None)

    def find_next(self, source_id: str, moment: datetime, within: timedelta) -> Outage | None:
        """The first outage of that source that begins after the moment, but not later than `within`."""
        coming = [one for one in self.of(source_id) if moment < one.begins <= moment + within]
        return min(coming, key=lambda one: one.begins, default=None)

    def find_excused(self, source_id: str, fresh_until: datetime, spare: timedelta) -> datetime:
        """Until when data that are fresh until a moment need nobody: each outage that begins before then moves that
        moment to its end and `spare` later, for the night after it to fetch."""
        for one in self.of(source_id):
            if one.begins <= fresh_until:
                fresh_until = max(fresh_until, one.ends + spare)
        return fresh_until

    def of(self, source_id: str) -> list[Outage]:
        return [one for one in self.announced if not one.sources or source_id in one.sources]


def load_outages(settings: Settings, moment: datetime) -> Outages:
    """What the files of the settings announce around a moment (Beijing time). Never raises for what a file holds."""
    known = frozenset(source.id for source in settings.sources)
    found = [
        _check(row, declared, known)
        for declared in settings.maintenance
        for row in _read_file(declared, settings.data_root / declared.file, moment)
    ]
    announced = sorted((row for row in found if isinstance(row, Outage)), key=lambda one: (one.begins, one.ends))
    return Outages(tuple(announced), tuple(row for row in found if isinstance(row, OutageProblem)))


def _read_file(declared: OutageFile, path: Path, moment: datetime) -> Iterable[Outage | OutageProblem]:
    try:
        content = path.read_bytes()
    except OSError as error:
        expected = "设置 maintenance 里写明的文件 | the file that the setting maintenance names"
        return [OutageProblem(declared.file, None, f"读不了 cannot be read: {error.strerror}", expected)]
    if path.suffix.lower() == ".ics":
        return _titled(read_calendar(declared.file, content, moment - HORIZON, moment + HORIZON), declared.title)
    return read_table(declared.file, content)


def _titled(rows: Iterable[Outage | OutageProblem], title: str | None) -> Iterator[Outage | OutageProblem]:
    """Of a calendar that holds other events too, only those that are meant."""
    return (row for row in rows if isinstance(row, OutageProblem) or title is None or title in row.note)


def _check(row: Outage | OutageProblem, declared: OutageFile, known: frozenset[str]) -> Outage | OutageProblem:
    if isinstance(row, OutageProblem):
        return row
    named = row.sources or frozenset(declared.sources)
    if strange := sorted(named - known):
        expected = "来源之一 one of the sources: " + ", ".join(sorted(known))
        return OutageProblem(declared.file, row.line, f"没有这个来源 no such source: {strange[0]}", expected)
    return replace(row, sources=named)
