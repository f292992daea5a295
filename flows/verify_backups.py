"""The weekly check of the snapshots: every byte is read and compared with its sha256."""

# ruff: noqa: PLC0415 - a stage that cannot even be imported must be reported like one that crashes

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flows.environment import settle_prefect

settle_prefect(Path(os.environ.get("FAPIAO_DATA_ROOT") or "data"))

from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.job_alerts import HOOKS, Told  # noqa: E402
from pipelines.errors import IntegrityError  # noqa: E402
from pipelines.settings import Settings, load_settings  # noqa: E402

if TYPE_CHECKING:
    from pipelines.snapshots.verify import Verification


class BackupsDamagedError(Told, IntegrityError):
    """Snapshots are damaged, or there is none; `verification` says which."""

    def __init__(self, verification: Verification) -> None:
        super().__init__(
            "快照有损坏或一份也没有 | Snapshots are damaged, or there is none.",
            where=", ".join(verification.damaged_snapshots) or None,
            found="; ".join(f"{damage.path}: {damage.problem}" for damage in verification.damages[:5]),
            next_step="检查并从副本修复 | fapiao snapshot verify; fapiao snapshot repair <copy>",
        )
        self.verification = verification


@task(name="verify-backups", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=14400)
def verify(settings: Settings) -> Verification:
    """Never retried: bytes that are damaged stay so."""
    from pipelines.cli import watch

    return watch.watch_backups(settings)[0]


@flow(name="verify-backups", persist_result=False, timeout_seconds=15000, **HOOKS)
def verify_backups(data_root: str | None = None) -> Verification:
    """Verify every snapshot; raises BackupsDamagedError, after the alert, if one is not whole."""
    from pipelines.cli.watch import lacks_snapshots

    settings = load_settings(Path(data_root) if data_root else None)
    found = verify(settings)
    get_run_logger().info("verify: snapshots %s, files %s", len(found.snapshots), found.files)
    if found.damages or lacks_snapshots(settings, found):
        raise BackupsDamagedError(found)
    return found
