"""The stage before the files are read: every source with a `pull` route is fetched into its own folder.

A route that gives nothing is followed by the source's fallbacks in their order; what each of them gave is a row of
`night__pull`. No route stops a night: a source that none could fetch goes on with what it had, and that is said.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from pipelines.errors import FapiaoError, UsageError
from pipelines.night import Night
from pipelines.pull.again import Backfill
from pipelines.pull.excuse import excuse_failure, say_stale
from pipelines.pull.outages import Outages, load_outages
from pipelines.pull.route import GOOD_STATES, Pulled, Window, make_puller
from pipelines.pull.side_by_side import OverBudgetError, call_within, do_side_by_side
from pipelines.pull.words import say
from pipelines.routes import Route
from pipelines.settings import Settings, Source, beijing_now
from pipelines.sources.reasons import Message
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

logger = logging.getLogger(__name__)

STAGE_SECONDS = 3 * 3600
"""The whole fetch, waiting included; what has not come by then is left for the next night."""


@dataclass(frozen=True)
class Attempt:
    """One route of one source tonight; `route_no` 0 is the first choice."""

    source_id: str
    route_no: int
    kind: str
    started_at: datetime
    ended_at: datetime
    pulled: Pulled


@dataclass(frozen=True)
class Asked:
    """A source with its routes in their order, and how far it is known."""

    source: Source
    routes: tuple[Route, ...]
    watermark: datetime | None = None


@dataclass(frozen=True)
class Fetching:
    """What fetching every source needs: the night, what is announced, and how late it is by the night's clock."""

    settings: Settings
    night: Night
    outages: Outages
    again: Backfill | None
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


def pull_night(settings: Settings, night: Night, again: Backfill | None = None) -> Pulls:
    """Fetch every source that has a route; writes files into the folders, and night__pull.

    A look back (a later night has ended already) fetches nothing. With `again` only its sources are asked, for its
    days, and no watermark is noted. The sources are asked side by side; the warehouse is not held while a system
    answers, and written by one thread, in the order of the settings.
    """
    chosen = again.choose_routes(settings) if again else _list_routes(settings)
    asked = [Asked(source, tuple(routes)) for source, routes in chosen]
    with open_warehouse(settings) as con:
        later = run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone()
        if later and again:
            raise _refuse_look_back(night, later[0])
        if not asked or later:
            return Pulls()
        asked = [replace(one, watermark=_read_watermark(con, one.source, night)) for one in asked]
    fetching = Fetching(settings, night, load_outages(settings, night.as_of), again)
    found = do_side_by_side(lambda one: _pull_source(fetching, one), asked, settings.fetch_at_once)
    tried = dict(zip([one.source.id for one in asked], found, strict=True))
    attempts = tuple(attempt for found in tried.values() for attempt in found)
    with open_warehouse(settings) as con, transaction(con):
        con.execute("DELETE FROM night__pull WHERE night_id = ?", [night.night_id])
        for attempt in attempts:
            row = _as_row(attempt, night)
            run_sql(con, "pull/night__pull", row | {"watermark": None} if again else row)
    return Pulls(attempts, tuple(name for name, found in tried.items() if not _is_good(found[-1])))


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


def _pull_source(fetching: Fetching, asked: Asked) -> list[Attempt]:
    attempts: list[Attempt] = []
    for number in range(len(asked.routes)):
        attempts.append(_try_route(fetching, asked, number))
        if _is_good(attempts[-1]):
            return attempts
    if _await_end(fetching, asked.source, attempts[0]):
        again = _try_route(fetching, asked, 0)
        attempts = [replace(again, started_at=attempts[0].started_at), *([] if _is_good(again) else attempts[1:])]
        if _is_good(again):
            return attempts
    if any(attempt.pulled.files for attempt in attempts):
        return attempts
    is_resting = any(attempt.pulled.state == "maintenance" for attempt in attempts)
    said = say_stale(attempts[-1].pulled, asked.source, asked.watermark, is_resting=is_resting)
    attempts[-1] = replace(attempts[-1], pulled=said)
    return attempts


def _await_end(fetching: Fetching, source: Source, first: Attempt) -> bool:
    """Wait for the end of an announced outage, if the settings let the night wait so long."""
    outage = fetching.outages.find(source.id, fetching.now(), fetching.now())
    if outage is None or first.pulled.state != "maintenance":
        return False
    seconds = (outage.ends - fetching.now()).total_seconds() + 1
    if seconds > fetching.allow(fetching.settings.maintenance_wait_minutes * 60):
        return False
    logger.info("source %s: waiting %.0f s for the end of its announced outage", source.id, seconds)
    time.sleep(seconds)
    return True


def _is_good(attempt: Attempt) -> bool:
    return attempt.pulled.state in GOOD_STATES


def _try_route(fetching: Fetching, asked: Asked, number: int) -> Attempt:
    source, route = asked.source, asked.routes[number]
    settings, night, begun = fetching.settings, fetching.night, fetching.now()
    inbox, seconds = settings.source_folder(source), fetching.allow(settings.fetch_budget_seconds)
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    started = beijing_now()
    try:
        puller, window = make_puller(route, settings), fetching.find_window(route, asked.watermark)
        pulled = call_within(seconds, lambda: puller.pull(source, window, inbox, night))
    except OverBudgetError:
        logger.warning("route %s of source %s was given up after its budget", number, source.id)
        pulled = Pulled(
            "failed",
            message=say("route", "over_budget", source=source.id, road=route.kind, minutes=f"{seconds / 60:.0f}"),
        )
    except Exception as error:  # noqa: BLE001 - kept as this route's failure; one route must not stop the night
        logger.warning("route %s of source %s failed: %s", number, source.id, type(error).__name__)
        pulled = Pulled("failed", message=_say_failure(source, route, error))
    pulled = excuse_failure(pulled, fetching.outages.find(source.id, begun, fetching.now()), fetching.now())
    return Attempt(source.id, number, route.kind, started, beijing_now(), pulled)


def _say_failure(source: Source, route: Route, error: Exception) -> Message:
    """Texts of foreign errors may hold addresses and passwords: only their kind is said."""
    what = error.message if isinstance(error, FapiaoError) else type(error).__name__
    return Message(
        f"来源 {source.id} 的途径 {route.kind} 取数失败：{what}。请 IT 查看。",
        f"Source {source.id}: route {route.kind} failed: {what}. Please have IT look.",
    )


def _as_row(attempt: Attempt, night: Night) -> dict[str, object]:
    pulled = attempt.pulled
    return {
        "night_id": night.night_id,
        "source_id": attempt.source_id,
        "route_no": attempt.route_no,
        "kind": attempt.kind,
        "state": pulled.state,
        "files": list(pulled.files),
        "rows": pulled.rows,
        "declared": pulled.declared,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "watermark": pulled.watermark if pulled.state in GOOD_STATES else None,
        "message_zh": pulled.message.zh if pulled.message else None,
        "message_en": pulled.message.en if pulled.message else None,
    }
