"""A deployed job that fails before it can speak is spoken for, once, until it is well again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipelines.alerts.standing import read_book
from pipelines.errors import IntegrityError
from pipelines.settings import beijing_now


def play(root: Path, state: Any, *, is_deployed: bool = True) -> list[str]:
    """Keys that stand after a run of the drill that ended so."""
    from prefect.client.schemas.objects import FlowRun  # noqa: PLC0415 - the environment comes first

    from flows.drill import drill  # noqa: PLC0415
    from flows.job_alerts import tell_failure, tell_recovery  # noqa: PLC0415

    run = FlowRun(flow_id=uuid4(), deployment_id=uuid4() if is_deployed else None, parameters={"data_root": str(root)})
    (tell_recovery if state.is_completed() else tell_failure)(drill, run, state)
    standing = read_book(root / "job-drill.json", beijing_now()).standing
    return [key for key, entry in standing.items() if entry.resolved_at is None]


def failed(error: BaseException) -> Any:
    from prefect.states import Failed  # noqa: PLC0415

    return Failed(data=error)


def test_failed_and_crashed_runs_stand_until_a_good_one(data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from prefect.states import Completed, Crashed  # noqa: PLC0415

    assert play(data_root, failed(IntegrityError("locked"))) == ["job:drill"]
    said = capsys.readouterr().err
    assert "drill" in said
    assert "locked" in said
    assert play(data_root, Crashed()) == ["job:drill"]
    assert "drill" not in capsys.readouterr().err
    assert play(data_root, Completed()) == []
    assert play(data_root, Crashed()) == ["job:drill"]


def test_a_text_of_an_unknown_error_stays_out(data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(data_root, failed(RuntimeError("password hunter2"))) == ["job:drill"]
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "hunter2" not in said


def test_what_is_told_already_or_at_the_terminal_is_not_told_again(data_root: Path) -> None:
    from flows.job_alerts import Told  # noqa: PLC0415

    class KnownError(Told, IntegrityError):
        pass

    staged = RuntimeError("x")
    staged.add_note("stage: publish")
    assert play(data_root, failed(KnownError("damaged"))) == []
    assert play(data_root, failed(staged)) == []
    assert play(data_root, failed(RuntimeError("x")), is_deployed=False) == []


def test_an_alert_that_cannot_be_raised_is_logged(data_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (data_root / "fapiao.toml").write_text("nonsense = 1\n", encoding="utf-8")
    assert play(data_root, failed(RuntimeError("x"))) == []
    assert "the alert about job drill failed" in caplog.text
