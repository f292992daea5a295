"""Digests over a real HTTP receiver: at their hour, once, with what is open, new, overdue and resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from pipelines.alerts import channels, digests, send
from pipelines.alerts.case_store import acknowledge
from pipelines.alerts.digest_due import find_due
from pipelines.alerts.digests import book_path, send_digests
from pipelines.cli import watch
from pipelines.cli.edge import run_command_line
from pipelines.night import Night
from pipelines.settings import AlertRoute, NamedChannel, Owner, Settings
from pipelines.sources.calendar import load_calendar
from pipelines.warehouse import open_warehouse
from tests.faults.test_alert_delivery import Receiver, run_receiver
from tests.unit.alert_warehouse import TAX_ID, fill_warehouse

FIRST = datetime(2026, 11, 23, 2)
MONDAY = datetime(2026, 11, 23, 8, 40)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def receiver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(channels, "FIRST_WAIT_S", 0.02)
    with run_receiver() as server:
        monkeypatch.setenv("BOSS_URL", server.url)
        settings.named_channels = [boss("daily")]
        yield server


def boss(digest: str | None, **declared: Any) -> NamedChannel:
    return NamedChannel.model_validate({"name": "boss", "url_env": "BOSS_URL", "digest": digest, **declared})


def run_night(settings: Settings, day: int, *findings: str, source: str = "received") -> None:
    """A night with these findings (of 100.00 each) that are new on it, and the state of the source `tax`."""
    night = Night(FIRST + timedelta(days=day))
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.source("tax", source)
        for name in findings:
            house.finding(name, "not_found", "100.00")
    send.alert_night(settings.model_copy(update={"named_channels": []}), night)


def sent(receiver: Receiver) -> list[tuple[str, str]]:
    return [(message["title"], message["message"]) for message in receiver.messages]


def test_a_digest_tells_what_is_open_new_and_for_how_much(settings: Settings, receiver: Receiver) -> None:
    settings.owners = [Owner(name="张会计", taxpayers=[TAX_ID])]
    run_night(settings, 0, "a", "b", source="silent")
    [result] = send_digests(settings, MONDAY)
    assert (result.channel, result.state) == ("boss", "delivered")
    [(title, body)] = sent(receiver)
    assert title == "发票核对日报 2026-11-23：未结 2 条，200.00 元；新增 2，解除 0"
    assert body.splitlines() == [
        "2026-11-22 08:30 – 2026-11-23 08:40：运行 1 夜，发布 1 夜，最近一夜 2026-11-23 02:00。",
        "- 【注意】税务系统查无：未结 2 项，200.00 元（…B2X3）｜新增，负责人 张会计",
        "- 【注意】来源应到未到：tax（连续 1 夜）｜新增",
    ]


def test_the_next_day_tells_what_was_resolved_and_what_nobody_took_on(settings: Settings, receiver: Receiver) -> None:
    settings.named_channels = [boss("daily", language="en")]
    settings.escalate_after_days = 1
    run_night(settings, 0, "a", source="silent")
    send_digests(settings, MONDAY)
    run_night(settings, 1)
    send_digests(settings, TUESDAY)
    title, body = sent(receiver)[1]
    assert title == "Daily invoices 2026-11-24: 1 open (1 overdue), 100.00 CNY; 0 new, 1 resolved"
    assert "nobody acknowledged it for 1 days" in body
    assert "- Resolved: Source silent: tax (1 nights in a row)" in body
    acknowledge(settings, f"finding:not_found:{TAX_ID}", "王工", None)
    send_digests(settings, TUESDAY + timedelta(days=1))
    title, body = sent(receiver)[2]
    assert "1 open, 100.00 CNY; 0 new, 0 resolved" in title
    assert "taken on by 王工" in body


def test_a_digest_is_sent_once_however_often_the_watch_looks(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    tried = [len(send_digests(settings, MONDAY + timedelta(hours=hour))) for hour in range(24)]
    assert tried == [1, *[0] * 23]
    assert len(send_digests(settings, TUESDAY)) == 1
    assert len(receiver.messages) == 2


def test_without_anything_open_it_is_a_sign_of_life_and_says_if_no_night_ran(
    settings: Settings, receiver: Receiver
) -> None:
    run_night(settings, 0)
    send_digests(settings, MONDAY)
    send_digests(settings, TUESDAY)
    (first_title, first), (_, second) = sent(receiver)
    assert first_title.endswith("未结 0 条，0.00 元；新增 0，解除 0")
    assert first.endswith("没有未结的提醒。")
    assert "没有运行过一夜，以下是 2026-11-23 02:00 的情况。请 IT 运行 fapiao doctor。" in second


def test_a_channel_that_is_new_long_after_its_hour_waits_for_the_next(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    assert send_digests(settings, MONDAY.replace(hour=20)) == ()
    assert [result.state for result in send_digests(settings, TUESDAY + timedelta(hours=9))] == ["delivered"]
    assert len(receiver.messages) == 1


def test_what_is_not_taken_is_tried_again_and_named_dead(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    receiver.failures = channels.ATTEMPTS
    [result] = send_digests(settings, MONDAY)
    assert (result.state, result.detail) == ("failed", "HTTP 503")
    assert [found.state for found in send_digests(settings, MONDAY + timedelta(hours=1))] == ["delivered"]
    assert len(receiver.messages) == 1


def test_the_watch_sends_it_and_names_a_channel_that_did_not_take_it(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(settings, 0, "a")
    monkeypatch.setattr(digests, "beijing_now", lambda: MONDAY)
    receiver.failures = 99
    assert "boss" in watch.watch_sources(settings).dead_channels
    receiver.failures = 0
    watch.watch_sources(settings)
    watch.watch_sources(settings)
    assert sum(title.startswith("发票核对日报") for title, _ in sent(receiver)) == 1


def test_the_night_and_deliver_send_it_too(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(settings, 0, "a")
    monkeypatch.setattr(digests, "beijing_now", lambda: MONDAY)
    results = [result.state for result in send.deliver_pending(settings) if result.channel == "boss"]
    assert results == ["idle", "delivered"]
    monkeypatch.setattr(digests, "beijing_now", lambda: TUESDAY)
    night = Night(FIRST + timedelta(days=1))
    with fill_warehouse(settings, night) as house:
        house.night_row()
    outcome = send.alert_night(settings, night)
    assert ("boss", "delivered") in [(result.channel, result.state) for result in outcome.channels]


def test_a_crash_before_it_is_noted_sends_it_again_and_loses_none(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(settings, 0, "a")

    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(digests, "write_safely", crash)
        with pytest.raises(KeyboardInterrupt):
            send_digests(settings, MONDAY)
    assert [result.state for result in send_digests(settings, MONDAY)] == ["delivered"]
    assert send_digests(settings, MONDAY) == ()
    assert len(receiver.messages) == 2


def test_a_book_that_cannot_be_read_begins_anew(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    send_digests(settings, MONDAY)
    book_path(settings).write_text("{")
    assert len(send_digests(settings, MONDAY)) == 1
    assert len(receiver.messages) == 2


def _hold(root: str, what: str, is_held: Any, may_go: Any) -> None:
    settings = Settings(data_root=Path(root))
    with open_warehouse(settings) if what == "warehouse" else digests._hold_book(settings):
        is_held.set()
        may_go.wait(60)


@contextmanager
def held_by_another_process(settings: Settings, what: str) -> Iterator[None]:
    context = get_context("spawn")
    is_held, may_go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(settings.data_root), what, is_held, may_go))
    other.start()
    assert is_held.wait(60)
    yield
    may_go.set()
    other.join(60)


def test_two_processes_send_one_digest(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    with held_by_another_process(settings, "book"):
        assert send_digests(settings, MONDAY) == ()
    assert len(send_digests(settings, MONDAY)) == 1
    assert len(receiver.messages) == 1


def test_a_running_night_and_quiet_hours_hold_it_back_and_it_comes_after(
    settings: Settings, receiver: Receiver
) -> None:
    run_night(settings, 0, "a")
    settings.named_channels = [boss("daily", quiet_from="08:00", quiet_to="09:00")]
    assert send_digests(settings, MONDAY) == ()
    later = MONDAY + timedelta(hours=1)
    with held_by_another_process(settings, "warehouse"):
        assert send_digests(settings, later) == ()
    assert len(send_digests(settings, later)) == 1
    assert len(receiver.messages) == 1


def test_a_channel_hears_of_what_routes_give_it_and_of_all_if_none_names_it(
    settings: Settings, receiver: Receiver
) -> None:
    run_night(settings, 0, "a", source="silent")
    settings.alert_routes = [AlertRoute(channels=["boss"], causes=["source"])]
    settings.named_channels.append(NamedChannel(name="other", url_env="OTHER_URL"))
    settings.alert_channels = [receiver.url]
    send_digests(settings, MONDAY)
    assert "未结 1 条，0.00 元" in sent(receiver)[0][0]


def test_a_long_list_is_cut_to_what_the_channel_takes_and_says_so(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(settings, 0, "a", source="silent")
    monkeypatch.setattr(channels, "LIMIT_BYTES", {"json": 230})
    send_digests(settings, MONDAY)
    [(title, body)] = sent(receiver)
    assert "未结 2 条" in title
    assert body.splitlines()[-1] == "另有 1 条：fapiao alerts list"
    assert len(body.encode()) <= 230


@pytest.mark.parametrize(
    ("digest", "now", "due"),
    [
        ("daily", "2026-11-23T08:30", "2026-11-23T08:30"),
        ("daily", "2026-11-23T08:29", "2026-11-22T08:30"),
        ("weekly:MON", "2026-11-23T08:30", "2026-11-23T08:30"),
        ("weekly:MON", "2026-11-23T08:29", "2026-11-16T08:30"),
        ("weekly:SUN", "2026-11-23T08:30", "2026-11-22T08:30"),
        ("workdays", "2026-11-23T08:00", "2026-11-20T08:30"),
        ("workdays", "2026-10-08T08:00", "2026-09-30T08:30"),
    ],
)
def test_a_digest_is_due_at_its_hour_on_its_days(settings: Settings, digest: str, now: str, due: str) -> None:
    found = find_due(boss(digest), datetime.fromisoformat(now), load_calendar(settings.data_root))
    assert found == datetime.fromisoformat(due)


def test_a_preview_says_the_same_and_sends_nothing(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_night(settings, 0, "a")
    monkeypatch.setattr(digests, "beijing_now", lambda: MONDAY)
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    (settings.data_root / "fapiao.toml").write_text(
        '[[named_channels]]\nname = "boss"\nurl_env = "BOSS_URL"\ndigest = "daily"\n', encoding="utf-8"
    )
    capsys.readouterr()
    assert run_command_line(["alerts", "digest"]) == 0
    shown = capsys.readouterr().out
    assert run_command_line(["alerts", "digest", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (receiver.messages, book_path(settings).exists()) == ([], False)
    send_digests(settings, MONDAY)
    [(title, body)] = sent(receiver)
    assert (told["subject"], told["body"]) == (title, body)
    assert title in shown


def test_a_night_that_sends_the_digest_counts_itself(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    with open_warehouse(settings) as con:
        con.execute("UPDATE night__run SET finished_at = NULL")
    send_digests(settings, MONDAY)
    assert "运行 1 夜，发布 1 夜，最近一夜 2026-11-23 02:00" in sent(receiver)[0][1]


def test_a_table_of_working_days_that_cannot_be_read_is_named(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    (settings.data_root / "workdays.csv").write_text("first,last,is_workday,name\nx,y,no,\n")
    [result] = send_digests(settings, MONDAY)
    assert (result.state, "workdays.csv: row 2" in result.detail) == ("failed", True)
    assert receiver.messages == []


def test_a_channel_without_digest_gets_none(settings: Settings, receiver: Receiver) -> None:
    run_night(settings, 0, "a")
    settings.named_channels = [boss(None)]
    assert (send_digests(settings, MONDAY), receiver.messages) == ((), [])


def test_a_digest_of_another_rhythm_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="digest"):
        boss("hourly")
