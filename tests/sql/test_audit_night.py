"""The stage: verdicts kept, rerun of a night, Data Docs of the last nights, nothing sent anywhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from expectations.audit import audit_night
from expectations.judge import open_context
from expectations.registry import RULES
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.sql.audit_warehouse import fill_clean_warehouse

FEW = [rule for rule in RULES if rule.rule_id in ("record_judged", "amount_agrees", "row_usable")]


@pytest.fixture(autouse=True)
def _clean_warehouse(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        fill_clean_warehouse(con)


def run(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(statement).fetchall()


def test_a_clean_night_may_be_published_and_warnings_do_not_block(settings: Settings, night: Night) -> None:
    audit = audit_night(settings, night)
    assert audit.may_publish
    assert (audit.rules_checked, audit.rules_failed, audit.rules_stopped) == (len(RULES), 2, 0)
    assert {failure.rule_id for failure in audit.failures} == {"row_usable", "reject_share_small"}
    assert run(settings, "SELECT COUNT(*), COUNT(DISTINCT rule_id) FROM audit__verdict") == [(len(RULES), len(RULES))]


def test_a_stop_rule_blocks_and_stands_first(settings: Settings, night: Night) -> None:
    run(settings, "DELETE FROM recon__member WHERE record_id = 'l2'")
    audit = audit_night(settings, night, FEW)
    assert not audit.may_publish
    assert audit.stopped == ("record_judged",)
    assert [failure.rule_id for failure in audit.failures] == ["record_judged", "row_usable"]
    kept = run(settings, "SELECT rule_id, row_key FROM audit__unexpected ORDER BY ALL")
    assert kept == [("record_judged", "ledger|l2"), ("row_usable", "f1|tax|s|3")]


def test_second_run_of_the_same_night_changes_nothing(settings: Settings, night: Night) -> None:
    everything = "SELECT * FROM audit__verdict LEFT JOIN audit__unexpected USING (night_id, rule_id) ORDER BY ALL"
    first = audit_night(settings, night, FEW), run(settings, everything)
    second = audit_night(settings, night, FEW), run(settings, everything)
    assert first == second


def test_every_night_keeps_its_verdicts_and_the_last_ones_their_pages(settings: Settings, night: Night) -> None:
    settings.data_docs_nights = 2
    nights = [Night(night.as_of + timedelta(days=days)) for days in range(3)]
    for one in nights:
        audit_night(settings, one, FEW)
    assert run(settings, "SELECT COUNT(DISTINCT night_id) FROM audit__verdict") == [(3,)]
    pages = settings.report_dir / "data_docs"
    assert sorted(path.name for path in pages.iterdir()) == [nights[1].night_id, nights[2].night_id, "index.html"]
    assert nights[2].night_id in (pages / "index.html").read_text(encoding="utf-8")
    judged = list((pages / nights[2].night_id / "validations").rglob("*.html"))
    assert any("Every record is a member of an item" in page.read_text(encoding="utf-8") for page in judged)


def test_nothing_is_sent_anywhere(settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    others = set(threading.enumerate()) - {threading.current_thread()}

    def refuse(*target: object, **_: object) -> NoReturn:
        # Threads that earlier tests left, such as those of Prefect's client, are not the audit's.
        if threading.current_thread() not in others:
            tried.append(target)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert audit_night(settings, night, FEW).may_publish
    assert tried == []


def test_telemetry_is_off() -> None:
    context = open_context()
    assert context.config.analytics_enabled is False
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


APART = """
import sys
from datetime import datetime
from pathlib import Path
from expectations.audit import audit_night
from pipelines.night import Night
from pipelines.settings import Settings
assert audit_night(Settings(data_root=Path(sys.argv[1])), Night(datetime.fromisoformat(sys.argv[2]))).may_publish
"""


def test_nothing_is_printed(settings: Settings, night: Night) -> None:
    """In a process of its own: what other tests have set up for logging prints here too."""
    command = [sys.executable, "-c", APART, str(settings.data_root), night.as_of.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("", "")


def test_importing_the_stage_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.audit; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
