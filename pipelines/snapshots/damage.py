"""What verify says of one damaged thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Damage:
    """One damaged thing: its path in the store, what is wrong, and every snapshot that needs it."""

    path: str
    problem: str
    snapshots: tuple[str, ...]
