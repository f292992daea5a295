"""Routes and quiet hours over a real HTTP receiver: nothing is lost, it comes after."""

from __future__ import annotations

import socket
from datetime import datetime, time, timedelta

import pytest

from pipelines.alerts import send
from pipelines.alerts.case_store import list_open_cases
from pipelines.alerts.send import alert_night, deliver_pending
from pipelines.night import Night
from pipelines.settings import AlertRoute, NamedChannel, Settings
from tests.faults.test_alert_delivery import plant_finding, read_details, run_receiver
from tests.unit.alert_warehouse import fill_warehouse

EVENING, MORNING = datetime(2026, 11, 24, 2, 30), datetime(2026, 11, 24, 8, 0, 1)


@pytest.mark.parametrize("wakes", [False, True])
def test_quiet_hours_hold_a_warning_back_until_morning(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch, wakes: bool
) -> None:
    with run_receiver() as receiver:
        monkeypatch.setenv("FINANCE_URL", receiver.url)
        quiet = {"quiet_from": time(22), "quiet_to": time(8), "wakes_for_critical": wakes}
        settings.named_channels = [NamedChannel(name="finance", url_env="FINANCE_URL", language="en", **quiet)]
        plant_finding(settings, night)
        monkeypatch.setattr(send, "beijing_now", lambda: EVENING)
        held = alert_night(settings, night)
        assert (held.channels[-1].state, held.delivered, receiver.messages) == ("held", 0, [])
        monkeypatch.setattr(send, "beijing_now", lambda: MORNING)
        assert deliver_pending(settings)[-1].state == "delivered"
        assert deliver_pending(settings)[-1].state == "idle"
        [message] = receiver.messages
    assert message["title"].endswith("1 new findings, 1,130.05 CNY")
    assert read_details(settings)[0][0] is True


def test_each_channel_gets_what_its_route_gives_it(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_receiver() as finance, run_receiver() as other:
        monkeypatch.setenv("FINANCE_URL", finance.url)
        monkeypatch.setenv("OTHER_URL", other.url)
        settings.named_channels = [
            NamedChannel(name="finance", url_env="FINANCE_URL"),
            NamedChannel(name="other", url_env="OTHER_URL"),
        ]
        settings.alert_routes = [AlertRoute(channels=["finance"], causes=["not_found"])]
        plant_finding(settings, night)
        alert_night(settings, night)
        assert (len(finance.messages), len(other.messages)) == (1, 0)


def test_a_channel_without_its_address_fails_and_names_the_variable(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINANCE_URL", raising=False)
    monkeypatch.setattr("pipelines.alerts.channels.FIRST_WAIT_S", 0.01)
    settings.named_channels = [NamedChannel(name="finance", url_env="FINANCE_URL")]
    plant_finding(settings, night)
    detail = alert_night(settings, night).channels[-1].detail
    assert detail == "环境变量 FINANCE_URL 没有设置 | the environment variable FINANCE_URL is not set"


def test_what_a_dead_channel_did_not_take_goes_over_the_other_with_word_of_it_and_it_heals(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.alerts.channels.FIRST_WAIT_S", 0.01)
    with run_receiver() as finance, run_receiver() as other:
        monkeypatch.setenv("FINANCE_URL", finance.url)
        settings.alert_channels = [other.url]
        settings.named_channels = [NamedChannel(name="finance", url_env="FINANCE_URL")]
        settings.alert_routes = [AlertRoute(channels=["finance"], causes=["not_found"])]
        plant_finding(settings, night)
        finance.failures = 3
        outcome = alert_night(settings, night)
        [message] = other.messages
        assert (outcome.dead_channels, outcome.delivered) == (("finance",), 1)
        assert "提醒渠道失效：finance" in message["message"]
        assert "税务系统查无：新增 1 项" in message["message"]
        assert "channel:finance" in {case.alert_key for case in list_open_cases(settings)}
        later = Night(night.as_of + timedelta(days=1))
        with fill_warehouse(settings, later) as house:
            house.night_row()
        alert_night(settings, later)
        assert "【前夜补发】" in finance.messages[0]["message"]
        assert "channel:finance" not in {case.alert_key for case in list_open_cases(settings)}


def test_a_receiver_that_hangs_is_a_failure_that_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.alerts.channels.ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.alert_channels = [f"json://127.0.0.1:{mute.getsockname()[1]}/x?rto=0.5&cto=0.5"]
        result = send.test_channels(settings)[-1]
    assert (result.state, result.detail) == ("failed", "连不上或没有应答 | no connection or no answer")
