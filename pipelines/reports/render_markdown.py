"""A night's summary as Markdown, for the orchestrator's artifact. All text from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.reports.headline import say_alerts, say_drill, say_headline, say_publication, say_resting
from pipelines.reports.shapes import FindingRow, NightSummary
from pipelines.reports.words import Language, escape_markdown, format_money, pick, word


def render_markdown(summary: NightSummary, language: Language = "zh") -> str:
    """The whole summary in one language."""
    night = summary.night
    parts = [
        f"# {pick(language, '发票核对', 'Invoice reconciliation')} {night.as_of:%Y-%m-%d %H:%M}",
        f"**{say_headline(summary, language)}**",
        escape_markdown(f"{say_publication(summary, language)} {say_alerts(summary, language)}"),
        f"{pick(language, '快照', 'Snapshot')}: `{night.snapshot_id or '—'}`. {say_drill(summary, language)}",
        _matrix(summary, language),
        _findings(pick(language, "今夜新增", "New tonight"), summary.new_findings, language),
        _findings(pick(language, "金额最大", "Most money at stake"), summary.top_findings, language),
        _sources(summary, language),
        _files(summary, language),
        _audit(summary, language),
        _pending(summary, language),
        _gaps(summary, language),
        escape_markdown(say_resting(summary, language)),
        _alerts(summary, language),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A section, or nothing when it has no rows."""
    lines = ["| " + " | ".join(escape_markdown(cell) for cell in row) + " |" for row in rows]
    rule = "|" + "---|" * len(heads)
    return "\n".join([f"## {title}", "", "| " + " | ".join(heads) + " |", rule, *lines]) if lines else ""


def _matrix(summary: NightSummary, language: Language) -> str:
    heads = ("结论", "原因", "项数", "涉及金额", "新增", "消除")
    if language == "en":
        heads = ("verdict", "cause", "items", "at stake, CNY", "new", "gone")
    rows = (
        (
            word(row.verdict, language),
            word(row.cause, language),
            f"{row.item_count:,}",
            format_money(row.at_stake_cny) if row.at_stake_cny else "",
            f"{row.new_count:,}" if row.new_count else "",
            f"{row.gone_count:,}" if row.gone_count else "",
        )
        for row in summary.causes
    )
    return _table(pick(language, "结论与原因", "Verdicts and causes"), heads, rows)


def _findings(title: str, findings: tuple[FindingRow, ...], language: Language) -> str:
    heads = ("原因", "涉及金额", "说明") if language == "zh" else ("cause", "at stake, CNY", "what to do")
    rows = (
        (
            word(row.cause, language),
            format_money(row.at_stake_cny),
            pick(language, row.explanation_zh, row.explanation_en),
        )
        for row in findings
    )
    return _table(title, heads, rows)


def _sources(summary: NightSummary, language: Language) -> str:
    heads = ("来源", "状态", "新文件", "新行", "说明")
    if language == "en":
        heads = ("source", "state", "new files", "new rows", "message")
    rows = (
        (
            row.source_id,
            word(row.state, language),
            f"{row.files_new}",
            f"{row.rows_new:,}",
            pick(language, row.message_zh, row.message_en),
        )
        for row in summary.sources
    )
    return _table(pick(language, "来源", "Sources"), heads, rows)


def _files(summary: NightSummary, language: Language) -> str:
    heads = ("文件", "拒绝行数", "说明") if language == "zh" else ("file", "rows rejected", "message")
    rows = (
        (row.file_name, f"{row.rows_rejected:,}", pick(language, row.message_zh, row.message_en))
        for row in summary.files
    )
    return _table(pick(language, "有问题的文件", "Files with a problem"), heads, rows)


def _audit(summary: NightSummary, language: Language) -> str:
    heads = ("级别", "检查", "不符行数") if language == "zh" else ("severity", "rule", "rows that break it")
    rows = (
        (word(row.severity, language), pick(language, row.name_zh, row.name_en), f"{row.rows_unexpected:,}")
        for row in summary.audit_failures
    )
    return _table(pick(language, "未通过的检查", "Rules that do not hold"), heads, rows)


def _pending(summary: NightSummary, language: Language) -> str:
    heads = ("到期日", "原因", "项数", "金额") if language == "zh" else ("due on", "cause", "items", "CNY")
    rows = (
        (f"{row.due_on or '—'}", word(row.cause, language), f"{row.item_count:,}", format_money(row.total_cny))
        for row in summary.pending
    )
    return _table(pick(language, "待到期", "Waiting, next due"), heads, rows)


def _gaps(summary: NightSummary, language: Language) -> str:
    heads = (
        ("税号", "方向", "起", "止", "天数") if language == "zh" else ("taxpayer", "direction", "from", "to", "days")
    )
    rows = (
        (row.taxpayer_id, word(row.direction, language), f"{row.first_day}", f"{row.last_day}", f"{row.day_count}")
        for row in summary.gaps
    )
    return _table(pick(language, "税务数据缺口", "Days without full tax data"), heads, rows)


def _alerts(summary: NightSummary, language: Language) -> str:
    heads = ("级别", "提醒", "送达") if language == "zh" else ("severity", "alert", "delivery")
    rows = (
        (word(row.severity, language), pick(language, row.title_zh, row.title_en), row.delivery_detail or "—")
        for row in summary.alerts
    )
    return _table(pick(language, "提醒", "Alerts"), heads, rows)
