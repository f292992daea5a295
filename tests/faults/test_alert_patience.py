"""Channels that ask for patience (429, 503 with Retry-After), over a real HTTP server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from requests.sessions import Session

from pipelines.alerts import channels
from pipelines.alerts.case_store import list_open_cases
from pipelines.alerts.send import alert_night
from pipelines.night import Night
from pipelines.settings import Settings
from tests.faults.test_alert_delivery import plant_finding, read_details, run_receiver


class Busy(HTTPServer):
    """Answers with `refusals` in their order (status and Retry-After), then 200; `at` are the moments of requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: list[tuple[int, str | None]] = []
        self.at: list[float] = []
        self.messages: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/room"


class _Handler(BaseHTTPRequestHandler):
    server: Busy

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.at.append(time.monotonic())
        status, wait = self.server.refusals.pop(0) if self.server.refusals else (200, None)
        if status == 200:
            self.server.messages.append(body)
        self.send_response(status)
        if wait is not None:
            self.send_header("Retry-After", wait)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """The test's output stays quiet."""


@contextmanager
def run_busy() -> Iterator[Busy]:
    with Busy() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def busy(settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    monkeypatch.setattr(channels, "FIRST_WAIT_S", 0.02)
    with run_busy() as server:
        settings.alert_channels = [server.url]
        plant_finding(settings, night)
        yield server


@pytest.mark.parametrize("status", [429, 503])
def test_a_channel_that_asks_for_a_second_gets_it_and_then_the_message(
    settings: Settings, night: Night, busy: Busy, status: int
) -> None:
    busy.refusals = [(status, "1")]
    result = alert_night(settings, night).channels[-1]
    assert (result.state, result.attempts, len(busy.messages)) == ("delivered", 2, 1)
    assert busy.at[1] - busy.at[0] >= 1


def test_a_moment_instead_of_seconds_is_understood(settings: Settings, night: Night, busy: Busy) -> None:
    busy.refusals = [(429, format_datetime(datetime.now(UTC) + timedelta(minutes=50), usegmt=True))]
    result = alert_night(settings, night).channels[-1]
    assert (result.state, result.attempts) == ("failed", 1)
    assert "asks to wait" in result.detail


def test_without_a_wait_asked_for_it_is_tried_again_soon(settings: Settings, night: Night, busy: Busy) -> None:
    busy.refusals = [(429, None), (429, "soon")]
    result = alert_night(settings, night).channels[-1]
    assert (result.state, result.attempts) == ("delivered", 3)


def test_who_asks_for_more_than_there_is_is_left_alone_and_noticed(
    settings: Settings, night: Night, busy: Busy
) -> None:
    busy.refusals = [(429, "3600")]
    with run_receiver() as other:
        settings.alert_channels = [busy.url, other.url]
        outcome = alert_night(settings, night)
        assert len(busy.at) == 1
        assert outcome.dead_channels == ("json[1]",)
        assert any("提醒渠道失效：json[1]" in message["message"] for message in other.messages)
    assert "channel:json[1]" in [case.alert_key for case in list_open_cases(settings)]
    assert "failed: HTTP 429, asks to wait 3600 s, 1 attempts" in str(read_details(settings))


def test_the_next_night_offers_it_again(settings: Settings, night: Night, busy: Busy) -> None:
    busy.refusals = [(429, "3600")]
    alert_night(settings, night)
    alert_night(settings, Night(night.as_of + timedelta(days=1)))
    assert any("前夜补发" in message["message"] for message in busy.messages)
    assert "channel:json[1]" not in [case.alert_key for case in list_open_cases(settings)]


def test_all_tries_together_take_no_more_than_the_patience(settings: Settings, night: Night, busy: Busy) -> None:
    settings.channel_patience_seconds = 3
    busy.refusals = [(429, "2")] * 9
    assert alert_night(settings, night).channels[-1].state == "failed"
    assert len(busy.at) == 2


def test_requests_is_as_before_when_the_message_is_out(settings: Settings, night: Night, busy: Busy) -> None:
    send = Session.send
    alert_night(settings, night)
    assert Session.send is send
    assert len(busy.messages) == 1
