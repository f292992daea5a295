"""prefect.yaml says what `prefect deploy` will do."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def deployments() -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    return {found["name"]: found for found in content["deployments"]}


@pytest.fixture(scope="module")
def deployment() -> dict[str, Any]:
    return deployments()["nightly"]


def test_the_night_and_its_watches_are_deployed() -> None:
    assert sorted(deployments()) == ["backfill", "drill", "nightly", "verify-backups", "watch-sources"]


def test_deployment_runs_at_two_in_beijing(deployment: dict[str, Any]) -> None:
    from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415

    (schedule,) = deployment["schedules"]
    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]) == CronSchedule(
        cron="0 2 * * *", timezone="Asia/Shanghai"
    )


@pytest.mark.parametrize("deployment", deployments().values(), ids=deployments())
def test_deployment_lets_one_run_at_a_time(deployment: dict[str, Any]) -> None:
    later = "CANCEL_NEW" if deployment["name"] == "watch-sources" else "ENQUEUE"
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": later}


def test_only_the_hourly_look_does_not_wait_for_a_night() -> None:
    queues = {name: found["work_pool"]["work_queue_name"] for name, found in deployments().items()}
    assert queues.pop("watch-sources") == "watch"
    assert set(queues.values()) == {"night"}


@pytest.mark.parametrize("deployment", deployments().values(), ids=deployments())
def test_entrypoint_is_the_flow(deployment: dict[str, Any]) -> None:
    from prefect import Flow  # noqa: PLC0415

    from flows.job_alerts import tell_failure, tell_recovery  # noqa: PLC0415

    path, _, name = deployment["entrypoint"].partition(":")
    assert (ROOT / path).is_file()
    flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(flow, Flow)
    assert flow.name == deployment["name"]
    assert flow.timeout_seconds
    assert flow.persist_result is False
    assert flow.on_failure_hooks == flow.on_crashed_hooks == [tell_failure]
    assert flow.on_completion_hooks == [tell_recovery]


def test_no_path_of_a_machine_is_in_the_deployment() -> None:
    text = (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    assert not any(root in text for root in ("/home/", "/root", "/work", "/Users/"))
