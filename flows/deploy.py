"""Puts what `prefect.yaml` says onto a Prefect server: pool, queues, deployments; the same again changes nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from flows.standing_server import POOL, Place
from pipelines.errors import UpstreamUnavailableError
from pipelines.settings import BEIJING

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

PROJECT = Path(__file__).resolve().parents[1]
QUEUES = ("night", "watch")
"""One run at a time in each: what works on the data waits for its turn, the hourly look does not wait for a night."""
DEPLOY_SECONDS = 300
PLAN_SECONDS = 90


@dataclass(frozen=True)
class Planned:
    """One deployment; `crons` are its schedules as written, `next_at` is the server's first run of it
    in Beijing time, None while there is none."""

    name: str
    description: str
    crons: tuple[str, ...]
    next_at: datetime | None


def make_pool() -> None:
    """The work pool with its queues, if they are not there; sets the queues to one run at a time."""
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            template = ProcessWorker.get_default_base_job_template()
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
        for name in QUEUES:
            try:
                queue = client.read_work_queue_by_name(name, work_pool_name=POOL)
            except ObjectNotFound:
                queue = client.create_work_queue(name, work_pool_name=POOL)
            client.update_work_queue(queue.id, concurrency_limit=1)


def deploy_all(place: Place) -> None:
    """Every deployment of prefect.yaml. Raises UpstreamUnavailableError with the end of what Prefect said."""
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEPLOY_SECONDS,
        check=False,
    )
    place.log_path("deploy").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        raise UpstreamUnavailableError(
            "Prefect 没有接受部署 | Prefect did not take the deployments.",
            where=place.log_path("deploy"),
            found=(done.stderr or done.stdout).strip()[-300:],
        )


def await_plan() -> list[Planned]:
    """What runs when, once the server has planned every deployment that has a schedule.

    Raises UpstreamUnavailableError if it does not: then nothing would ever run, and nobody would hear of it.
    """
    deadline = time.monotonic() + PLAN_SECONDS
    while True:
        plan = read_plan()
        idle = [one.name for one in plan if one.crons and one.next_at is None]
        if not idle:
            return plan
        if time.monotonic() > deadline:
            raise UpstreamUnavailableError(
                "Prefect 没有排定任务 | The Prefect server plans no runs.",
                found=f"no run of {', '.join(idle)} within {PLAN_SECONDS} s",
                next_step="看 server.log；用锁定的依赖 | see server.log; install the locked dependencies: make setup",
            )
        time.sleep(1)


def read_plan() -> list[Planned]:
    """The deployments of our pool by name, with the first run that the server has planned of each."""
    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    with get_client(sync_client=True) as client:
        found = client.read_deployments(work_pool_filter=pool, sort=DeploymentSort.NAME_ASC)
        return [_read_planned(client, deployment) for deployment in found]


def _read_planned(client: SyncPrefectClient, found: DeploymentResponse) -> Planned:
    runs = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[found.id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=1,
    )
    moment = runs[0].expected_start_time if runs else None
    crons = tuple(one.schedule.cron for one in found.schedules if isinstance(one.schedule, CronSchedule) and one.active)
    return Planned(found.name, found.description or "", crons, moment.astimezone(BEIJING) if moment else None)
