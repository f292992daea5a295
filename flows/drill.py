"""The scheduled restore drill: one random earlier snapshot is restored aside and compared. Run it weekly."""

# ruff: noqa: PLC0415 - a stage that cannot even be imported must be reported like one that crashes

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flows.environment import settle_prefect

settle_prefect(Path(os.environ.get("FAPIAO_DATA_ROOT") or "data"))

from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.job_alerts import HOOKS  # noqa: E402
from pipelines.errors import IntegrityError  # noqa: E402
from pipelines.settings import Settings, load_settings  # noqa: E402

if TYPE_CHECKING:
    from pipelines.snapshots.drill import Drill


class DrillFailedError(IntegrityError):
    """The snapshot could not be restored; `drill` says why."""

    def __init__(self, drill: Drill) -> None:
        super().__init__(
            "恢复演练失败 | The restore drill failed.",
            where=drill.snapshot_id,
            found=drill.problem,
            next_step="检查并从副本修复 | fapiao snapshot verify; fapiao snapshot repair <copy>",
        )
        self.drill = drill


@task(name="drill", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=7200)
def restore_aside(settings: Settings) -> Drill:
    from pipelines.snapshots import drill as drill_stage

    return drill_stage.run_drill(settings)


@flow(name="drill", persist_result=False, timeout_seconds=7500, **HOOKS)
def drill(data_root: str | None = None) -> Drill:
    """Restore a random earlier snapshot into a scratch folder; raises DrillFailedError if it is not whole."""
    found = restore_aside(load_settings(Path(data_root) if data_root else None))
    get_run_logger().info("drill: snapshot %s, rows %s, seconds %s", found.snapshot_id, found.rows, found.seconds)
    if not found.is_good:
        raise DrillFailedError(found)
    return found
