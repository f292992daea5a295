"""The hourly watch: sources, disk, clock and the night's heartbeat; says what needs a person before the night does."""

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
from pipelines.errors import UpstreamUnavailableError  # noqa: E402
from pipelines.settings import Settings, load_settings  # noqa: E402

if TYPE_CHECKING:
    from pipelines.cli.watch import Watched


@task(name="watch-sources", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=900)
def look_around(settings: Settings) -> Watched:
    """Never retried: the next hour looks again."""
    from pipelines.cli import watch

    return watch.watch_sources(settings)


@flow(name="watch-sources", persist_result=False, timeout_seconds=1200, **HOOKS)
def watch_sources(data_root: str | None = None) -> Watched:
    """Look once and tell what is wrong. Raises UpstreamUnavailableError when a channel took nothing."""
    watched = look_around(load_settings(Path(data_root) if data_root else None))
    get_run_logger().info("watch: problems %s", ", ".join(watched.problems) or "none")
    if watched.dead_channels:
        raise UpstreamUnavailableError(
            "提醒渠道没有收下 | An alert channel took nothing.",
            found=", ".join(watched.dead_channels),
            next_step="fapiao alerts test",
        )
    return watched
