"""Runs whose process is gone: a worker that was killed cannot tell Prefect, which would keep their places for ever.

Call this while no worker is up, before the next one starts: `python -m flows.dead_runs` (systemd: ExecStartPre).
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from flows.job_alerts import tell_dead
from flows.standing_server import POOL, signal_group

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

OPEN = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
PROC = Path("/proc")


def list_open_runs() -> list[FlowRun]:
    """Runs of our pool that Prefect believes to be under way."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=OPEN))
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=state),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])),
        )


def find_process(run: FlowRun) -> int | None:
    """The run's process on this machine, None if there is none.

    A number that another process has by now is told apart by the run's id in its environment, where /proc shows it.
    """
    number = (run.infrastructure_pid or "").rpartition(":")[2]
    if not number.isdecimal():
        return None
    pid = int(number)
    try:
        os.kill(pid, 0)
        environment = (PROC / number / "environ").read_bytes() if PROC.is_dir() else str(run.id).encode()
    except OSError:
        return None
    return pid if str(run.id).encode() in environment else None


def bury_dead_runs() -> list[str]:
    """Mark every open run without a process as crashed, so that the next ones start; tell it; returns their names."""
    buried = []
    for run in list_open_runs():
        if find_process(run) is None:
            with get_client(sync_client=True) as client:
                client.set_flow_run_state(run.id, Crashed(message="its process is gone: the worker was killed"))
                tell_dead(client.read_flow(run.flow_id).name)
            buried.append(run.name)
    return buried


def end_open_runs(seconds: float = 20) -> None:
    """End the processes of all open runs: kindly, and by force after `seconds`."""
    living = [pid for run in list_open_runs() if (pid := find_process(run))]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in living:
            signal_group(pid, number)
        deadline = time.monotonic() + seconds
        while living and time.monotonic() < deadline:
            time.sleep(0.2)
            living = [pid for pid in living if _is_there(pid)]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    bury_dead_runs()
