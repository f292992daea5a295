"""The scheduled job: one night from the files to the alert, a Prefect task per stage.

Every stage is a plain function of `pipelines` or `expectations`, imported when it runs. Only settings, the night and
small summaries go in and out; results are not persisted.
"""

# ruff: noqa: PLC0415 - a stage that cannot even be imported must be reported like one that crashes

from __future__ import annotations

import logging
import os
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from flows.environment import settle_prefect

settle_prefect(Path(os.environ.get("FAPIAO_DATA_ROOT") or "data"))

from prefect import flow, get_client, get_run_logger, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.job_alerts import HOOKS, Told  # noqa: E402
from pipelines import heartbeat, night_log  # noqa: E402
from pipelines.errors import IntegrityError, UpstreamUnavailableError  # noqa: E402
from pipelines.night import Night  # noqa: E402
from pipelines.night_log import NightOutcome  # noqa: E402
from pipelines.settings import Settings, load_settings  # noqa: E402

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from expectations.audit import Audit
    from pipelines.alerts.send import Alerts
    from pipelines.publish import Published
    from pipelines.pull.again import Backfill
    from pipelines.pull.stage import Pulls
    from pipelines.reconcile.result import Reconciled
    from pipelines.snapshots.write import Snapshot
    from pipelines.sources.intake import Intake
    from pipelines.verification.stage import Verified

P = ParamSpec("P")
R = TypeVar("R")

progress = logging.getLogger("fapiao.progress")
"""Says which stage begins, in words for people; the command line shows it."""

STAGE_NAMES = {
    "open": "开始 | open the night",
    "pull": "取数 | fetch the files",
    "take-in": "读取文件 | read the files",
    "reconcile": "逐笔核对 | judge every record",
    "verify": "查验 | ask for a second opinion",
    "audit": "质量检查 | audit",
    "keep": "保存快照 | keep a snapshot",
    "publish": "发布 | publish",
    "report": "写报告 | write the report",
    "alert": "发提醒 | send alerts",
    "close": "结束 | close the night",
}


class NightNotPublishedError(Told, IntegrityError):
    """A stop-rule failed. Everything else of the night was done; `outcome` says what."""

    def __init__(self, outcome: NightOutcome) -> None:
        super().__init__(
            "检查未通过，本夜没有发布，读者仍用上一次的结果 | A stop-rule failed: the night was not published, readers "
            "keep the last good one.",
            where=outcome.report_path,
            found=", ".join(outcome.stopped_rules),
            next_step="按报告处理后重跑本夜 | do what the report says and run the night again",
        )
        self.outcome = outcome


