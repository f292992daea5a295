"""What a look at one part of the installation came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Diagnosis:
    """`state` is ok, warn or fail; `next_step` says what to do unless it is ok.

    `key` names the subject for programs, alerts and their routing (`source:<id>`); None where the subject is enough.
    `is_unreached`: a far system gave no answer; `received_to`: its data end there. An announced outage explains both.
    """

    subject: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    next_step: str | None = None
    key: str | None = None
    is_unreached: bool = False
    received_to: datetime | None = None
