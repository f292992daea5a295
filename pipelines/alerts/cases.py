"""The life of an alert: raised once, updated, told again when it got worse or is overdue, resolved when it is gone.

Pure: cases and what is true tonight go in, cases come out. A rerun of the night gives the same, because every change
carries the night that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal

from pipelines.alerts.compose import Alert
from pipelines.night import Night

SEVERITIES = ("info", "warning", "critical")
CHANNEL_PREFIX = "channel:"
"""Cases of dead channels are settled by what the sending came to, not by what the night found."""


@dataclass(frozen=True)
class Case:
    """A row of `alert__case`; `..._night` are night_ids, NULL while the thing has not happened."""

    alert_key: str
    raised_night: str
    updated_night: str
    worse_night: str | None
    escalated_night: str | None
    resolved_night: str | None
    severity: str
    finding_count: int
    amount_cny: Decimal | None
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_note: str | None = None
    acknowledged_night: str | None = None
    waiting_night: str | None = None

    @property
    def alert(self) -> Alert:
        return Alert(**{field.name: getattr(self, field.name) for field in fields(Alert)})

    @property
    def is_open(self) -> bool:
        return self.resolved_night is None

    @property
    def waits_since(self) -> str | None:
        """The night since which something of it waits for a person; None if somebody has taken all of it on."""
        return self.waiting_night or (None if self.acknowledged_by else self.raised_night)

    def age_days(self, night: Night) -> int:
        """Whole days since it was raised, or since the oldest of it waits that nobody has taken on."""
        return (night.as_of - _moment(self.waits_since or self.raised_night)).days

    def is_news(self, night: Night) -> bool:
        """Whether people hear of it as it stands: raised or made worse by this night."""
        return night.night_id in (self.raised_night, self.worse_night)


def _moment(night_id: str) -> datetime:
    return datetime.strptime(night_id, "%Y%m%dT%H%M%S")


def open_case(alert: Alert, night: Night, waiting_night: str | None = None) -> Case:
    return Case(
        **asdict(alert),
        raised_night=night.night_id,
        updated_night=night.night_id,
        worse_night=None,
        escalated_night=None,
        resolved_night=None,
        waiting_night=waiting_night,
    )


def settle_cases(
    cases: Iterable[Case],
    current: Iterable[Alert],
    night: Night,
    escalate_after_days: int,
    *,
    waiting: Mapping[str, str | None],
    may_resolve_findings: bool,
) -> list[Case]:
    """The cases after this night. `cases` are those that were open before it, and those that it resolved itself when it
    ran before. A case that this night raised and that is not true after all is left out. `waiting` says of findings
    since which night the oldest one waits that nobody has taken on.

    Findings are left as they are (`may_resolve_findings` off) on a night whose data is in doubt.
    """
    found = {alert.alert_key: alert for alert in current}
    known = {case.alert_key: case for case in cases}
    held = {} if may_resolve_findings else {key: case for key, case in known.items() if key.startswith("finding:")}
    settled = [_settle(case, found.get(key), night, waiting.get(key)) for key, case in known.items() if key not in held]
    new = [open_case(alert, night, waiting.get(key)) for key, alert in found.items() if key not in known]
    return [*held.values(), *(_escalate(case, night, escalate_after_days) for case in settled if case), *new]


def _settle(case: Case, alert: Alert | None, night: Night, waiting_night: str | None) -> Case | None:
    if alert is not None:
        return replace(_update(case, alert, night), waiting_night=waiting_night)
    if case.alert_key.startswith(CHANNEL_PREFIX):
        return case
    return None if case.raised_night == night.night_id else replace(case, resolved_night=night.night_id)


def _update(case: Case, alert: Alert, night: Night) -> Case:
    is_worse = SEVERITIES.index(alert.severity) > SEVERITIES.index(case.severity)
    now = replace(case, **asdict(alert), updated_night=night.night_id, resolved_night=None)
    return replace(now, worse_night=night.night_id, acknowledged_by=None) if is_worse else now


def _escalate(case: Case, night: Night, days: int) -> Case:
    """What is only for information never escalates."""
    if case.waits_since is None or case.severity == "info" or not case.is_open:
        return case
    told = max(filter(None, (case.waits_since, case.raised_night, case.worse_night, case.escalated_night)))
    is_due = (night.as_of - _moment(told)).days >= days
    return replace(case, escalated_night=night.night_id) if is_due else case


def say_escalated(case: Case, overdue: Alert, night: Night) -> Alert:
    """What of the case waits too long (`overdue`), as critical, with the age of the oldest."""
    days = case.age_days(night)
    oldest, these = ("最久", "the oldest of these") if overdue.finding_count > 1 else ("", "this")
    return replace(
        overdue,
        alert_key=f"overdue:{case.alert_key}",
        severity="critical",
        title_zh=f"{oldest}已 {days} 天无人确认：{overdue.title_zh}",
        title_en=f"Nobody has acknowledged {these} for {days} days: {overdue.title_en}",
        body_zh=f"{overdue.body_zh}\n接手请运行：fapiao alerts ack '{case.alert_key}' --by 姓名",
        body_en=f"{overdue.body_en}\nTo take it on: fapiao alerts ack '{case.alert_key}' --by NAME",
    )


def say_resolved(case: Case) -> Alert:
    """The case is over; information only, without money, for nothing is at stake any more."""
    since = _moment(case.raised_night)
    return Alert(
        alert_key=f"resolved:{case.alert_key}",
        severity="info",
        finding_count=0,
        amount_cny=None,
        title_zh=f"已解除：{case.title_zh}",
        title_en=f"Resolved: {case.title_en}",
        body_zh=f"自 {since:%Y-%m-%d} 起的提醒已不再成立，无需处理。",
        body_en=f"Raised on {since:%Y-%m-%d}, no longer true: nothing to do.",
    )
