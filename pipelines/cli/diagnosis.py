"""What a look at one part of the installation came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Diagnosis:
    """`state` is ok, warn or fail; `next_step` says what to do unless it is ok."""

    subject: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    next_step: str | None = None
