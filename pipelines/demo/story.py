"""What the demo tells: each night, where everything lies, and how often the verdicts were right."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.model import Verdict
from pipelines.night import Night
from pipelines.night_log import NightOutcome
from pipelines.reports.summary import NightSummary, summarise_night
from pipelines.settings import load_settings
from pipelines.warehouse import open_warehouse, run_sql

if TYPE_CHECKING:
    from pipelines.demo.scenario import DemoNight, Scenario

MISSING = {Verdict.MISSING_UPSTREAM, Verdict.MISSING_LEDGER}
NOT_MISSING = {Verdict.MATCHED, Verdict.PENDING, Verdict.NOT_COMPARED}


@dataclass(frozen=True)
class NightTold:
    """One night: what was made to happen, and what came of it."""

    number: int
    as_of: datetime
    title_zh: str
    title_en: str
    what_happens_zh: str
    what_happens_en: str
    outcome: NightOutcome
    summary: NightSummary
    seconds: float


@dataclass(frozen=True)
class Accuracy:
    """How often the last night's verdicts agree with what was planted, per record of the two core tables.

    `called_missing` counts records that were called missing on one side although nothing was missing there: they agree,
    only wait, or cannot be compared. `wrong` counts records per (planted cause, found cause), most first.
    """

    records: int
    right_verdicts: int
    right_causes: int
    called_missing: int
    wrong: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class DemoStory:
    """The whole demo; `seconds` per part."""

    root: Path
    nights: tuple[NightTold, ...]
    accuracy: Accuracy
    seconds: dict[str, float]


class StopWatch:
    """Seconds per part; a part that comes again adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, part: str) -> float:
        """Count the time since the last lap for a part; returns it."""
        now = time.monotonic()
        spent, self._last = now - self._last, now
        self.seconds[part] = self.seconds.get(part, 0.0) + spent
        return spent


def tell_night(root: Path, number: int, night: DemoNight, outcome: NightOutcome, seconds: float) -> NightTold:
    """Read the summary while its verdicts are those of this night."""
    return NightTold(
        number=number,
        as_of=night.as_of,
        title_zh=night.title_zh,
        title_en=night.title_en,
        what_happens_zh=night.what_happens_zh,
        what_happens_en=night.what_happens_en,
        outcome=outcome,
        summary=summarise_night(load_settings(root), Night.at(night.as_of)),
        seconds=seconds,
    )


def measure_accuracy(root: Path, scenario: Scenario) -> Accuracy:
    """Compare the last night's verdicts with what was planted; records that only one of them knows are wrong."""
    with open_warehouse(load_settings(root), read_only=True) as con:
        con.register("demo_expected", scenario.expected(len(scenario.nights) - 1))
        rows = run_sql(con, "demo/accuracy").fetchall()
    return Accuracy(
        records=sum(row[4] for row in rows),
        right_verdicts=sum(row[4] for row in rows if row[0] == row[2]),
        right_causes=sum(row[4] for row in rows if row[:2] == row[2:4]),
        called_missing=sum(row[4] for row in rows if row[0] in NOT_MISSING and row[2] in MISSING),
        wrong=tuple((row[1] or "-", row[3] or "-", row[4]) for row in rows if row[:2] != row[2:4]),
    )
