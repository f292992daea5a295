"""The dead-man's switch: a night that never came, hangs or was killed is noticed without anything of the night."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipelines import heartbeat
from pipelines.alerts import channels
from pipelines.alerts.deadman import deadman_path, look_at_heartbeat, raise_deadman
from pipelines.alerts.standing import read_book
from pipelines.cli.edge import run_command_line
from pipelines.settings import NamedChannel, Settings
from pipelines.warehouse import open_warehouse
from tests.faults.test_alert_delivery import Receiver, run_receiver

MORNING = datetime(2026, 11, 24, 2, 20)
DUE = MORNING + timedelta(hours=26)
AFTER = DUE + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "FIRST_WAIT_S", 0.02)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with run_receiver() as server:
        settings.alert_channels = [server.url]
        settings.data_root.mkdir(parents=True, exist_ok=True)
        yield server


def beat(settings: Settings, monkeypatch: pytest.MonkeyPatch, outcome: heartbeat.Outcome | None) -> None:
    """A night that began ten minutes before MORNING and ended then so; None: it never ended."""
    monkeypatch.setattr(heartbeat, "beijing_now", lambda: MORNING - timedelta(minutes=10))
    heartbeat.note_start(settings, "20261124T020000")
    monkeypatch.setattr(heartbeat, "beijing_now", lambda: MORNING)
    if outcome:
        heartbeat.note_end(settings, outcome)


def test_a_night_in_time_is_no_alarm(settings: Settings, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    beat(settings, monkeypatch, "published")
    assert raise_deadman(settings, DUE)[0].is_overdue is False
    assert receiver.messages == []


def test_a_night_that_may_wait_for_an_outage_is_due_so_much_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.maintenance_wait_minutes = 180
    beat(settings, monkeypatch, "published")
    assert look_at_heartbeat(settings, AFTER).is_overdue is False
    assert look_at_heartbeat(settings, AFTER + timedelta(hours=3)).is_overdue


def test_silence_is_told_once_again_after_days_and_over_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    beat(settings, monkeypatch, "published")
    for hours in (0, 1, 2):
        assert raise_deadman(settings, AFTER + timedelta(hours=hours))[0].is_overdue
    assert [message["title"] for message in receiver.messages] == ["夜间核对没有按时结束"]
    assert "最近一次结束于 11-24 02:20" in receiver.messages[0]["message"]
    raise_deadman(settings, AFTER + timedelta(days=settings.escalate_after_days))
    assert [message["title"][:8] for message in receiver.messages[1:]] == ["已 3 天未解决"]
    monkeypatch.setattr(heartbeat, "beijing_now", lambda: AFTER + timedelta(days=4))
    heartbeat.note_end(settings, "published")
    for hours in (0, 1):
        assert not raise_deadman(settings, AFTER + timedelta(days=4, hours=hours))[0].is_overdue
    assert [message["title"] for message in receiver.messages[2:]] == ["已解除：夜间核对没有按时结束"]
    assert read_book(deadman_path(settings), AFTER).standing == {}


def test_a_channel_that_took_nothing_hears_of_it_at_the_next_look(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    beat(settings, monkeypatch, "published")
    receiver.failures = channels.ATTEMPTS
    assert [result.state for result in raise_deadman(settings, AFTER)[1]] == ["failed"]
    assert [result.state for result in raise_deadman(settings, AFTER + timedelta(hours=1))[1]] == ["delivered"]


def test_quiet_hours_do_not_hold_it_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_receiver() as receiver:
        monkeypatch.setenv("FINANCE_URL", receiver.url)
        quiet = NamedChannel.model_validate(
            {"name": "finance", "url_env": "FINANCE_URL", "quiet_from": "00:00", "quiet_to": "23:59"}
        )
        settings.named_channels = [quiet]
        beat(settings, monkeypatch, "published")
        raise_deadman(settings, AFTER)
    assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("outcome", "said"), [(None, "没有结束"), ("crashed", "那一夜中断了"), ("look_back", "最近一次结束于")]
)
def test_what_is_no_whole_night_does_not_move_the_moment_that_is_due(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, outcome: heartbeat.Outcome | None, said: str
) -> None:
    beat(settings, monkeypatch, outcome)
    started = MORNING - timedelta(minutes=10)
    found = look_at_heartbeat(settings, started + timedelta(hours=26, minutes=1))
    assert said in (found.problem_zh or "")


def test_an_installation_where_no_night_ever_began_is_noticed(settings: Settings, receiver: Receiver) -> None:
    assert not raise_deadman(settings, MORNING)[0].is_overdue
    assert raise_deadman(settings, AFTER)[0].problem_en == "it was due to end by 11-25 04:20; none has ever begun"
    assert len(receiver.messages) == 1


def test_a_damaged_heartbeat_is_an_alarm_and_the_next_night_heals_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    beat(settings, monkeypatch, "published")
    heartbeat.heartbeat_path(settings).write_text("{", encoding="utf-8")
    assert raise_deadman(settings, MORNING)[0].problem_zh == "心跳文件读不出来"
    beat(settings, monkeypatch, "published")
    assert not raise_deadman(settings, MORNING)[0].is_overdue
    assert len(receiver.messages) == 2


def test_the_command_speaks_while_another_holds_the_warehouse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    beat(settings, monkeypatch, None)
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    monkeypatch.setenv("FAPIAO_ALERT_CHANNELS", json.dumps([receiver.url]))
    with open_warehouse(settings):
        monkeypatch.setattr("pipelines.alerts.deadman.beijing_now", lambda: AFTER)
        assert run_command_line(["alerts", "deadman", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["is_overdue"], said["heartbeat"]["outcome"], said["channels"][0]["state"]) == (
        True,
        "running",
        "delivered",
    )
    assert len(receiver.messages) == 1


class _Outside(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """The test's output stays quiet."""


@pytest.fixture
def outside() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Outside) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token-0815"
        server.shutdown()


@pytest.mark.parametrize(("status", "problem"), [(200, None), (500, "HTTP 500")])
def test_the_address_outside_is_asked_for_and_never_written_down(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    outside: str,
    status: int,
    problem: str | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(_Outside, "status", status)
    monkeypatch.setenv("BEAT_URL", outside)
    settings.heartbeat_url_env = "BEAT_URL"
    assert heartbeat.ping_outside(settings) == problem
    assert "token-0815" not in caplog.text


def test_an_address_outside_that_nobody_answers_or_that_is_not_set_is_a_warning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heartbeat.ping_outside(settings) is None
    settings.heartbeat_url_env = "BEAT_URL"
    monkeypatch.delenv("BEAT_URL", raising=False)
    assert heartbeat.ping_outside(settings) == "the variable is not set"
    monkeypatch.setenv("BEAT_URL", "http://127.0.0.1:9/x")
    assert heartbeat.ping_outside(settings) == "ConnectError"
