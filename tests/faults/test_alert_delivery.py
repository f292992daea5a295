"""Alerts over a real HTTP receiver: it takes them, falters, is dead, comes back."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipelines.alerts import channels
from pipelines.alerts.send import alert_crash, alert_file_path, alert_night, test_channels
from pipelines.errors import BadInputError
from pipelines.night import Night
from pipelines.reports.summary import render_markdown, summarise_night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.unit.alert_warehouse import NUMBER, PARTY, fill_warehouse

SECRET = "-".join(["robot", "key", "0815"])


class Receiver(HTTPServer):
    """Keeps what it was sent; answers 503 as often as `failures` says, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[dict[str, str]] = []
        self.failures = 0

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fails = self.server.failures > 0
        self.server.failures -= fails
        if not fails:
            self.server.messages.append(body)
        self.send_response(503 if fails else 200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """The test's output stays quiet."""


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as server:
        yield server


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "FIRST_WAIT_S", 0.02)


@pytest.fixture
def dead_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"json://127.0.0.1:{probe.getsockname()[1]}/{SECRET}"


def with_channels(settings: Settings, *urls: str, language: str = "zh") -> Settings:
    return settings.model_copy(update={"alert_channels": list(urls), "alert_language": language})


def plant_finding(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "1130.05")


def read_details(settings: Settings) -> list[tuple[bool, str]]:
    with open_warehouse(settings) as con:
        return con.execute("SELECT is_delivered, delivery_detail FROM alert__message ORDER BY ALL").fetchall()


def test_a_webhook_gets_one_masked_message_with_number_and_money(
    settings: Settings, night: Night, receiver: Receiver
) -> None:
    plant_finding(settings, night)
    outcome = alert_night(with_channels(settings, receiver.url), night)
    [message] = receiver.messages
    assert (outcome.raised, outcome.delivered, outcome.dead_channels) == (1, 1, ())
    assert message["title"] == "发票核对 2026-11-24：提醒 1 条，新增 1 项，1,130.05 元"
    assert "深圳…公司" in message["message"]
    assert PARTY not in str(message)
    assert NUMBER not in str(message)
    assert read_details(settings) == [(True, '{"console": "delivered", "file": "delivered", "json[1]": "delivered"}')]


def test_english_is_sent_where_english_is_set_and_both_are_stored(
    settings: Settings, night: Night, receiver: Receiver
) -> None:
    plant_finding(settings, night)
    alert_night(with_channels(settings, receiver.url, language="en"), night)
    assert receiver.messages[0]["title"].endswith("1 alerts, 1 new findings, 1,130.05 CNY")
    assert "is booked with 1130.05" in receiver.messages[0]["message"]
    kept = alert_file_path(settings, night).read_text(encoding="utf-8")
    assert "在账上为" in kept
    assert "is booked with" in kept


def test_a_rerun_of_the_night_sends_nothing_twice(settings: Settings, night: Night, receiver: Receiver) -> None:
    plant_finding(settings, night)
    alert_night(with_channels(settings, receiver.url), night)
    again = alert_night(with_channels(settings, receiver.url), night)
    assert len(receiver.messages) == 1
    assert (again.raised, again.delivered) == (1, 1)
    assert {result.state for result in again.channels} == {"idle"}


def test_a_rerun_that_finds_something_else_sends_it(settings: Settings, night: Night, receiver: Receiver) -> None:
    plant_finding(settings, night)
    alert_night(with_channels(settings, receiver.url), night)
    with fill_warehouse(settings, night) as house:
        house.finding("b", "not_found", "1.00")
    alert_night(with_channels(settings, receiver.url), night)
    assert [message["title"].split("：")[1] for message in receiver.messages] == [
        "提醒 1 条，新增 1 项，1,130.05 元",
        "提醒 1 条，新增 2 项，1,131.05 元",
    ]


def test_a_receiver_that_fails_twice_gets_the_message_on_the_third_try(
    settings: Settings, night: Night, receiver: Receiver
) -> None:
    plant_finding(settings, night)
    receiver.failures = 2
    outcome = alert_night(with_channels(settings, receiver.url), night)
    assert len(receiver.messages) == 1
    assert (outcome.channels[-1].state, outcome.channels[-1].attempts) == ("delivered", 3)


def test_a_dead_channel_is_recorded_shown_and_never_named_by_its_address(
    settings: Settings, night: Night, dead_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    plant_finding(settings, night)
    with caplog.at_level(logging.DEBUG):
        outcome = alert_night(with_channels(settings, dead_url), night)
    summary = summarise_night(settings, night)
    shown = render_markdown(summary, "zh")
    assert (outcome.raised, outcome.delivered, outcome.dead_channels) == (1, 0, ("json[1]",))
    assert "其中 1 条未能送达所有渠道" in shown
    assert "no connection or no answer" in shown
    heard = "".join((*capfd.readouterr(), caplog.text, shown, str(summary.as_dict()), str(read_details(settings))))
    assert SECRET not in heard


def test_an_http_refusal_names_its_status(settings: Settings, night: Night, receiver: Receiver) -> None:
    plant_finding(settings, night)
    receiver.failures = 99
    outcome = alert_night(with_channels(settings, receiver.url), night)
    assert outcome.channels[-1].detail == "HTTP 503"


def test_what_a_channel_missed_comes_with_the_next_night_once(
    settings: Settings, night: Night, receiver: Receiver
) -> None:
    plant_finding(settings, night)
    receiver.failures = 3
    alert_night(with_channels(settings, receiver.url), night)
    for day in (1, 2):
        later = Night(night.as_of + timedelta(days=day))
        with fill_warehouse(settings, later) as house:
            house.night_row()
        alert_night(with_channels(settings, receiver.url), later)
    [message] = receiver.messages
    assert "【前夜补发】" in message["message"]
    assert read_details(settings)[0][0] is True


def test_nothing_new_sends_nothing_and_leaves_no_row(settings: Settings, night: Night, receiver: Receiver) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "sync_delay", "10.00")
    outcome = alert_night(with_channels(settings, receiver.url), night)
    assert (outcome.raised, receiver.messages, read_details(settings)) == (0, [], [])


def test_a_crash_is_told_at_once_without_the_text_of_a_foreign_error(
    settings: Settings, night: Night, receiver: Receiver
) -> None:
    told = with_channels(settings, receiver.url)
    alert_crash(told, night, "take-in", RuntimeError(f"cannot read {PARTY} {SECRET}"))
    alert_crash(told, night, "audit", BadInputError("The sheet is gone."))
    assert "RuntimeError" in receiver.messages[0]["message"]
    assert "The sheet is gone" in receiver.messages[1]["message"]
    assert SECRET not in receiver.messages[0]["message"]
    assert [is_delivered for is_delivered, _ in read_details(settings)] == [True, True]


def test_channels_are_proved_one_by_one(settings: Settings, receiver: Receiver, dead_url: str) -> None:
    results = test_channels(with_channels(settings, receiver.url, dead_url, "no address at all"))
    alive = [(result.channel, result.is_alive) for result in results]
    assert alive == [("console", True), ("json[1]", True), ("json[2]", False), ("unknown[3]", False)]
    assert results[3].detail == "地址看不懂 | the address is not understood"
    assert len(receiver.messages) == 1
