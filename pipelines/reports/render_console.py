"""A night's summary for the terminal. Values are rich `Text`, never markup, so that no name can colour the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pipelines.model import FINDING_VERDICTS
from pipelines.reports.headline import say_alerts, say_drill, say_headline, say_publication
from pipelines.reports.shapes import CauseRow, FindingRow, NightSummary
from pipelines.reports.words import Language, format_money, pick, strip_controls, word

SHOWN_FINDINGS = 5
STATE_STYLES = {"failed": "red", "silent": "yellow", "maintenance": "cyan", "stop": "bold red", "warn": "yellow"}


def render_console(summary: NightSummary, language: Language = "zh") -> RenderableType:
    """Headline, matrix, what is new, and whatever is wrong; sections with nothing to say are left out."""
    parts = (
        _headline(summary, language),
        _matrix(summary, language),
        _findings(summary, language),
        _troubles(summary, language),
        _pending(summary, language),
        _gaps(summary, language),
    )
    return Group(*(part for part in parts if part is not None))


def _text(value: str, style: str = "") -> Text:
    return Text(strip_controls(value), style=style)


def _headline(summary: NightSummary, language: Language) -> RenderableType:
    is_published = summary.night.is_published
    lines = Text("\n").join(
        [
            _text(say_headline(summary, language), "bold"),
            _text(say_publication(summary, language), "green" if is_published else "red"),
            _text(say_alerts(summary, language), "red" if summary.undelivered_alerts else ""),
            _text(say_drill(summary, language), "yellow" if summary.drill.is_overdue else "dim"),
        ]
    )
    title = f"{pick(language, '发票核对', 'Invoice reconciliation')} {summary.night.as_of:%Y-%m-%d %H:%M}"
    return Panel(lines, title=title, title_align="left", border_style="green" if is_published else "red")


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Text]], right: Sequence[int] = ()) -> Table | None:
    """A table whose columns in `right` are figures; None when it has no rows."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, head in enumerate(heads):
        if position in right:
            table.add_column(head, justify="right", no_wrap=True)
        else:
            table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table if table.row_count else None


def _matrix(summary: NightSummary, language: Language) -> Table | None:
    heads = ("结论", "原因", "项数", "涉及金额（元）", "新增", "消除")
    if language == "en":
        heads = ("verdict", "cause", "items", "at stake, CNY", "new", "gone")
    rows: list[Sequence[Text]] = []
    last = ""
    for row in summary.causes:
        rows.append(_matrix_row(row, language, is_first=row.verdict != last))
        last = row.verdict
    return _table("", heads, rows, right=(2, 3, 4, 5))


def _matrix_row(row: CauseRow, language: Language, *, is_first: bool) -> Sequence[Text]:
    style = "" if row.verdict in FINDING_VERDICTS else "dim"
    return (
        _text(word(row.verdict, language) if is_first else "", style),
        _text(word(row.cause, language), style),
        _text(f"{row.item_count:,}", style),
        _text(format_money(row.at_stake_cny) if row.at_stake_cny else "", style),
        _text(f"+{row.new_count:,}" if row.new_count else "", "yellow"),
        _text(f"−{row.gone_count:,}" if row.gone_count else "", "green"),
    )


def _findings(summary: NightSummary, language: Language) -> Table | None:
    """New ones first; on a night without any, the biggest."""
    title, findings = pick(language, "今夜新增，金额最大", "New tonight, biggest first"), summary.new_findings
    if not findings:
        title, findings = pick(language, "尚未处理，金额最大", "Still open, biggest first"), summary.top_findings
    heads = ("涉及金额（元）", "说明") if language == "zh" else ("at stake, CNY", "what to do")
    return _table(title, heads, (_finding_row(row, language) for row in findings[:SHOWN_FINDINGS]), right=(0,))


def _finding_row(row: FindingRow, language: Language) -> Sequence[Text]:
    return _text(format_money(row.at_stake_cny)), _text(pick(language, row.explanation_zh, row.explanation_en))


def _troubles(summary: NightSummary, language: Language) -> Table | None:
    """Sources, files, rules and alerts that are not as they should be."""
    rows = [*_source_troubles(summary, language), *_audit_troubles(summary, language)]
    for alert in summary.undelivered_alerts:
        state = _text(pick(language, "未送达", "undelivered"), "red")
        said = f"{pick(language, alert.title_zh, alert.title_en)}: {alert.delivery_detail or ''}"
        rows.append((state, _text(alert.alert_key), _text(said)))
    heads = ("状态", "对象", "说明") if language == "zh" else ("state", "what", "message")
    return _table(pick(language, "需要留意", "Needs attention"), heads, rows)


def _source_troubles(summary: NightSummary, language: Language) -> list[Sequence[Text]]:
    sources = [
        (
            _text(word(row.state, language), STATE_STYLES[row.state]),
            _text(row.source_id),
            _text(pick(language, row.message_zh, row.message_en)),
        )
        for row in summary.sources
        if row.state in STATE_STYLES
    ]
    files = [
        (
            _text(pick(language, "停用", "stopped"), "red")
            if row.status == "stopped"
            else _text(pick(language, "有缺", "flawed"), "yellow"),
            _text(row.file_name),
            _text(
                pick(language, row.message_zh, row.message_en)
                or pick(language, f"拒绝 {row.rows_rejected:,} 行", f"{row.rows_rejected:,} rows rejected")
            ),
        )
        for row in summary.files
    ]
    return [*sources, *files]


def _audit_troubles(summary: NightSummary, language: Language) -> list[Sequence[Text]]:
    return [
        (
            _text(word(row.severity, language), STATE_STYLES.get(row.severity, "")),
            _text(pick(language, row.name_zh, row.name_en)),
            _text(pick(language, f"{row.rows_unexpected:,} 行不符", f"{row.rows_unexpected:,} rows break it")),
        )
        for row in summary.audit_failures
    ]


def _pending(summary: NightSummary, language: Language) -> Table | None:
    heads = ("到期日", "原因", "项数", "金额（元）") if language == "zh" else ("due on", "cause", "items", "CNY")
    rows = (
        (
            _text(f"{row.due_on or '—'}"),
            _text(word(row.cause, language)),
            _text(f"{row.item_count:,}"),
            _text(format_money(row.total_cny)),
        )
        for row in summary.pending[:SHOWN_FINDINGS]
    )
    return _table(pick(language, "待到期", "Waiting, next due"), heads, rows, right=(2, 3))


def _gaps(summary: NightSummary, language: Language) -> Table | None:
    heads = (
        ("税号", "方向", "起", "止", "天数") if language == "zh" else ("taxpayer", "direction", "from", "to", "days")
    )
    rows = (
        (
            _text(row.taxpayer_id),
            _text(word(row.direction, language)),
            _text(f"{row.first_day}"),
            _text(f"{row.last_day}"),
            _text(f"{row.day_count}"),
        )
        for row in summary.gaps[:SHOWN_FINDINGS]
    )
    return _table(pick(language, "税务数据缺口", "Days without full tax data"), heads, rows, right=(4,))
