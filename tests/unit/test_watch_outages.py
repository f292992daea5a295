"""The doctor and the hourly watch during an announced outage: a note with its end, an alarm when it is over."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta

import pytest

from pipelines.cli import diagnoses_outages
from pipelines.cli.diagnoses import diagnose_hourly
from pipelines.cli.diagnoses_routes import diagnose_routes
from pipelines.cli.diagnosis import Diagnosis
from pipelines.cli.watch import compose_watch
from pipelines.settings import OutageFile, Settings, Source, beijing_now

NOW = datetime(2026, 11, 28, 2, 15)


@pytest.fixture
def down(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A source whose system does not answer, and an outage until six."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("ERP_URL", f"postgresql://reader:x@127.0.0.1:{port}/x")
    route = {"kind": "database", "url_env": "ERP_URL", "query": "SELECT 1"}
    settings.sources = [Source.model_validate({"id": "erp", "side": "ledger", "folder": "in/erp", "pull": route})]
    settings.data_root.mkdir(parents=True)
    (settings.data_root / "a.toml").write_text(
        '[[window]]\nfrom = 2026-11-28T00:00:00\nto = 2026-11-28T06:00:00\nnote = "升级"\n'
    )
    settings.maintenance = [OutageFile(file="a.toml")]
    return settings


def look(settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Diagnosis:
    monkeypatch.setattr(diagnoses_outages, "beijing_now", lambda: now)
    (found,) = diagnoses_outages.excuse_routes(settings, diagnose_routes(settings))
    return found


def test_a_system_without_answer_is_a_note_until_the_announced_end(
    down: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look(down, NOW, monkeypatch)
    assert (found.state, found.next_step) == ("ok", None)
    assert "没有应答 no answer" in found.detail
    assert "公告维护至 06:00（升级） | announced maintenance until 06:00 (升级)" in found.detail
    assert look(down, datetime(2026, 11, 28, 6), monkeypatch).state == "fail"


def test_a_variable_that_is_not_set_is_a_fault_also_then(down: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERP_URL")
    assert look(down, NOW, monkeypatch).state == "fail"


@pytest.mark.parametrize(
    ("received_to", "now", "state"),
    [
        ("2026-11-25T02:00", "2026-11-28T02:15", "ok"),
        ("2026-11-25T02:00", "2026-11-29T08:00", "ok"),
        ("2026-11-25T02:00", "2026-11-29T08:01", "warn"),
        ("2026-11-21T19:59", "2026-11-28T02:15", "warn"),
        (None, "2026-11-28T02:15", "warn"),
    ],
)
def test_data_that_are_old_by_an_outage_are_a_note_until_the_night_after_was_due(
    received_to: str | None, now: str, state: str, down: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nightly outages in a row count as one; data that were old before the first are not explained."""
    rows = "".join(f"2026-11-{day} 00:00,2026-11-{day} 06:00\n" for day in range(24, 29))
    (down.data_root / "a.csv").write_text(f"from,to\n{rows}")
    down.maintenance = [OutageFile(file="a.csv")]
    monkeypatch.setattr(diagnoses_outages, "beijing_now", lambda: datetime.fromisoformat(now))
    mark = datetime.fromisoformat(received_to) if received_to else None
    stale = Diagnosis("数据时点 watermark erp", "warn", "old", "see", "source:erp", received_to=mark)
    (found,) = diagnoses_outages.excuse_watermarks(down, iter([stale]))
    assert found.state == state


def test_the_watch_raises_no_alarm_meanwhile_and_does_after(down: Settings) -> None:
    now = beijing_now()
    span = f"from,to\n{now - timedelta(hours=1)},{now + timedelta(hours=1)}\n"
    (down.data_root / "b.csv").write_text(span)
    down.maintenance = [OutageFile(file="b.csv")]
    assert compose_watch(diagnose_hourly(down)) == []
    (down.data_root / "b.csv").write_text("from,to\n")
    assert [alert.alert_key for alert in compose_watch(diagnose_hourly(down))] == ["source:erp"]


def test_the_doctor_tells_what_is_announced_and_what_cannot_be_read(
    down: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnoses_outages, "beijing_now", lambda: datetime(2026, 11, 27, 12))
    (coming,) = diagnoses_outages.diagnose_outages(down)
    assert (coming.state, "erp: 11-28 00:00 – 11-28 06:00 升级" in coming.detail) == ("ok", True)
    down.maintenance.append(OutageFile(file="gone.ics", sources=["erp"]))
    _, gone = diagnoses_outages.diagnose_outages(down)
    assert (gone.state, gone.key, "gone.ics" in gone.subject) == ("warn", "maintenance:gone.ics", True)
    assert "No such file" in gone.detail


def test_without_announcements_nothing_is_said_of_them(settings: Settings) -> None:
    assert list(diagnoses_outages.diagnose_outages(settings)) == []