def _may_pass_by_waiting(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A share that is away for a moment comes back; a broken file or setting stays broken."""
    return isinstance(state.result(raise_on_failure=False), OSError | UpstreamUnavailableError)


@task(name="open", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=300)
def open_night(settings: Settings, night: Night) -> night_log.OpenedNight:
    return night_log.open_night(settings, night)


@task(name="pull", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=14400)
def pull(settings: Settings, night: Night, again: Backfill | None = None) -> Pulls:
    from pipelines.pull import stage

    return stage.pull_night(settings, night, again)


@task(
    name="take-in",
    persist_result=False,
    cache_policy=NO_CACHE,
    timeout_seconds=7200,
    retries=2,
    retry_delay_seconds=[15, 120],
    retry_condition_fn=_may_pass_by_waiting,
)
def take_in(settings: Settings, night: Night) -> Intake:
    from pipelines.sources import intake

    return intake.take_in(settings, night)


@task(name="reconcile", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=7200)
def reconcile(settings: Settings, night: Night) -> Reconciled:
    from pipelines.reconcile import nightly as reconcile_stage

    return reconcile_stage.reconcile_night(settings, night)


@task(name="verify", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=14400)
def verify(settings: Settings, night: Night) -> Verified:
    from pipelines.verification import stage

    return stage.verify_night(settings, night)


@task(name="audit", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=3600)
def audit(settings: Settings, night: Night) -> Audit:
    from expectations import audit as audit_stage
    from pipelines.reconcile.nightly import file_periods

    audited = audit_stage.audit_night(settings, night)
    if audited.may_publish:
        file_periods(settings, night)
    return audited


@task(name="keep", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=3600)
def keep(settings: Settings, night: Night) -> Snapshot:
    from pipelines.snapshots import write

    return write.keep_night(settings, night)


@task(name="publish", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=3600)
def publish(settings: Settings, night: Night) -> Published:
    from pipelines import publish as publish_stage
    from pipelines import publish_masked

    published = publish_stage.publish_night(settings, night)
    if settings.publish_masked:
        publish_masked.publish_masked(settings, night)
    return published


@task(name="report", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=1800)
def report(settings: Settings, night: Night) -> Path:
    from pipelines.reports import night_report, summary

    path = night_report.write_report(settings, night)
    create_markdown_artifact(
        key="night-summary",
        markdown=summary.render_markdown(summary.summarise_night(settings, night)),
        description=f"fapiao night {night.night_id}",
    )
    return path


@task(name="alert", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=900)
def alert(settings: Settings, night: Night) -> Alerts:
    from pipelines.alerts import send

    return send.alert_night(settings, night)


@task(name="close", persist_result=False, cache_policy=NO_CACHE, timeout_seconds=300)
def close_night(settings: Settings, night: Night) -> None:
    night_log.close_night(settings, night)


def _run_stage(
    stage: Task[Concatenate[Settings, Night, P], R], settings: Settings, night: Night, *more: P.args, **named: P.kwargs
) -> R:
    """Run one stage; when it crashes, say so to people, with its name, and let the error go on."""
    progress.info(STAGE_NAMES[stage.name])
    try:
        summary = stage(settings, night, *more, **named)
    except Exception as error:
        _alert_crash(settings, night, stage.name, error)
        raise
    get_run_logger().info("%s: %s", stage.name, say_counts(summary))
    return summary


def say_counts(summary: object) -> str:
    """The numbers, ids and flags of a stage's summary, and how many entries its lists have: no names, no sentences."""
    if not is_dataclass(summary):
        return "done"
    values = {field.name: getattr(summary, field.name) for field in fields(summary)}
    return ", ".join(
        f"{name} {len(value) if isinstance(value, tuple | dict) else value}" for name, value in values.items()
    )


def _alert_crash(settings: Settings, night: Night, stage: str, error: Exception) -> None:
    from pipelines.alerts import send

    get_run_logger().error("%s crashed: %s", stage, error)
    error.add_note(f"stage: {stage}")
    try:
        send.alert_crash(settings, night, stage, error)
    except Exception as alert_error:  # noqa: BLE001
        # The crash itself must stay the error that is seen; a dead channel is told with it.
        error.add_note(f"the alert about it failed too: {alert_error}")
        get_run_logger().exception("the alert about the crash failed")


def run_stages(settings: Settings, night: Night, again: Backfill | None = None) -> NightOutcome:
    """Every stage in its turn, for whoever holds the night's lock; `again` names past days to ask for instead."""
    opened = _run_stage(open_night, settings, night)
    for crashed in opened.crashed_nights:
        get_run_logger().warning("night %s never ended: it crashed or was killed", crashed)
    pulled = _run_stage(pull, settings, night, again)
    taken = _run_stage(take_in, settings, night)
    reconciled = _run_stage(reconcile, settings, night)
    verified = _run_stage(verify, settings, night) if settings.verification else None
    audited = _run_stage(audit, settings, night)
    kept = None if opened.is_look_back else _run_stage(keep, settings, night)
    if audited.may_publish:
        _run_stage(publish, settings, night)
    report_path = _run_stage(report, settings, night)
    if not opened.is_look_back:
        _run_stage(alert, settings, night)
    _run_stage(close_night, settings, night)
    return NightOutcome(
        night_id=night.night_id,
        as_of=night.as_of,
        is_published=audited.may_publish,
        stopped_rules=tuple(audited.stopped),
        verdicts=dict((verified and verified.verdicts) or reconciled.verdicts),
        set_aside_count=reconciled.set_aside_count,
        snapshot_id=kept.snapshot_id if kept else None,
        report_path=report_path,
        crashed_nights=opened.crashed_nights,
        migration=str(opened.migrated) if opened.migrated else None,
        failed_sources=taken.failed | pulled.failed,
        is_fetched=not pulled.is_fruitless,
    )


def _run_with_heartbeat(settings: Settings, night: Night) -> NightOutcome:
    """A killed night leaves `running` behind: that its end is missing is the sign."""
    heartbeat.note_start(settings, night.night_id)
    try:
        outcome = run_stages(settings, night)
    except BaseException:
        heartbeat.note_end(settings, "crashed")
        raise
    ended = _name_outcome(outcome)
    heartbeat.note_end(settings, ended)
    if ended == "published" and heartbeat.ping_outside(settings):
        get_run_logger().warning("the heartbeat address was not reached")
    return outcome


def _name_outcome(outcome: NightOutcome) -> heartbeat.Outcome:
    if outcome.snapshot_id is None:
        return "look_back"
    return "published" if outcome.is_published else "not_published"


@flow(name="nightly", persist_result=False, timeout_seconds=39600, **HOOKS)
def nightly(as_of: datetime | None = None, data_root: str | None = None, patience_minutes: int = 0) -> NightOutcome:
    """Run one night on the data root; `as_of` is the moment of the verdicts, naive Beijing time, now if left out.

    Waits up to `patience_minutes` for another night or a backfill to end.

    Raises NightNotPublishedError at the end when a stop-rule failed, and whatever a stage raised, after the alert.
    """
    settings = load_settings(Path(data_root) if data_root else None)
    with night_log.hold_night_lock(settings, patience_minutes * 60):
        # A moment from before the wait would make this a look back to before the night that was waited for.
        outcome = _run_with_heartbeat(settings, Night.at(as_of))
    if not outcome.is_published:
        raise NightNotPublishedError(outcome)
    return outcome


def require_server() -> None:
    """Start the embedded Prefect server unless the user named one; UpstreamUnavailableError when it does not answer."""
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
        if error is not None:
            raise UpstreamUnavailableError(
                "Prefect 服务没有应答 | The Prefect server does not answer.",
                where=str(client.api_url),
                found=f"{type(error).__name__}: {error}",
                next_step="启动它，或取消 PREFECT_API_URL | start it, or unset PREFECT_API_URL to run embedded",
            )


def run(as_of: datetime | None = None, data_root: Path | None = None) -> NightOutcome:
    """Run the flow in this process and return what came of the night, also when a stop-rule kept it unpublished."""
    progress.info("启动 Prefect | start Prefect")
    require_server()
    try:
        return nightly(as_of=as_of, data_root=str(data_root) if data_root else None)
    except NightNotPublishedError as refused:
        return refused.outcome
