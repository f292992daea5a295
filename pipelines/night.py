"""What identifies one night. Every stage gets it, none makes its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.settings import BEIJING, beijing_now


@dataclass(frozen=True)
class Night:
    """`as_of` is the moment the verdicts refer to, naive Beijing time; `night_id` is its text, `20261124T020000`."""

    as_of: datetime

    @property
    def night_id(self) -> str:
        return self.as_of.strftime("%Y%m%dT%H%M%S")

    @classmethod
    def at(cls, as_of: datetime | None = None) -> Night:
        """A night at the given moment (an offset is converted to Beijing time), or now."""
        if as_of is None:
            return cls(beijing_now())
        if as_of.tzinfo is not None:
            as_of = as_of.astimezone(BEIJING).replace(tzinfo=None)
        return cls(as_of.replace(microsecond=0))
