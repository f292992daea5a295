"""Prints what the demo did, for a person who sees all this for the first time."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from pipelines.cli.output import print_line, print_table, verdict_rows
from pipelines.demo.story import DemoStory, NightTold
from pipelines.model import FINDING_VERDICTS
from pipelines.reports.headline import say_alerts, say_headline, say_publication
from pipelines.reports.shapes import FindingRow, NightSummary
from pipelines.reports.words import word
from pipelines.settings import load_settings

SHOWN_FINDINGS = 3
SHOWN_CONFUSIONS = 5
SHOWN_ALERTS = 3


def print_night(told: NightTold) -> None:
    """What was made to happen, what was found, and which source or file needs attention."""
    print_line(f"━━ {told.as_of:%Y-%m-%d %H:%M} · {told.title_zh}", "bold")
    print_line(f"   {told.title_en}", "bold")
    print_line(told.what_happens_zh)
    print_line(told.what_happens_en)
    for language in ("zh", "en"):
        print_line(f"→ {say_headline(told.summary, language)}{_say_end(told.summary, language)}", "bold")
    for trouble in list_troubles(told.summary):
        print_line(f"  ! {trouble}", "yellow")
    for alert in list_alerts(told.summary):
        print_line(f"  ✉ {alert}")
    print_line(f"  ({told.seconds:.1f} s)")
    print_line()


def _say_end(summary: NightSummary, language: Any) -> str:
    space = "" if language == "zh" else " "
    return space + space.join([say_publication(summary, language), say_alerts(summary, language)])


def list_alerts(summary: NightSummary) -> list[str]:
    """Titles of the night's alerts, most urgent first as they were sent."""
    titles = [f"{alert.title_zh} | {alert.title_en}" for alert in summary.alerts]
    more = len(titles) - SHOWN_ALERTS
    return [*titles[:SHOWN_ALERTS], *([f"另有 {more} 条 | and {more} more"] if more > 0 else [])]


def list_troubles(summary: NightSummary) -> list[str]:
    """A line per source that is silent and per file that was stopped, and one for the files with rows rejected."""
    silent = [
        f"{source.source_id}: {source.message_zh or ''} | {source.message_en or ''}"
        for source in summary.sources
        if source.state == "silent"
    ]
    stopped = [f"{file.message_zh} | {file.message_en}" for file in summary.files if file.status == "stopped"]
    flawed = [file for file in summary.files if file.status != "stopped" and file.rows_rejected]
    rows = sum(file.rows_rejected for file in flawed)
    rejected = f"{len(flawed)} 个文件有 {rows} 行无法采用 | {rows} rows of {len(flawed)} files could not be used"
    return [*silent, *stopped, *([rejected] if flawed else [])]


def print_story(story: DemoStory) -> None:
    """After the last night: the table, three findings, how right it was, where things lie, what to try."""
    last = story.nights[-1].summary
    _print_matrix(last)
    _print_findings(last)
    _print_accuracy(story)
    _print_places(story)
    _print_next_steps(story)
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in story.seconds.items())
    print_line(f"用时 seconds: {parts}")


def _print_matrix(summary: NightSummary) -> None:
    rows = [
        [
            f"{word(row.verdict, 'zh')} {row.verdict}",
            f"{word(row.cause, 'zh')} {row.cause}",
            row.item_count,
            row.at_stake_cny if row.verdict in FINDING_VERDICTS else None,
        ]
        for row in summary.causes
        if row.item_count
    ]
    title = "最后一夜的结论和原因 | verdicts and causes of the last night"
    print_table(["结论 verdict", "原因 cause", "项数 items", "涉及金额 at stake, CNY"], rows, title=title)


def choose_findings(summary: NightSummary) -> list[FindingRow]:
    """The biggest findings of as many different causes as there are."""
    chosen: dict[str, FindingRow] = {}
    for finding in (*summary.top_findings, *summary.new_findings, *summary.oldest_findings):
        chosen.setdefault(finding.cause, finding)
    rest = [finding for finding in summary.top_findings if finding not in chosen.values()]
    return [*chosen.values(), *rest][:SHOWN_FINDINGS]


