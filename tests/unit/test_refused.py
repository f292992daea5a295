"""A damaged or refusing place is found out at once and named, each with its own advice."""

from __future__ import annotations

import errno
import os
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from flows.environment import set_aside_damaged
from pipelines import refused
from pipelines.alerts import standing
from pipelines.alerts.send import _compose_crash
from pipelines.alerts.standing import Book, read_book
from pipelines.cli.diagnoses_state import diagnose_heartbeat, diagnose_published_file, diagnose_warehouse
from pipelines.cli.edge import run_command_line
from pipelines.errors import EXIT_USAGE, FapiaoError, IntegrityError, UsageError
from pipelines.find import find_invoices
from pipelines.heartbeat import note_end, note_start
from pipelines.settings import Settings, beijing_now
from pipelines.sources import landing
from pipelines.warehouse import connect


def test_a_damaged_database_of_prefect_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "prefect.db"
    path.write_text("x\n")
    aside = set_aside_damaged(path)
    assert aside
    assert aside.read_text() == "x\n"
    assert not path.exists()


def test_a_sound_database_of_prefect_stays_also_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "prefect.db"
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE t (a)")
    con.execute("BEGIN EXCLUSIVE")
    assert set_aside_damaged(path) is None
    con.close()
    assert set_aside_damaged(path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused.require_writable(tmp_path)
    refused.require_writable(tmp_path / "nothere")

    def refuse(*_args: object, **_named: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(refused.tempfile, "TemporaryFile", refuse)
    with pytest.raises(FapiaoError, match="read-only") as caught:
        refused.require_writable(tmp_path)
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize(("name", "step"), [("published_path", "fapiao nightly"), ("warehouse_path", "restore")])
def test_a_damaged_database_says_what_mends_it(settings: Settings, name: str, step: str) -> None:
    path = getattr(settings, name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 20_000)
    with pytest.raises(IntegrityError) as caught:
        connect(path, settings, read_only=True)
    assert step in (caught.value.next_step or "")
    diagnose = diagnose_published_file if name == "published_path" else diagnose_warehouse
    assert diagnose(settings).state == "fail"


def test_the_doctor_does_not_tick_a_crashed_night(settings: Settings) -> None:
    settings.data_root.mkdir(parents=True, exist_ok=True)
    note_start(settings, "20261101T020000")
    note_end(settings, "crashed")
    assert diagnose_heartbeat(settings).state == "fail"


def test_the_alert_of_a_crash_says_what_the_disk_said() -> None:
    alert = _compose_crash("keep", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "磁盘已满" in alert.body_zh
    assert "free some space" in alert.body_en
    assert "磁盘" not in alert.body_en


def test_what_was_told_is_known_also_where_the_data_root_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    closed = tmp_path / "file" / "deadman.json"
    closed.parent.write_text("no folder")
    now = beijing_now()
    book = Book(since=now.replace(year=2020))
    standing._write_book(closed, book)
    assert read_book(closed, now) == book


def test_a_file_that_could_not_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(landing.os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        landing.write_safely(tmp_path / "heartbeat.json", b"{}")
    assert list(tmp_path.iterdir()) == []


def test_somebody_takes_an_alert_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["alerts", "ack", "drill", "--by", " "]) == EXIT_USAGE
    assert "--by" in capsys.readouterr().err


def test_days_the_wrong_way_round_are_named(settings: Settings) -> None:
    with pytest.raises(UsageError, match="--from is after --to"):
        find_invoices(settings, "*", date_from=date(2026, 11, 1), date_to=date(2026, 10, 1))
