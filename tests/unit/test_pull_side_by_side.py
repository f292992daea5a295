"""Sources of one night are fetched side by side: bounded, in the order of the settings, none held up by another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from threading import Barrier, Event, Lock
from types import SimpleNamespace

import pytest

from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.night_log import open_night
from pipelines.pull import stage
from pipelines.pull.api_pace import Pace, find_pace
from pipelines.pull.route import Pulled, Window
from pipelines.pull.side_by_side import OverBudgetError, call_within, do_side_by_side
from pipelines.routes import ApiRoute, BearerAuth, RemoteRoute, Route
from pipelines.settings import OutageFile, Settings, Source
from pipelines.warehouse import open_warehouse
from tests.unit.api_server import invoice, serve

NIGHT = Night(datetime(2026, 11, 10, 2))
WHOLE = Pulled("pulled", watermark=NIGHT.as_of)


class Systems:
    """`work` is what asking a system comes to, by its address."""

    def __init__(self) -> None:
        self.free = Event()
        self.lock = Lock()
        self.busy = self.busiest = 0
        self.barrier: Barrier | None = None

    def make(self, route: Route, _settings: Settings) -> Systems:
        assert isinstance(route, RemoteRoute)
        return _One(self, route.url or "")  # type: ignore[return-value]

    def ask(self, url: str) -> Pulled:
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            if url == "/hangs":
                self.free.wait(30)
            if url == "/breaks":
                raise RuntimeError("broken")
            if self.barrier and url != "/hangs":
                self.barrier.wait(20)
            if self.barrier is None:
                time.sleep(0.02)
        finally:
            with self.lock:
                self.busy -= 1
        return WHOLE


class _One:
    def __init__(self, systems: Systems, url: str) -> None:
        self.systems, self.url = systems, url

    def pull(self, _source: Source, _window: Window, _inbox: Path, _night: Night) -> Pulled:
        return self.systems.ask(self.url)


@pytest.fixture
def systems(monkeypatch: pytest.MonkeyPatch) -> Iterator[Systems]:
    systems = Systems()
    monkeypatch.setattr(stage, "make_puller", systems.make)
    yield systems
    systems.free.set()


def night_of(settings: Settings, *urls: str, **declared: object) -> list[tuple[str, str]]:
    """Sources and states in the order in which the stage tells them."""
    settings.sources = [
        Source(
            id=f"s{place}{url[1:]}",
            side=Side.UPSTREAM,
            folder=f"in/{place}",
            direction=Direction.INPUT,
            pull=RemoteRoute(url=url),
        )
        for place, url in enumerate(urls)
    ]
    settings = settings.model_copy(update=declared)
    open_night(settings, NIGHT)
    pulls = stage.pull_night(settings, NIGHT)
    return [(attempt.source_id, attempt.pulled.state) for attempt in pulls.attempts]


def test_sources_wait_for_each_other_only_if_the_bound_says_so(settings: Settings, systems: Systems) -> None:
    """Three systems that answer only once all three are being asked."""
    systems.barrier = Barrier(3)
    assert night_of(settings, "/a", "/b", "/c") == [("s0a", "pulled"), ("s1b", "pulled"), ("s2c", "pulled")]
    assert systems.busiest == 3


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_are_asked_at_once_than_the_settings_allow(settings: Settings, systems: Systems, at_once: int) -> None:
    told = night_of(settings, "/a", "/b", "/c", "/d", "/e", fetch_at_once=at_once)
    assert [source for source, _ in told] == ["s0a", "s1b", "s2c", "s3d", "s4e"]
    assert systems.busiest == at_once


def test_a_hanging_and_a_breaking_source_fail_alone(settings: Settings, systems: Systems) -> None:
    began = time.monotonic()
    told = night_of(settings, "/hangs", "/breaks", "/a", fetch_at_once=1, fetch_budget_seconds=0.3)
    assert told == [("s0hangs", "failed"), ("s1breaks", "failed"), ("s2a", "pulled")]
    assert time.monotonic() - began < 20  # it hangs for thirty
    with open_warehouse(settings, read_only=True) as con:
        rows = con.execute("SELECT source_id, message_en FROM night__pull WHERE state = 'failed' ORDER BY 1").fetchall()
    assert [source for source, _ in rows] == ["s0hangs", "s1breaks"]
    assert "was given up" in rows[0][1]


def test_what_hangs_is_followed_by_its_fallback(settings: Settings, systems: Systems) -> None:
    hangs = RemoteRoute(url="/hangs")
    source = Source(id="tax", side=Side.UPSTREAM, folder="in", pull=hangs, fallbacks=[RemoteRoute(url="/back")])
    settings = settings.model_copy(update={"sources": [source], "fetch_budget_seconds": 0.3})
    open_night(settings, NIGHT)
    pulls = stage.pull_night(settings, NIGHT)
    assert [attempt.pulled.state for attempt in pulls.attempts] == ["failed", "pulled"]
    assert pulls.stale == ()
    del systems


def test_a_folder_that_cannot_be_made_fails_its_source_alone(settings: Settings, systems: Systems) -> None:
    settings.data_root.mkdir(parents=True)
    (settings.data_root / "in").mkdir()
    (settings.data_root / "in" / "0").write_text("a file stands where the folder should be")
    assert night_of(settings, "/a", "/b") == [("s0a", "failed"), ("s1b", "pulled")]
    del systems


def test_who_waits_for_an_outage_holds_up_nobody(
    settings: Settings, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one is asked at once; the others have come before the waiting begins, and the order stays."""
    asked: list[str] = []
    real = systems.ask

    def ask(url: str) -> Pulled:
        asked.append(url)
        return Pulled("failed") if url == "/rests" and asked.count(url) == 1 else real(url)

    monkeypatch.setattr(systems, "ask", ask)
    monkeypatch.setattr(stage, "time", SimpleNamespace(sleep=lambda _s: asked.append("wait"), monotonic=time.monotonic))
    settings.data_root.mkdir(parents=True)
    (settings.data_root / "a.csv").write_text("from,to,sources\n2026-11-10 00:00,2026-11-10 02:30,s0rests\n")
    declared = {"maintenance": [OutageFile(file="a.csv")], "maintenance_wait_minutes": 60, "fetch_at_once": 1}
    told = night_of(settings, "/rests", "/a", "/b", **declared)
    assert asked == ["/rests", "/a", "/b", "wait", "/rests"]
    assert told == [("s0rests", "pulled"), ("s1a", "pulled"), ("s2b", "pulled")]


