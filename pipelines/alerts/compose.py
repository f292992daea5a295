"""What a night has to say: new findings grouped, files and sources that failed, stop-rules that kept it from readers.

Routine one-sidedness is no alarm: an item that is `pending` never stands in an alert. When a stop-rule failed, the data
itself is in doubt, so the findings of that night are held back and told on the next sound night.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from pipelines.alerts.mask import mask_id, mask_name, mask_text
from pipelines.model import CAUSES, Side
from pipelines.night import Night
from pipelines.reports.drills import read_drill
from pipelines.reports.rows import fetch_rows
from pipelines.reports.shapes import AuditRow, DrillRow, FileRow
from pipelines.reports.summary import build_findings
from pipelines.reports.words import format_money, strip_controls, word
from pipelines.settings import Settings, Source
from pipelines.warehouse import Connection, run_sql

EXAMPLE_COUNT = 3
SILENT_NIGHTS_UNTIL_CRITICAL = 3

CRITICAL_CAUSES = frozenset({"impossible_number", "dead_invoice_booked"})
"""A suspected forgery, and deducting an invoice that no longer exists: both cost more than their amount."""

INFO_CAUSES = frozenset({"date_differs", "listed_twice", "number_absent", "unreadable_reference", "upstream_gap"})


@dataclass(frozen=True)
class Alert:
    """One thing to say, in both languages, masked. `amount_cny` is NULL where money is not the point."""

    alert_key: str
    severity: str
    finding_count: int
    amount_cny: Decimal | None
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str


@dataclass(frozen=True)
class FindingGroup:
    cause: str
    taxpayer_id: str
    finding_count: int
    amount_cny: Decimal


@dataclass(frozen=True)
class StandingGroup(FindingGroup):
    """`waiting_night` is the first night of its oldest finding that nobody has taken on; `overdue_...` sum those that
    wait too long."""

    waiting_night: str | None
    overdue_count: int
    overdue_cny: Decimal


@dataclass(frozen=True)
class OpenGroup:
    """A cause of a taxpayer that stands: all of it, and what of it waits too long for a person."""

    alert: Alert
    overdue: Alert
    waiting_night: str | None


@dataclass(frozen=True)
class FindingExample:
    """`names` and `ids` are those of every record that the sentences may mention."""

    cause: str
    taxpayer_id: str
    item_id: str
    at_stake_cny: Decimal
    explanation_zh: str
    explanation_en: str
    names: list[str]
    ids: list[str]


@dataclass(frozen=True)
class BadSource:
    source_id: str
    state: str
    message_zh: str | None
    message_en: str | None
    nights_in_row: int
    last_file: str | None


def compose_alerts(con: Connection, settings: Settings, night: Night) -> list[Alert]:
    """Every alert of the night, the most urgent first. An empty list says that nothing new asks for anyone."""
    by_night = {"night_id": night.night_id}
    failures = fetch_rows(con, "report/report_audit", AuditRow, by_night)
    stops = [_compose_stop_rule(row) for row in failures if row.severity == "stop"]
    run_sql(con, "report/stopped_over")
    files = fetch_rows(con, "alert/alert_file", FileRow, {"as_of": night.as_of})
    bad_files = [_compose_file(row) for row in files]
    told = {row.source_id for row in files if row.status == "stopped"}
    sources = fetch_rows(con, "alert/alert_source", BadSource, by_night)
    bad_sources = [
        _compose_source(row, settings) for row in sources if row.state == "silent" or row.source_id not in told
    ]
    findings = [] if stops else compose_findings(con, settings, night)
    drills = _compose_drill(read_drill(settings, night))
    return sorted([*stops, *bad_files, *bad_sources, *drills, *findings], key=rank_urgency)


def rank_urgency(alert: Alert) -> tuple[int, bool, Decimal, str]:
    """Sort key: critical first; then what explains the rest (files, sources, rules), then by money."""
    rank = ("critical", "warning", "info").index(alert.severity)
    return rank, alert.amount_cny is not None, -(alert.amount_cny or Decimal(0)), alert.alert_key


def compose_findings(con: Connection, settings: Settings, night: Night) -> list[Alert]:
    """One alert per cause and taxpayer with findings that no alert has told yet."""
    build_findings(con, night)
    run_sql(con, "alert/alert_new_finding", {"night_id": night.night_id})
    groups = fetch_rows(con, "alert/alert_group", FindingGroup, {})
    examples = fetch_rows(con, "alert/alert_example", FindingExample, {"example_count": EXAMPLE_COUNT})
    return [_compose_group(group, [row for row in examples if _same_group(row, group)], settings) for group in groups]


def compose_open_groups(con: Connection, settings: Settings, night: Night) -> list[OpenGroup]:
    """What stands, one per cause and taxpayer, told before or not; after `compose_findings`, which finds it."""
    overdue = Night(night.as_of - timedelta(days=settings.escalate_after_days))
    values = {"night_id": night.night_id, "overdue_night": overdue.night_id}
    return [
        _compose_open_group(group, settings)
        for group in fetch_rows(con, "alert/alert_open_group", StandingGroup, values)
    ]


def _compose_open_group(group: StandingGroup, settings: Settings) -> OpenGroup:
    count, money, who = group.finding_count, format_money(group.amount_cny), name_taxpayer(group.taxpayer_id, settings)
    alert = Alert(
        alert_key=f"finding:{group.cause}:{group.taxpayer_id}",
        severity=_judge_severity(group.cause),
        finding_count=count,
        amount_cny=group.amount_cny,
        title_zh=f"{word(group.cause, 'zh')}：未结 {count:,} 项，{money} 元（{who}）",
        title_en=f"{word(group.cause, 'en')}: {count:,} open, {money} CNY ({who})",
        body_zh="逐项说明见当夜报告的待处理清单。",
        body_en="The night's report says of each what to do.",
    )
    late, late_money = group.overdue_count, format_money(group.overdue_cny)
    overdue = replace(
        alert,
        finding_count=late,
        amount_cny=group.overdue_cny,
        title_zh=f"{word(group.cause, 'zh')}：逾期 {late:,} 项，{late_money} 元（{who}）",
        title_en=f"{word(group.cause, 'en')}: {late:,} overdue, {late_money} CNY ({who})",
    )
    return OpenGroup(alert, overdue, group.waiting_night)


def _judge_severity(cause: str) -> str:
    return "critical" if cause in CRITICAL_CAUSES else "info" if cause in INFO_CAUSES else "warning"


def _same_group(example: FindingExample, group: FindingGroup) -> bool:
    return (example.cause, example.taxpayer_id) == (group.cause, group.taxpayer_id)


def _compose_group(group: FindingGroup, examples: list[FindingExample], settings: Settings) -> Alert:
    count, money = group.finding_count, format_money(group.amount_cny)
    verdict = CAUSES[group.cause]
    who = name_taxpayer(group.taxpayer_id, settings)
    return Alert(
        alert_key=f"finding:{group.cause}:{group.taxpayer_id}",
        severity=_judge_severity(group.cause),
        finding_count=count,
        amount_cny=group.amount_cny,
        title_zh=f"{word(group.cause, 'zh')}：新增 {count:,} 项，{money} 元（{who}）",
        title_en=f"{word(group.cause, 'en')}: {count:,} new, {money} CNY ({who})",
        body_zh="\n".join(_say_example(row, row.explanation_zh, "元", settings) for row in examples)
        + _say_rest(
            count - len(examples), f"另有 {count - len(examples):,} 项，结论“{word(verdict, 'zh')}”，见当夜报告。"
        ),
        body_en="\n".join(_say_example(row, row.explanation_en, " CNY", settings) for row in examples)
        + _say_rest(
            count - len(examples), f"{count - len(examples):,} more ({word(verdict, 'en')}): see the night's report."
        ),
    )


def _say_rest(rest_count: int, sentence: str) -> str:
    return f"\n{sentence}" if rest_count else ""


def _say_example(example: FindingExample, sentence: str, unit: str, settings: Settings) -> str:
    said = mask_text(sentence, example.names, example.ids) if settings.mask_names else sentence
    return strip_controls(f"- {format_money(example.at_stake_cny)}{unit} · {said} [{example.item_id}]")


def name_taxpayer(taxpayer_id: str, settings: Settings) -> str:
    """Our own entity, masked like the others if masking is on."""
    name = next((taxpayer.name for taxpayer in settings.taxpayers if taxpayer.id == taxpayer_id), "")
    if settings.mask_names:
        return f"{mask_name(name) if name else ''}{mask_id(taxpayer_id)}"
    return f"{name} {taxpayer_id}".strip()


def _compose_stop_rule(row: AuditRow) -> Alert:
    examples = ", ".join(row.row_keys or ())
    detail = strip_controls(row.detail or "")
    return Alert(
        alert_key=f"rule:{row.rule_id}",
        severity="critical",
        finding_count=row.rows_unexpected,
        amount_cny=None,
        title_zh=f"本夜未发布：{row.name_zh}",
        title_en=f"Night not published: {row.name_en}",
        body_zh=f"表 {row.table_name} 有 {row.rows_unexpected:,} 行不符（共查 {row.rows_checked:,} 行）。"
        f"读者继续使用上一次正常发布的结果；本夜发现的问题待数据恢复后再提醒。{detail} {examples}".rstrip(),
        body_en=f"{row.rows_unexpected:,} of {row.rows_checked:,} rows in {row.table_name} break the rule. Readers "
        f"keep the last good night; findings are held back until the data is sound. {detail} {examples}".rstrip(),
    )


def _compose_file(row: FileRow) -> Alert:
    is_stopped = row.status == "stopped"
    name = strip_controls(row.file_name)
    layout = row.layout or "—"
    fault_zh, fault_en = _say_fault(row)
    remedy_zh, remedy_en = _say_remedy(row)
    return Alert(
        alert_key=f"file:{row.source_id}:{row.file_id[:12]}",
        severity="critical" if is_stopped else "warning",
        finding_count=0,
        amount_cny=None,
        title_zh=f"文件{fault_zh}：{name}",
        title_en=f"File {fault_en}: {name}",
        body_zh=strip_controls(
            f"来源 {row.source_id}，版式 {layout}，读到 {row.rows_read:,} 行。{row.message_zh or ''}{remedy_zh}"
        ),
        body_en=strip_controls(
            f"Source {row.source_id}, layout {layout}, {row.rows_read:,} rows read. {row.message_en or ''}{remedy_en}"
        ),
    )


def _say_remedy(row: FileRow) -> tuple[str, str]:
    """When the alert of a stopped file is over."""
    if row.status != "stopped":
        return "", ""
    if row.side == Side.UPSTREAM:
        return (
            "文件名所写的每一天都由之后导出的文件收到后，此提醒自动解除；文件名没写日期的，请替换或移走它。",
            " It is over once files that were made later have brought every day that its name asks for; if its name "
            "tells no days, replace or remove it.",
        )
    return (
        "请用新文件替换它（同名）或将它移走，此提醒才会解除。",
        " Replace it by the new file under its name, or remove it: until then the alert stands.",
    )


def _say_fault(row: FileRow) -> tuple[str, str]:
    if row.status == "stopped":
        return "未采用", "not used"
    if row.is_complete and row.rows_rejected:
        return f"有 {row.rows_rejected:,} 行未采用", f"with {row.rows_rejected:,} rows not used"
    return "不完整", "incomplete"


def _compose_source(row: BadSource, settings: Settings) -> Alert:
    is_long = row.nights_in_row >= SILENT_NIGHTS_UNTIL_CRITICAL
    expected = _say_expected(next((source for source in settings.sources if source.id == row.source_id), None))
    last = row.last_file or "—"
    return Alert(
        alert_key=f"source:{row.source_id}",
        severity="critical" if is_long or row.state == "failed" else "warning",
        finding_count=0,
        amount_cny=None,
        title_zh=f"来源{word(row.state, 'zh')}：{row.source_id}（连续 {row.nights_in_row} 夜）",
        title_en=f"Source {word(row.state, 'en')}: {row.source_id} ({row.nights_in_row} nights in a row)",
        body_zh=strip_controls(f"应有：{expected}。最近可用的文件：{last}。{row.message_zh or ''}"),
        body_en=strip_controls(f"Expected: {expected}. Last usable file: {last}. {row.message_en or ''}"),
    )


def _say_expected(source: Source | None) -> str:
    return f"{source.folder}/{source.pattern}" if source else "—"


def _compose_drill(row: DrillRow) -> list[Alert]:
    """A backup that nobody has restored for so long is a hope; told every night until a drill succeeds."""
    if not row.is_overdue:
        return []
    zh = "还没有一次成功" if row.age_days is None else f"上次成功在 {row.age_days} 天前"
    en = "none has succeeded yet" if row.age_days is None else f"the last good one was {row.age_days} days ago"
    if row.problem:
        zh, en = (strip_controls(f"{said} {row.problem}") for said in ("记录无法读取：", "a note cannot be read:"))
    return [
        Alert(
            alert_key="drill",
            severity="warning",
            finding_count=0,
            amount_cny=None,
            title_zh=f"恢复演练逾期：{zh}",
            title_en=f"Restore drill overdue: {en}",
            body_zh=f"每 {row.max_age_days} 天至少应有一次成功的恢复演练。请运行 fapiao snapshot drill。",
            body_en=f"A drill should succeed every {row.max_age_days} days at least. Run fapiao snapshot drill.",
        )
    ]
