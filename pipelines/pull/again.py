"""Days of the past that are asked for once more: which sources can give them, what would be asked, what is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.errors import UsageError
from pipelines.model import Side
from pipelines.night import Night
from pipelines.pull.route import Window
from pipelines.routes import Route
from pipelines.settings import Settings, Source
from pipelines.warehouse import Connection, run_sql

BY_DAY = frozenset({"api", "database", "folder"})
"""Routes that days can be asked of (the last one asks a person). A drop folder or a mailbox gives what lies in it, and
every night takes that."""

SIDES = frozenset({Side.UPSTREAM, Side.LEDGER})


@dataclass(frozen=True)
class Backfill:
    """Days of issue or posting, both included, of one source or (None) of every source that can be asked for days."""

    first: date
    last: date
    source_id: str | None = None

    def check(self, settings: Settings, today: date) -> None:
        """Raises UsageError for days that are none, or for a source that cannot be asked."""
        if self.first > self.last or self.last > today:
            raise UsageError(
                "日期范围不对 | The range of days is not usable.",
                where="--from, --to",
                found=f"{self.first} .. {self.last}",
                expected=f"from <= to <= {today}",
            )
        if not self.choose_routes(settings):
            known = [source.id for source, _ in Backfill(self.first, self.last).choose_routes(settings)]
            raise UsageError(
                "没有可按日期取数的来源 | No such source can be asked for days.",
                where="--source" if self.source_id else "fapiao.toml",
                found=self.source_id,
                expected=", ".join(known) or "a source with a route of kind api, database or folder",
            )

    def choose_routes(self, settings: Settings) -> list[tuple[Source, list[Route]]]:
        """The sources to ask, each with its routes that days can be asked of, in their order."""
        wanted = [one for one in settings.sources if self.source_id in {None, one.id} and one.side in SIDES]
        found = [(source, [route for route in (source.pull, *source.fallbacks) if route]) for source in wanted]
        by_day = [(source, [route for route in routes if route.kind in BY_DAY]) for source, routes in found]
        return [(source, routes) for source, routes in by_day if routes]

    def find_window(self, route: Route, night: Night) -> Window:
        """The days to ask of a route. An API is asked for whole months, as every night does: a bundle with a part of a
        month would take the place of the whole one."""
        if route.kind != "api":
            return Window(self.first, self.last, self.first)
        end = (self.last.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return Window(self.first.replace(day=1), min(end, night.as_of.date()), self.first)


@dataclass(frozen=True)
class Planned:
    """What one source would be asked, and what is held of these days.

    `complete_days` of `days` have been received whole, NULL for a ledger, which proves no day; `records` are the
    invoices issued or the entries posted in them that this source brought.
    """

    source_id: str
    side: str
    routes: tuple[str, ...]
    first: date
    last: date
    days: int
    complete_days: int | None
    records: int


def plan_backfill(con: Connection | None, settings: Settings, again: Backfill, night: Night) -> list[Planned]:
    """One line per source that would be asked. `con` holds the core tables; None where nothing was published yet."""
    return [_plan_source(con, source, routes, again, night) for source, routes in again.choose_routes(settings)]


def _plan_source(con: Connection | None, source: Source, routes: list[Route], again: Backfill, night: Night) -> Planned:
    window = again.find_window(routes[0], night)
    values = {
        "source": source.id,
        "taxpayer": source.taxpayer_id,
        "direction": str(source.direction) if source.direction else None,
        "first": window.first,
        "last": window.last,
    }
    held = run_sql(con, f"pull/held_{source.side}", values).fetchall()[0] if con else (0, 0)
    return Planned(
        source_id=source.id,
        side=str(source.side),
        routes=tuple(route.kind for route in routes),
        first=window.first,
        last=window.last,
        days=(window.last - window.first).days + 1,
        complete_days=held[0],
        records=held[1],
    )
