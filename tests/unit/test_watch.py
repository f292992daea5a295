"""The hourly watch and the weekly check: told once, over by themselves, through real receivers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from pipelines.alerts import channels
from pipelines.cli import watch
from pipelines.cli.diagnosis import Diagnosis
from pipelines.settings import NamedChannel, Owner, Settings, Source
from pipelines.snapshots.read import open_snapshot
from pipelines.warehouse import open_warehouse
from tests.faults.test_alert_delivery import Receiver, run_receiver


@pytest.fixture
def receiver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(channels, "FIRST_WAIT_S", 0.02)
    with run_receiver() as server:
        settings.alert_channels = [server.url]
        settings.data_root.mkdir(parents=True)
        source = {"id": "tax", "side": "upstream", "folder": "in/tax", "expected": "nightly"}
        settings.sources = [Source.model_validate(source)]
        yield server


def test_a_folder_that_is_gone_is_told_once_with_its_owner_and_over_once(
    settings: Settings, receiver: Receiver
) -> None:
    settings.owners = [Owner(name="张会计", contact="8012", sources=["tax"])]
    assert [watch.watch_sources(settings).problems for _ in range(2)] == [("source:tax",)] * 2
    (settings.data_root / "in" / "tax").mkdir(parents=True)
    assert [watch.watch_sources(settings).problems for _ in range(2)] == [()] * 2
    assert [message["title"] for message in receiver.messages] == [
        "运行检查：来源 source tax 有问题",
        "已解除：运行检查：来源 source tax 有问题",
    ]
    assert "mkdir -p" in receiver.messages[0]["message"]
    assert "负责人：张会计 8012" in receiver.messages[0]["message"]


def test_quiet_hours_hold_the_watch_back_and_it_is_told_after(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINANCE_URL", receiver.url)
    quiet = {"name": "finance", "url_env": "FINANCE_URL", "quiet_from": "00:00", "quiet_to": "23:59:59"}
    settings.alert_channels, settings.named_channels = [], [NamedChannel.model_validate(quiet)]
    assert watch.watch_sources(settings).channels == ()
    settings.named_channels = [NamedChannel(name="finance", url_env="FINANCE_URL")]
    assert [result.state for result in watch.watch_sources(settings).channels] == ["delivered"]


def test_the_watch_speaks_while_a_night_holds_the_warehouse(settings: Settings, receiver: Receiver) -> None:
    with open_warehouse(settings):
        assert watch.watch_sources(settings).problems == ("source:tax",)
    assert len(receiver.messages) == 1


def test_a_dead_channel_is_named_and_tried_again(settings: Settings, receiver: Receiver) -> None:
    receiver.failures = channels.ATTEMPTS
    assert watch.watch_sources(settings).dead_channels == ("json[1]",)
    assert watch.watch_sources(settings).dead_channels == ()
    assert len(receiver.messages) == 1


def test_a_dead_channel_is_not_tried_for_every_alert(settings: Settings, receiver: Receiver) -> None:
    gone = {"id": "erp", "side": "ledger", "folder": "in/erp", "expected": "nightly"}
    settings.sources.append(Source.model_validate(gone))
    receiver.failures = channels.ATTEMPTS
    assert watch.watch_sources(settings).dead_channels == ("json[1]",)
    assert receiver.messages == []
    watch.watch_sources(settings)
    assert len(receiver.messages) == 2


def test_all_that_is_wrong_with_one_source_is_one_alert() -> None:
    found = [
        Diagnosis("来源 tax", "fail", "gone", "make it", "source:tax"),
        Diagnosis("途径 tax[0]", "warn", "no answer", "ask IT", "source:tax"),
        Diagnosis("磁盘 disk", "ok", "much", key="watch:disk"),
    ]
    (alert,) = watch.compose_watch(found)
    assert (alert.alert_key, alert.severity) == ("source:tax", "critical")
    assert "途径 tax[0]: no answer\n→ ask IT" in alert.body_zh


def test_a_damaged_snapshot_is_told_once(kept: Settings) -> None:
    with run_receiver() as receiver:
        kept.alert_channels = [receiver.url]
        assert watch.watch_backups(kept)[0].is_sound
        entry = open_snapshot(kept, "latest").files_of("recon__item")[0]
        (kept.snapshot_dir / entry["path"]).unlink()
        assert [watch.watch_backups(kept)[1].problems for _ in range(2)] == [("watch:backups",)] * 2
    assert [message["title"] for message in receiver.messages] == ["快照有损坏：1 个文件"]


def test_a_store_without_any_snapshot_is_no_backup(kept: Settings) -> None:
    with run_receiver() as receiver:
        kept.alert_channels = [receiver.url]
        shutil.rmtree(kept.snapshot_dir)
        assert watch.watch_backups(kept)[1].problems == ("watch:backups",)
    assert [message["title"] for message in receiver.messages] == ["一份快照也没有"]