def test_a_stage_that_is_over_its_time_gives_each_one_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "STAGE_SECONDS", 0)
    fetching = stage.Fetching(Settings(), NIGHT, stage.Outages(), None)
    assert (fetching.allow(3600), fetching.allow(0.5)) == (1.0, 0.5)


def test_results_come_in_the_order_of_the_jobs() -> None:
    waits = [0.06, 0.03, 0.0]
    assert do_side_by_side(lambda seconds: (time.sleep(seconds), seconds)[1], waits, 3) == waits
    assert do_side_by_side(str, [], 3) == []


def test_a_call_gives_its_answer_its_error_or_is_given_up() -> None:
    assert call_within(5, lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        call_within(5, lambda: 1 // 0)
    stuck = Event()
    with pytest.raises(OverBudgetError):
        call_within(0.05, lambda: stuck.wait(10))
    stuck.set()


def test_one_account_keeps_one_pace_whoever_asks() -> None:
    pace = Pace()
    assert [round(pace.reserve(0.01), -1) for _ in range(3)] == [0, 100, 200]
    own, same, other = (BearerAuth.model_validate({"token_env": name}) for name in ("A", "A", "B"))
    assert find_pace("https://x", own) is find_pace("https://x", same)
    assert find_pace("https://x", own) is not find_pace("https://x", other)


def test_sources_of_one_api_are_fetched_in_one_night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAX_SECRET", "opensesame")
    with serve() as api:
        api.rows = [invoice(n, "2026-11-02") for n in range(1, 6)]
        route = ApiRoute.model_validate(
            {
                "base_url": api.url,
                "auth": {"kind": "bearer", "token_env": "TAX_SECRET"},
                "listing": {"path": "/invoices", "page_size": 2},
                "requests_per_second": 1000,
                "first_day": date(2026, 11, 1),
            }
        )
        settings.sources = [
            Source(id=name, side=Side.UPSTREAM, folder=f"in/{name}", direction=Direction.INPUT, pull=route)
            for name in ("one", "two")
        ]
        open_night(settings, NIGHT)
        attempts = stage.pull_night(settings, NIGHT).attempts
    assert [(attempt.source_id, attempt.pulled.state, attempt.pulled.rows) for attempt in attempts] == [
        ("one", "pulled", 5),
        ("two", "pulled", 5),
    ]
