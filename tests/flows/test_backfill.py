"""The backfill as a flow and as a command, against the simulated tax system over a real socket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.edge import run_command_line
from pipelines.errors import IntegrityError
from pipelines.heartbeat import heartbeat_path
from pipelines.night_log import hold_night_lock
from pipelines.settings import Settings, beijing_now
from pipelines.simulator import Simulator, make_books
from pipelines.simulator.books import first_day_for
from pipelines.snapshots.verify import verify_snapshots
from pipelines.warehouse import connect
from tests.faults.fault_nights import settle, simulate

pytestmark = pytest.mark.usefixtures("prefect_server")

NOW = beijing_now()
FIRST = first_day_for(NOW)
LAST_NIGHT = NOW - timedelta(hours=12)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulate(make_books(seed=7, invoices=40, first_day=FIRST, months=2)) as running:
        running.set_clock(NOW.isoformat())
        yield running


@pytest.fixture
def settings(simulator: Simulator, tmp_path: Path) -> Settings:
    return settle(simulator, tmp_path)


def read(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    con = connect(settings.published_path, settings, read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def test_a_dry_run_says_what_and_touches_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    assert run_command_line(["backfill", "--from", str(FIRST), "--to", str(FIRST), "--json"]) == 0
    (planned,) = json.loads(capsys.readouterr().out)
    assert (planned["source_id"], planned["first"], planned["complete_days"]) == ("tax_api", str(FIRST), 0)
    assert not (settings.data_root / "warehouse").exists()
    assert not (settings.data_root / "inbox" / "tax_api").exists()
    assert run_command_line(["backfill", "--from", "yesterday", "--to", str(FIRST)]) == 2
    assert run_command_line(["backfill", "--from", str(FIRST), "--to", str(FIRST), "--source", "x"]) == 2
    assert "tax_api" in capsys.readouterr().err


def test_run_judges_keeps_and_publishes_and_leaves_the_heartbeat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows import backfill, nightly  # noqa: PLC0415 - the environment comes first

    text = (settings.data_root / "fapiao.toml").read_text(encoding="utf-8")
    (settings.data_root / "fapiao.toml").write_text(
        text.replace(f"first_day = {FIRST}", f"first_day = {NOW.date().replace(day=1)}"), encoding="utf-8"
    )
    nightly.run(as_of=LAST_NIGHT, data_root=settings.data_root)
    beat = heartbeat_path(settings).read_bytes()
    month = f"strftime(issued_at, '%Y-%m') = '{FIRST:%Y-%m}'"
    ((before,),) = read(settings, f"SELECT count(*) FROM core_upstream__invoice WHERE {month}")

    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    monkeypatch.setattr("pipelines.cli.backfill.load_job", {"backfill": backfill.run}.__getitem__)
    arguments = ["backfill", "--from", str(FIRST), "--to", str(FIRST + timedelta(days=20)), "--run", "--json"]
    assert run_command_line(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["is_published"] is True
    assert said["snapshot_id"]
    ((after, distinct),) = read(
        settings, f"SELECT count(*), count(DISTINCT record_id) FROM core_upstream__invoice WHERE {month}"
    )
    assert after == distinct > before
    assert heartbeat_path(settings).read_bytes() == beat
    assert verify_snapshots(settings).is_sound


def test_a_backfill_that_brings_nothing_exits_with_4_and_names_the_source(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows import backfill  # noqa: PLC0415

    path = settings.data_root / "fapiao.toml"
    nobody = re.sub(r'base_url = "[^"]+"', 'base_url = "http://127.0.0.1:9"', path.read_text(encoding="utf-8"))
    path.write_text(nobody.replace("attempts = 3", "attempts = 1"), encoding="utf-8")
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    monkeypatch.setattr("pipelines.cli.backfill.load_job", {"backfill": backfill.run}.__getitem__)
    assert run_command_line(["backfill", "--from", str(FIRST), "--to", str(FIRST), "--run", "--json"]) == 4
    said = json.loads(capsys.readouterr().out)
    assert (said["is_published"], said["is_fetched"], said["failed_sources"]["tax_api"]) == (True, False, "failed")


def test_a_dry_flow_run_returns_nothing_and_opens_no_night(settings: Settings) -> None:
    from flows.backfill import backfill  # noqa: PLC0415

    assert backfill(FIRST, FIRST, data_root=str(settings.data_root)) is None
    assert not settings.warehouse_path.exists()


def test_a_backfill_does_not_start_beside_a_night(settings: Settings) -> None:
    from flows import backfill  # noqa: PLC0415

    with hold_night_lock(settings), pytest.raises(IntegrityError, match="Another night"):
        backfill.run(FIRST, FIRST, data_root=settings.data_root)
    assert not settings.warehouse_path.exists()


def test_days_to_come_are_refused(settings: Settings) -> None:
    from flows.backfill import backfill  # noqa: PLC0415
    from pipelines.errors import UsageError  # noqa: PLC0415

    with pytest.raises(UsageError, match="range of days"):
        backfill(FIRST, date(2999, 1, 1), data_root=str(settings.data_root))
