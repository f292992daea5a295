"""A digest: what is open, new, resolved and overdue, with the money, for one channel and one span of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pipelines.alerts.cases import Case
from pipelines.alerts.digest import Digest
from pipelines.alerts.routes import find_owner
from pipelines.night import Night
from pipelines.reports.words import Language, format_money, pick, strip_controls, word
from pipelines.settings import Settings


@dataclass(frozen=True)
class Nights:
    """How many nights ended in the span and were published, and the last one of all."""

    nights: int
    published: int
    last_as_of: datetime | None


@dataclass(frozen=True)
class Standing:
    """What one channel hears of: its cases, the most urgent first, and the nights of the span."""

    since: datetime
    until: datetime
    cases: Sequence[Case]
    nights: Nights
    escalate_after_days: int

    @property
    def open(self) -> list[Case]:
        return [case for case in self.cases if case.is_open]

    @property
    def resolved(self) -> list[Case]:
        return [case for case in self.cases if not case.is_open]

    @property
    def money(self) -> Decimal:
        return sum((case.amount_cny or Decimal(0) for case in self.open), Decimal("0.00"))

    def is_new(self, case: Case) -> bool:
        return case.raised_night > Night(self.since).night_id

    def is_overdue(self, case: Case) -> bool:
        """Nobody has taken it on for as long as an alert may wait; what is only for information never is."""
        is_late = case.age_days(Night(self.until)) >= self.escalate_after_days
        return is_late and case.severity != "info" and case.waits_since is not None


def write_digest(told: Standing, cadence: str, settings: Settings, language: Language, limit_bytes: int) -> Digest:
    """As many cases as fit `limit_bytes` (UTF-8), the most urgent first; how many were left out is said."""
    lines = _list_lines(told, settings, language)
    head = [_say_nights(told, language), *_say_counts(told, language)]
    for kept in range(len(lines), -1, -1):
        rest = len(lines) - kept
        note = pick(language, f"另有 {rest} 条：fapiao alerts list", f"{rest} more: fapiao alerts list")
        body = "\n".join([*head, *lines[:kept], *([note] if rest else [])])
        if len(body.encode()) <= limit_bytes:
            break
    return Digest(_say_subject(told, cadence, language), body)


def _say_subject(told: Standing, cadence: str, language: Language) -> str:
    is_weekly = cadence.startswith("weekly")
    overdue, new = (sum(map(judge, told.open)) for judge in (told.is_overdue, told.is_new))
    count, gone, money = len(told.open), len(told.resolved), format_money(told.money)
    if language == "zh":
        late = f"（逾期 {overdue}）" if overdue else ""
        name = "周报" if is_weekly else "日报"
        return f"发票核对{name} {told.until:%Y-%m-%d}：未结 {count} 条{late}，{money} 元；新增 {new}，解除 {gone}"
    late, name = f" ({overdue} overdue)" if overdue else "", "Weekly" if is_weekly else "Daily"
    return f"{name} invoices {told.until:%Y-%m-%d}: {count} open{late}, {money} CNY; {new} new, {gone} resolved"


def _say_nights(told: Standing, language: Language) -> str:
    span = f"{told.since:%Y-%m-%d %H:%M} – {told.until:%Y-%m-%d %H:%M}"
    last = f"{told.nights.last_as_of:%Y-%m-%d %H:%M}" if told.nights.last_as_of else "—"
    if not told.nights.nights:
        zh = f"{span}：没有运行过一夜，以下是 {last} 的情况。请 IT 运行 fapiao doctor。"
        return pick(language, zh, f"{span}: no night has run, this is as of {last}. Have IT run fapiao doctor.")
    nights, published = told.nights.nights, told.nights.published
    return pick(
        language,
        f"{span}：运行 {nights} 夜，发布 {published} 夜，最近一夜 {last}。",
        f"{span}: {nights} nights ran, {published} published, the last one {last}.",
    )


def _say_counts(told: Standing, language: Language) -> list[str]:
    return [] if told.open else [pick(language, "没有未结的提醒。", "Nothing is open.")]


def _list_lines(told: Standing, settings: Settings, language: Language) -> list[str]:
    opened = [_say_open(told, case, settings, language) for case in told.open]
    gone = [pick(language, f"- 已解除：{case.title_zh}", f"- Resolved: {case.title_en}") for case in told.resolved]
    return [strip_controls(line) for line in (*opened, *gone)]


def _say_open(told: Standing, case: Case, settings: Settings, language: Language) -> str:
    urgency = pick(language, f"【{word(case.severity, 'zh')}】", f"[{case.severity}] ")
    owner = find_owner(case.alert_key, settings)
    marks = [
        _say_age(told, case, language),
        _say_taken(case, language),
        pick(language, f"负责人 {owner.name}", f"owner {owner.name}") if owner else "",
    ]
    title = pick(language, case.title_zh, case.title_en)
    return f"- {urgency}{title}｜" + "，".join(mark for mark in marks if mark)


def _say_taken(case: Case, language: Language) -> str:
    who = case.acknowledged_by
    if who is None:
        return ""
    if case.waiting_night:
        return pick(language, f"较早的 {who} 已接手", f"earlier ones taken on by {who}")
    return pick(language, f"{who} 已接手", f"taken on by {who}")


def _say_age(told: Standing, case: Case, language: Language) -> str:
    if told.is_new(case):
        return pick(language, "新增", "new")
    days = case.age_days(Night(told.until + timedelta(seconds=1)))
    if told.is_overdue(case):
        oldest, what = ("最久", "the oldest") if case.finding_count > 1 else ("", "it")
        return pick(language, f"{oldest}已 {days} 天无人确认", f"nobody acknowledged {what} for {days} days")
    return pick(language, f"已 {days} 天", f"{days} days")
