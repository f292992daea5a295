"""What every kind of route does, and which class does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from pipelines.night import Night
from pipelines.pull.declared import Route
from pipelines.settings import Settings, Source
from pipelines.sources.reasons import Message

State = Literal["pulled", "unchanged", "empty", "incomplete", "failed", "maintenance", "waiting"]
"""pulled: new files; unchanged: the same bytes as before; empty: it answered and has nothing; incomplete: files came
that do not hold everything asked for; failed: nothing came; maintenance: not everything came, because of an outage that
was announced or that the system itself says; waiting: a person must bring the files (kind `folder`)."""
GOOD_STATES: frozenset[State] = frozenset({"pulled", "unchanged"})
"""After these no fallback is tried. An empty answer is none of them: it often hides a wrong question."""


@dataclass(frozen=True)
class Window:
    """Days to ask for, both included; `changed_since` is the first day whose changes of status are asked for."""

    first: date
    last: date
    changed_since: date


@dataclass(frozen=True)
class Pulled:
    """What one route gave: names of the files written into the inbox, rows in them, rows that it declared to have
    (None if it says nothing) and the moment up to which everything has been received. `is_cut_off`: the system gave up
    in the middle, so that the rest of what is `incomplete` may come another time. `is_own_fault`: it failed
    for want of a secret on this side, which no outage of the system explains."""

    state: State
    files: tuple[str, ...] = ()
    rows: int = 0
    declared: int | None = None
    watermark: datetime | None = None
    message: Message | None = None
    is_cut_off: bool = False
    is_own_fault: bool = False


class Puller(Protocol):
    """Made with the route and the settings. `pull` returns a failure as `Pulled(state="failed", message=...)`; an
    exception that it lets out is noted as a failure too, so that no route stops a night."""

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled: ...


class _MakesPuller(Protocol):
    def __call__(self, route: Route, settings: Settings) -> Puller: ...


PULLERS = {
    "api": "pipelines.pull.api:ApiPuller",
    "database": "pipelines.pull.database:DatabasePuller",
    "remote": "pipelines.pull.folders:RemotePuller",
    "mailbox": "pipelines.pull.mailbox:MailboxPuller",
    "folder": "pipelines.pull.by_hand:FolderPuller",
}
"""Imported when used: a driver that is not needed is not loaded."""


def make_puller(route: Route, settings: Settings) -> Puller:
    """The puller of that kind of route."""
    module, name = PULLERS[route.kind].split(":")
    make: _MakesPuller = getattr(import_module(module), name)
    return make(route, settings)
