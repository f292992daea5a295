"""All alerts of one night as one message: the subject tells number and money, the critical ones come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.reports.words import Language, escape_markdown, format_money, pick, word


@dataclass(frozen=True)
class Digest:
    """Plain text, ready for a channel. Only the subject is guaranteed to be short."""

    subject: str
    body: str


def compose_digest(
    night: Night, alerts: Sequence[Alert], late: Sequence[Alert], language: Language, limit_bytes: int
) -> Digest:
    """Tonight's alerts, then those of earlier nights that this channel has not had (`late`).

    Bodies are left out from the end, and then titles, until the text fits `limit_bytes` (UTF-8); the text says how many
    were left out and where they stand, so nothing is cut silently.
    """
    blocks = [_full(alert, language) for alert in alerts] + [_full(alert, language, is_late=True) for alert in late]
    titles = [block.splitlines()[0] for block in blocks]
    for kept in range(len(blocks), -1, -1):
        body = "\n\n".join([*blocks[:kept], *titles[kept:]])
        if len(body.encode()) <= limit_bytes:
            return Digest(say_subject(night, [*alerts, *late], language), body)
    return Digest(say_subject(night, [*alerts, *late], language), _fit_titles(titles, language, limit_bytes))


def _fit_titles(titles: Sequence[str], language: Language, limit_bytes: int) -> str:
    for kept in range(len(titles) - 1, 0, -1):
        rest = len(titles) - kept
        note = pick(language, f"另有 {rest} 条，见当夜报告。", f"{rest} more: see the night's report.")
        text = "\n".join([*titles[:kept], note])
        if len(text.encode()) <= limit_bytes:
            return text
    return pick(language, f"{len(titles)} 条提醒，见当夜报告。", f"{len(titles)} alerts: see the night's report.")


def _full(alert: Alert, language: Language, *, is_late: bool = False) -> str:
    late = pick(language, "【前夜补发】", "[of an earlier night] ") if is_late else ""
    title = pick(language, f"【{word(alert.severity, 'zh')}】", f"[{alert.severity}] ") + late
    return f"{title}{pick(language, alert.title_zh, alert.title_en)}\n{pick(language, alert.body_zh, alert.body_en)}"


def say_subject(night: Night, alerts: Sequence[Alert], language: Language) -> str:
    """Number and money of what is new; what nobody has taken on in time is counted apart, for it was told before."""
    critical = sum(alert.severity == "critical" for alert in alerts)
    new = [alert for alert in alerts if alert.alert_key.startswith("finding:")]
    count = sum(alert.finding_count for alert in new)
    money = format_money(sum((alert.amount_cny or Decimal(0) for alert in new), Decimal("0.00")))
    overdue = _count_overdue(alerts)
    if language == "zh":
        urgent, late = f"【紧急 {critical}】" if critical else "", f"；另有 {overdue:,} 项逾期" if overdue else ""
        return f"{urgent}发票核对 {night.as_of:%Y-%m-%d}：提醒 {len(alerts)} 条，新增 {count:,} 项，{money} 元{late}"
    urgent, late = f"[{critical} critical] " if critical else "", f"; {overdue:,} overdue besides" if overdue else ""
    return f"{urgent}Invoices {night.as_of:%Y-%m-%d}: {len(alerts)} alerts, {count:,} new findings, {money} CNY{late}"


def _count_overdue(alerts: Sequence[Alert]) -> int:
    """Each group once, as the first of `alerts` says: one that comes a night late holds the same findings."""
    last = {alert.alert_key: alert.finding_count for alert in reversed(alerts)}
    return sum(count for key, count in last.items() if key.startswith("overdue:finding:"))


def render_alert_file(night: Night, alerts: Sequence[Alert]) -> str:
    """The night's alerts as Markdown in both languages, whole, for the file channel."""
    lines = [
        f"# {escape_markdown(say_subject(night, alerts, 'zh'))}",
        escape_markdown(say_subject(night, alerts, "en")),
    ]
    for alert in alerts:
        urgency = word(alert.severity, "zh")
        lines += [
            f"## {escape_markdown(f'【{urgency}】{alert.title_zh}')}",
            _escape_lines(alert.body_zh),
            f"**{escape_markdown(alert.title_en)}**",
            _escape_lines(alert.body_en),
        ]
    return "\n\n".join(lines) + "\n"


def _escape_lines(text: str) -> str:
    return "\n".join(escape_markdown(line) for line in text.splitlines())
