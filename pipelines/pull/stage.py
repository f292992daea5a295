"""The stage before the files are read: every source with a `pull` route is fetched into its own folder.

A route that gives nothing is followed by the source's fallbacks in their order; what each of them gave is a row of
`night__pull`. No route stops a night: a source that none could fetch goes on with what it had, and that is said.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from pipelines.errors import UsageError
from pipelines.night import Night
from pipelines.pull.again import Backfill
from pipelines.pull.attempt import Attempt
from pipelines.pull.excuse import excuse_failure, say_failure, say_stale
from pipelines.pull.outages import Outages, load_outages
from pipelines.pull.route import Pulled, Window, make_puller
from pipelines.pull.side_by_side import OverBudgetError, call_within, do_side_by_side
from pipelines.pull.words import say
from pipelines.routes import Route
from pipelines.settings import Settings, Source, beijing_now
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

logger = logging.getLogger(__name__)

STAGE_SECONDS = 3 * 3600
"""The whole fetch, waiting included; what has not come by then is left for the next night."""


@dataclass(frozen=True)
class Asked:
    """A source, its routes in their order, and the moment up to which everything had been received, None if never."""

    source: Source
    routes: tuple[Route, ...]
    watermark: datetime | None = None


@dataclass(frozen=True)
class Fetching:
    """What fetching every source needs: the night, what is announced, and how late it is by the night's clock."""

    settings: Settings
    night: Night
    outages: Outages
    again: Backfill | None = None
    begun_s: float = field(default_factory=time.monotonic)

    def find_window(self, route: Route, watermark: datetime | None) -> Window:
        """Days to ask for: those of the backfill, if this is one."""
        return self.again.find_window(route, self.night) if self.again else find_window(route, watermark, self.night)

    def now(self) -> datetime:
        """The night's moment and what has passed since; `--as-of` moves it, as it moves every verdict."""
        return self.night.as_of + timedelta(seconds=time.monotonic() - self.begun_s)

    def allow(self, seconds: float) -> float:
        """So many seconds, or what is left of the stage; at least one, so that whoever answers at once is heard."""
        return min(seconds, max(1.0, STAGE_SECONDS - (time.monotonic() - self.begun_s)))


@dataclass(frozen=True)
class Pulls:
    """Every route that was tried tonight, in order, and the sources of which no route gave everything."""

    attempts: tuple[Attempt, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def failed(self) -> dict[str, str]:
        """The stale sources, each with the state of the last route that was tried."""
        return {one.source_id: one.pulled.state for one in self.attempts if one.source_id in self.stale}

    @property
    def is_fruitless(self) -> bool:
        """Whether something was asked and no route gave a file or was up to date."""
        return bool(self.attempts) and not any(one.is_good or one.pulled.files for one in self.attempts)


def pull_night(settings: Settings, night: Night, again: Backfill | None = None) -> Pulls:
    """Fetch every source that has a route; writes files into the folders, and night__pull.

    A look back (a later night has ended already) fetches nothing. With `again` only its sources are asked, for its
    days, and no watermark is noted. The sources are asked side by side; the warehouse is not held while a system
    answers, and written by one thread, in the order of the settings.
    """
    chosen = again.choose_routes(settings) if again else _list_routes(settings)
    with open_warehouse(settings) as con:
        later = run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone()
        if later and again:
            raise _refuse_look_back(night, later[0])
        if not chosen or later:
            return Pulls()
        asked = [Asked(source, tuple(routes), _read_watermark(con, source, night)) for source, routes in chosen]
    fetching = Fetching(settings, night, load_outages(settings, night.as_of), again)
    tried = _try_side_by_side(fetching, asked)
    tried |= _try_after_outages(fetching, asked, tried)
    attempts = tuple(said for one in asked for said in _say_age(tried[one.source.id], one))
    with open_warehouse(settings) as con, transaction(con):
        con.execute("DELETE FROM night__pull WHERE night_id = ?", [night.night_id])
        for attempt in attempts:
            row = attempt.as_row(night)
            run_sql(con, "pull/night__pull", row | {"watermark": None} if again else row)
    return Pulls(attempts, tuple(name for name, found in tried.items() if not found[-1].is_good))


def _refuse_look_back(night: Night, later: str) -> UsageError:
    return UsageError(
        "此后已有一夜结束，不能补取 | A later night has ended: nothing can be asked for a moment before it.",
        where=night.night_id,
        found=later,
    )


def _list_routes(settings: Settings) -> list[tuple[Source, list[Route]]]:
    return [(source, [source.pull, *source.fallbacks]) for source in settings.sources if source.pull]


def find_window(route: Route, watermark: datetime | None, night: Night) -> Window:
    """Days to ask for: from the watermark, or from the night if that is earlier, the overlap back."""
    last = night.as_of.date()
    known = min(watermark.date(), last) if watermark else None
    if known is None and route.first_day is not None:
        return Window(route.first_day, last, route.first_day)
    first = _days_before(known or last, route.overlap_days)
    return Window(first, last, known or first)


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=days)


