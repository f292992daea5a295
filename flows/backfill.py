"""Days of the past once more: a night that asks its sources for a range of days. A dry run by default."""

from __future__ import annotations

import logging
import os
from datetime import date
from pathlib import Path

from flows.environment import settle_prefect

settle_prefect(Path(os.environ.get("FAPIAO_DATA_ROOT") or "data"))

from prefect import flow, get_run_logger  # noqa: E402

from flows.job_alerts import HOOKS, Told  # noqa: E402
from flows.nightly import NightNotPublishedError, require_server, run_stages  # noqa: E402
from pipelines import night_log  # noqa: E402
from pipelines.errors import UpstreamUnavailableError  # noqa: E402
from pipelines.night import Night  # noqa: E402
from pipelines.night_log import NightOutcome  # noqa: E402
from pipelines.pull.again import Backfill, plan_backfill  # noqa: E402
from pipelines.query import open_published_if_any  # noqa: E402
from pipelines.settings import beijing_now, load_settings  # noqa: E402

progress = logging.getLogger("fapiao.progress")


class NothingCameError(Told, UpstreamUnavailableError):
    """No route gave anything. The night was judged all the same; `outcome` says what came of it."""

    def __init__(self, outcome: NightOutcome) -> None:
        super().__init__(
            "没有取到任何数据，仍按以前收到的核对 | Nothing came: the night was judged on what had come before.",
            found=", ".join(f"{source}: {state}" for source, state in outcome.failed_sources.items()),
            next_step="报告和 night__pull 说明了原因 | the report and night__pull say why",
        )
        self.outcome = outcome


@flow(name="backfill", persist_result=False, timeout_seconds=39600, **HOOKS)
def backfill(
    first: date,
    last: date,
    source: str | None = None,
    run: bool = False,
    data_root: str | None = None,
    patience_minutes: int = 0,
) -> NightOutcome | None:
    """Ask for these days again, then judge, check, keep and publish as every night. Without `run` it only logs what
    would be asked, and returns None.

    Watermarks stay where they are and so does the night's heartbeat: a backfill stands for no night. Raises UsageError
    for days or a source that cannot be asked, IntegrityError while a night runs and `patience_minutes` are over,
    NightNotPublishedError when a stop-rule failed, NothingCameError when no route gave anything.
    """
    settings, again = load_settings(Path(data_root) if data_root else None), Backfill(first, last, source)
    again.check(settings, beijing_now().date())
    with open_published_if_any(settings) as con:
        for planned in plan_backfill(con, settings, again, Night.at()):
            get_run_logger().info("%s", planned)
    if not run:
        return None
    with night_log.hold_night_lock(settings, patience_minutes * 60):
        outcome = run_stages(settings, Night.at(), again)
    if not outcome.is_published:
        raise NightNotPublishedError(outcome)
    if not outcome.is_fetched:
        raise NothingCameError(outcome)
    return outcome


def run(first: date, last: date, source: str | None = None, data_root: Path | None = None) -> NightOutcome:
    """Run the flow in this process, not dry; the outcome also when the night stayed unpublished or nothing came."""
    progress.info("启动 Prefect | start Prefect")
    require_server()
    root = str(data_root) if data_root else None
    try:
        outcome = backfill(first, last, source, run=True, data_root=root)
    except (NightNotPublishedError, NothingCameError) as refused:
        return refused.outcome
    assert outcome is not None, "only a dry run has none"  # noqa: S101
    return outcome
