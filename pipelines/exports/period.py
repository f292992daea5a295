"""A month or a quarter as people type it."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from pipelines.errors import UsageError

WRITTEN = re.compile(r"(20\d\d)-?(?:(0[1-9]|1[0-2])|[Qq]([1-4]))")


@dataclass(frozen=True)
class Period:
    """`name` is `2026-10` or `2026-Q3`; `months` are its months as `2026-10`."""

    name: str
    months: tuple[str, ...]

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.months[0]}-01")

    @property
    def last_day(self) -> date:
        year, month = map(int, self.months[-1].split("-"))
        return date(year, month, monthrange(year, month)[1])


def parse_period(text: str) -> Period:
    """A month, `2026-10`, or a quarter, `2026-Q3`. Raises UsageError for anything else."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            "期间不能识别 | The period cannot be read.", where="--period", found=repr(text), expected="2026-10, 2026-Q3"
        )
    year, month, quarter = found.groups()
    if month:
        return Period(f"{year}-{month}", (f"{year}-{month}",))
    first = 3 * int(quarter) - 2
    return Period(f"{year}-Q{quarter}", tuple(f"{year}-{number:02d}" for number in range(first, first + 3)))
