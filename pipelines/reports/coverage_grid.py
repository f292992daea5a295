"""The coverage calendar: one grid per taxpayer and direction, a row per month, a cell per day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from pipelines.reports.page_shapes import MonthRow

CELL = 10
LABEL = 46
STATES = {"r": "received", "y": "young", "i": "incomplete", "n": "unasked"}
"""Letters of report_calendar.sql as the classes of their cells."""


@dataclass(frozen=True)
class Calendar:
    """One grid. `open_days` lie past the grace window and are not received in full."""

    taxpayer_id: str
    direction: str
    received_days: int
    open_days: int
    grid: Markup


def draw_calendars(rows: Sequence[MonthRow]) -> tuple[Calendar, ...]:
    """Grids in the order of the rows, those with open days first."""
    grouped = groupby(rows, key=lambda row: (row.taxpayer_id, row.direction))
    calendars = [_draw(taxpayer_id, direction, list(months)) for (taxpayer_id, direction), months in grouped]
    return tuple(sorted(calendars, key=lambda calendar: calendar.open_days == 0))


def count_states(rows: Sequence[MonthRow]) -> Mapping[str, int]:
    """Days by state, over all grids."""
    letters = "".join(row.states for row in rows)
    return {name: letters.count(letter) for letter, name in STATES.items()}


def _draw(taxpayer_id: str, direction: str, months: list[MonthRow]) -> Calendar:
    counts = count_states(months)
    paths = "".join(f'<path class="{name}" d="{"".join(_cells(months, letter))}"/>' for letter, name in STATES.items())
    labels = "".join(
        f'<text x="0" y="{(place + 1) * CELL + 8}">{month.month:%Y-%m}</text>' for place, month in enumerate(months)
    )
    days = "".join(f'<text x="{LABEL + (day - 1) * CELL}" y="8">{day}</text>' for day in (1, 5, 10, 15, 20, 25, 30))
    tall = (len(months) + 1) * CELL + 2
    box = f'viewBox="0 0 {LABEL + 31 * CELL} {tall}"'
    said = f"{months[-1].month:%Y-%m} – {months[0].month:%Y-%m}"
    grid = f'<svg class="grid" {box} role="img" aria-label="{said}">{days}{labels}{paths}</svg>'
    return Calendar(
        taxpayer_id,
        direction,
        counts["received"],
        counts["incomplete"] + counts["unasked"],
        Markup(grid),  # noqa: S704
    )


def _cells(months: Sequence[MonthRow], letter: str) -> Iterator[str]:
    """Squares of one state; neighbouring days are one path piece each, so that ink differs by state alone."""
    for place, month in enumerate(months):
        top = (place + 1) * CELL + 1
        for hit in re.finditer(letter, month.states):
            yield f"M{LABEL + hit.start() * CELL} {top}h8v8h-8z"
