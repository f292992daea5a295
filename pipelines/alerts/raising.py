"""What people hear of tonight: new findings, cases that are new, worse or overdue, and cases that are over."""

from __future__ import annotations

from dataclasses import replace

from pipelines.alerts.case_store import read_cases, write_cases
from pipelines.alerts.cases import say_escalated, say_resolved, settle_cases
from pipelines.alerts.compose import Alert, compose_alerts, compose_open_groups, rank_urgency
from pipelines.alerts.pulls import compose_pulls
from pipelines.alerts.routes import find_owner
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection


def raise_alerts(con: Connection, settings: Settings, night: Night) -> list[Alert]:
    """Settle `alert__case` for the night; the alerts to send, the most urgent first, with their owners.

    While a stop-rule holds the findings back, their cases stay as they are.
    """
    tonight = [*compose_alerts(con, settings, night), *compose_pulls(con, settings, night)]
    is_sound = not any(alert.alert_key.startswith("rule:") for alert in tonight)
    others = [alert for alert in tonight if not _is_finding(alert)]
    groups = {group.alert.alert_key: group for group in compose_open_groups(con, settings, night)} if is_sound else {}
    before = read_cases(con, night)
    after = settle_cases(
        before,
        [*others, *(group.alert for group in groups.values())],
        night,
        settings.escalate_after_days,
        waiting={key: group.waiting_night for key, group in groups.items()},
        may_resolve_findings=is_sound,
    )
    write_cases(con, before, after)
    news = {case.alert_key for case in after if case.is_news(night)}
    said = [alert for alert in tonight if _is_finding(alert) or alert.alert_key in news]
    escalated = [case for case in after if case.escalated_night == night.night_id and case.waits_since]
    overdue = {key: group.overdue for key, group in groups.items()}
    said += [say_escalated(case, overdue.get(case.alert_key, case.alert), night) for case in escalated]
    said += [say_resolved(case) for case in after if case.resolved_night == night.night_id]
    return sorted((name_owner(alert, settings) for alert in said), key=rank_urgency)


def _is_finding(alert: Alert) -> bool:
    return alert.alert_key.startswith("finding:")


def name_owner(alert: Alert, settings: Settings) -> Alert:
    """The alert with the person of the settings who acts on it, if there is one."""
    owner = find_owner(alert.alert_key, settings)
    if owner is None:
        return alert
    who = f"{owner.name} {owner.contact}".strip()
    return replace(alert, body_zh=f"{alert.body_zh}\n负责人：{who}", body_en=f"{alert.body_en}\nOwner: {who}")
