"""Says when a deployed job failed or crashed, and that it is well again: for what no alert of a stage has told."""

# ruff: noqa: PLC0415 - Prefect's worker loads this with every flow

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.settings import Settings, beijing_now, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State

    from pipelines.alerts.compose import Alert

logger = logging.getLogger(__name__)


class Told:
    """Marks an error about which the job has raised an alert itself before it raised the error."""


def tell_failure(flow: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    """Hook of on_failure and on_crashed. What a person started in a terminal is told there; what has an alert of its
    own is not told twice."""
    error = _find_error(state)
    is_told = isinstance(error, Told) or any("stage:" in note for note in getattr(error, "__notes__", []))
    if run.deployment_id is not None and not is_told:
        _settle(flow.name, run.parameters.get("data_root"), _compose(flow.name, str(state.type.value).lower(), error))


def tell_recovery(flow: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    """Hook of on_completion: what was told of this job is over."""
    del state
    if run.deployment_id is not None:
        _settle(flow.name, run.parameters.get("data_root"), None)


def tell_dead(name: str) -> None:
    """A run of this flow whose process is gone."""
    _settle(name, None, _compose(name, "crashed", None))


def _find_error(state: State[Any]) -> BaseException | None:
    found = state.result(raise_on_failure=False) if state.is_failed() else None
    return found if isinstance(found, BaseException) else None


def _settle(name: str, data_root: str | None, alert: Alert | None) -> None:
    """A hook must not fail the run over again: what goes wrong here is logged."""
    from pipelines.alerts.standing import settle_standing

    try:
        settings: Settings = load_settings(Path(data_root) if data_root else None)
        path = settings.data_root / f"job-{name}.json"
        if alert or path.is_file():
            settle_standing(path, settings, [alert] if alert else [], beijing_now())
    except Exception:
        logger.exception("the alert about job %s failed", name)


def _compose(name: str, state: str, error: BaseException | None) -> Alert:
    """The text of an unknown error stays out, for it may quote rows or addresses; its class is named."""
    from pipelines.alerts.compose import Alert
    from pipelines.alerts.send import say_error

    zh, en = say_error(error) if error else (state, state)
    return Alert(
        alert_key=f"job:{name}",
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh=f"任务 {name} 没有完成",
        title_en=f"Job {name} did not complete",
        body_zh=f"{zh}。请 IT 查看 Prefect 页面上该任务的日志，再重新运行。",
        body_en=f"{en}. Have IT look at the log of the run on Prefect's pages and run it again.",
    )


HOOKS: dict[str, Any] = {
    "on_failure": [tell_failure],
    "on_crashed": [tell_failure],
    "on_completion": [tell_recovery],
}
"""For every deployed flow."""