def _print_findings(summary: NightSummary) -> None:
    print_line()
    print_line("三个发现 | three of the findings", "bold")
    for finding in choose_findings(summary):
        print_line(f"  • {finding.explanation_zh}")
        print_line(f"    {finding.explanation_en}")


def _print_accuracy(story: DemoStory) -> None:
    found = story.accuracy
    print_line()
    print_line(
        f"与埋设的真相相比 | against what was planted ({found.records:,} 条记录 records): "
        f"结论正确 verdict right {_percent(found.right_verdicts, found.records)}, "
        f"原因也正确 cause right too {_percent(found.right_causes, found.records)}",
        "bold",
    )
    print_line(f"  误报缺失 called missing although nothing was: {found.called_missing:,}")
    for planted, judged, count in found.wrong[:SHOWN_CONFUSIONS]:
        print_line(f"  {count:,} × 埋设 planted {planted} → 判为 judged {judged}")


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % means all."""
    return "-" if whole == 0 else f"{part * 10000 // whole / 100:.2f} %"


def _print_places(story: DemoStory) -> None:
    settings = load_settings(story.root)
    print_line()
    print_line("都在哪里 | where things lie", "bold")
    report = story.nights[-1].outcome.report_path or settings.report_dir
    places = {
        "报告 report": report,
        "表格 workbook": report.with_suffix(".xlsx"),
        "数据库 database": settings.published_path,
        "快照 snapshots": settings.snapshot_dir,
        "原始文件 as received": settings.landing_dir,
    }
    for what, path in places.items():
        print_line(f"  {show_path(path)}  {what}")


def _print_next_steps(story: DemoStory) -> None:
    print_line()
    print_line("接下来试试 | what to try next", "bold")
    for what, command in list_next_steps(story):
        print_line(f"  # {what}")
        print_line(f"  FAPIAO_DATA_ROOT={show_path(story.root)} {name_command()} {command}", "cyan")


def list_next_steps(story: DemoStory) -> list[tuple[str, str]]:
    """Five commands that work when they are pasted."""
    return [
        ("查一张发票 | one invoice, both sides", f"find {_example_number(story.nights[-1].summary)}"),
        (
            "金额最大的待处理事项 | the biggest open items",
            'sql "SELECT cause, at_stake_cny, explanation_zh FROM out__open_item ORDER BY at_stake_cny DESC LIMIT 10"',
        ),
        ("每个来源的情况 | how each source did", 'sql "FROM out__source_health"'),
        ("快照是否完好 | are the snapshots whole", "snapshot verify"),
        ("安装是否健康 | is the installation healthy", "doctor"),
    ]


def _example_number(summary: NightSummary) -> str:
    texts = [finding.invoice_numbers for finding in choose_findings(summary) if finding.invoice_numbers]
    return texts[0].replace("、", " ").replace(",", " ").split()[0] if texts else "'*' --amount 1000"


def name_command() -> str:
    """`fapiao` when that is what the shell would run, else the path of the one that runs now."""
    found = shutil.which("fapiao")
    own = Path(sys.argv[0])
    if found and own.exists() and Path(found).samefile(own):
        return "fapiao"
    return show_path(own)


def show_path(path: Path) -> str:
    """Relative to the working directory when it lies below it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def as_document(story: DemoStory) -> dict[str, Any]:
    """The story for programs."""
    return {
        "root": story.root,
        "nights": [_night_document(told) for told in story.nights],
        "accuracy": story.accuracy,
        "seconds": {name: round(seconds, 2) for name, seconds in story.seconds.items()},
    }


def _night_document(told: NightTold) -> dict[str, Any]:
    outcome = told.outcome
    return {
        "night_id": outcome.night_id,
        "as_of": told.as_of,
        "title_zh": told.title_zh,
        "title_en": told.title_en,
        "is_published": outcome.is_published,
        "finding_count": outcome.finding_count,
        "verdicts": verdict_rows(outcome.verdicts),
        "troubles": list_troubles(told.summary),
        "snapshot_id": outcome.snapshot_id,
        "report_path": outcome.report_path,
        "seconds": round(told.seconds, 2),
    }
