"""A channel that takes nothing is itself a case: told over the others at once, over when it takes something again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.alerts.case_store import read_cases, write_cases
from pipelines.alerts.cases import CHANNEL_PREFIX, open_case
from pipelines.alerts.channels import ChannelResult
from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.warehouse import Connection


def settle_channels(con: Connection, night: Night, results: Sequence[ChannelResult]) -> list[Alert]:
    """Open and resolve the cases of channels after sending; the alerts about those that are dead since tonight."""
    states = {f"{CHANNEL_PREFIX}{result.channel}": result for result in results}
    known = [case for case in read_cases(con, night) if case.alert_key in states]
    after = [
        replace(case, resolved_night=night.night_id) if states[case.alert_key].state == "delivered" else case
        for case in known
    ]
    open_keys = {case.alert_key for case in known if case.is_open}
    dead = [_compose_dead(result) for key, result in states.items() if not result.is_alive and key not in open_keys]
    came_back = {alert.alert_key for alert in dead}
    kept = [case for case in after if case.alert_key not in came_back]
    write_cases(con, known, [*kept, *(open_case(alert, night) for alert in dead)])
    return dead


def _compose_dead(result: ChannelResult) -> Alert:
    return Alert(
        alert_key=f"{CHANNEL_PREFIX}{result.channel}",
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh=f"提醒渠道失效：{result.channel}",
        title_en=f"Alert channel is dead: {result.channel}",
        body_zh=f"试了 {result.attempts} 次：{result.detail}。它未收下的提醒已改由其他渠道送出。"
        "修好后运行 fapiao alerts test。",
        body_en=f"{result.attempts} tries: {result.detail}. What it did not take went out over the other channels; "
        "repair it, then run fapiao alerts test.",
    )
