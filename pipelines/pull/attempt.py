"""One try at one route of a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.night import Night
from pipelines.pull.route import GOOD_STATES, Pulled


@dataclass(frozen=True)
class Attempt:
    """One route of one source tonight; `route_no` 0 is the first choice."""

    source_id: str
    route_no: int
    kind: str
    started_at: datetime
    ended_at: datetime
    pulled: Pulled

    @property
    def is_good(self) -> bool:
        """Whether no other route needs to be tried."""
        return self.pulled.state in GOOD_STATES

    def as_row(self, night: Night) -> dict[str, object]:
        """The row of `night__pull`."""
        pulled = self.pulled
        return {
            "night_id": night.night_id,
            "source_id": self.source_id,
            "route_no": self.route_no,
            "kind": self.kind,
            "state": pulled.state,
            "files": list(pulled.files),
            "rows": pulled.rows,
            "declared": pulled.declared,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "watermark": pulled.watermark if self.is_good else None,
            "message_zh": pulled.message.zh if pulled.message else None,
            "message_en": pulled.message.en if pulled.message else None,
        }