def _read_watermark(con: Connection, source: Source, night: Night) -> datetime | None:
    found = run_sql(con, "pull/watermark", {"source": source.id, "as_of": night.as_of}).fetchone()
    return found[0] if found else None


def _try_side_by_side(fetching: Fetching, asked: list[Asked]) -> dict[str, list[Attempt]]:
    def try_routes(one: Asked) -> list[Attempt]:
        attempts: list[Attempt] = []
        for number in range(len(one.routes)):
            attempts.append(_try_route(fetching, one, number))
            if attempts[-1].is_good:
                break
        return attempts

    found = do_side_by_side(try_routes, asked, fetching.settings.fetch_at_once)
    return dict(zip([one.source.id for one in asked], found, strict=True))


def _try_after_outages(
    fetching: Fetching, asked: list[Asked], tried: dict[str, list[Attempt]]
) -> dict[str, list[Attempt]]:
    """The first route again of those whose outage ends soon enough for the settings; nobody else waits for them."""
    ends = {one.source.id: end for one in asked if (end := _find_end(fetching, one.source, tried[one.source.id]))}
    found: dict[str, list[Attempt]] = {}
    for end in sorted(set(ends.values())):
        due = [one for one in asked if ends.get(one.source.id) == end]
        seconds = max(0.0, (end - fetching.now()).total_seconds() + 1)
        logger.info("waiting %.0f s for the end of the announced outage of %s sources", seconds, len(due))
        time.sleep(seconds)
        again = do_side_by_side(lambda one: _try_route(fetching, one, 0), due, fetching.settings.fetch_at_once)
        for one, attempt in zip(due, again, strict=True):
            first, *others = tried[one.source.id]
            found[one.source.id] = [replace(attempt, started_at=first.started_at), *([] if attempt.is_good else others)]
    return found


def _find_end(fetching: Fetching, source: Source, attempts: list[Attempt]) -> datetime | None:
    """When to ask the source again tonight; None if that is not worth waiting for."""
    now = fetching.now()
    outage = fetching.outages.find(source.id, now, now)
    if outage is None or attempts[0].pulled.state != "maintenance" or attempts[-1].is_good:
        return None
    longest = fetching.allow(fetching.settings.maintenance_wait_minutes * 60)
    return outage.ends if (outage.ends - now).total_seconds() + 1 <= longest else None


def _say_age(attempts: list[Attempt], asked: Asked) -> list[Attempt]:
    """The same; the last route says on which data the source is judged, if none gave a file or was up to date."""
    if attempts[-1].is_good or any(attempt.pulled.files for attempt in attempts):
        return attempts
    is_resting = any(attempt.pulled.state == "maintenance" for attempt in attempts)
    said = say_stale(attempts[-1].pulled, asked.source, asked.watermark, is_resting=is_resting)
    return [*attempts[:-1], replace(attempts[-1], pulled=said)]


def _try_route(fetching: Fetching, asked: Asked, number: int) -> Attempt:
    source, route = asked.source, asked.routes[number]
    settings, night, begun = fetching.settings, fetching.night, fetching.now()
    seconds, window = fetching.allow(settings.fetch_budget_seconds), fetching.find_window(route, asked.watermark)
    started = beijing_now()
    try:
        pulled = call_within(seconds, lambda: _pull(settings, source, route, window, night))
    except OverBudgetError:
        logger.warning("route %s of source %s was given up after its budget", number, source.id)
        pulled = Pulled(
            "failed",
            message=say("route", "over_budget", source=source.id, road=route.kind, minutes=f"{seconds / 60:.3g}"),
        )
    except Exception as error:  # noqa: BLE001 - kept as this route's failure; one route must not stop the night
        logger.warning("route %s of source %s failed: %s", number, source.id, type(error).__name__)
        pulled = Pulled("failed", message=say_failure(source, route, error))
    pulled = excuse_failure(pulled, fetching.outages.find(source.id, begun, fetching.now()), fetching.now())
    return Attempt(source.id, number, route.kind, started, beijing_now(), pulled)


def _pull(settings: Settings, source: Source, route: Route, window: Window, night: Night) -> Pulled:
    """Into the source's folder, which may lie on a share that is away or hangs."""
    inbox = settings.source_folder(source)
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    return make_puller(route, settings).pull(source, window, inbox, night)
