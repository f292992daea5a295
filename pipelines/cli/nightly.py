"""`fapiao nightly` and `fapiao demo`: the jobs, found by name as entry points because imports go one way."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import AsJson, FailOnFindings
from pipelines.errors import EXIT_FINDINGS, EXIT_INTEGRITY, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.demo.story import NightTold
    from pipelines.night_log import NightOutcome
    from pipelines.settings import Settings


def load_job(name: str) -> Callable[..., Any]:
    """The job registered as entry point `fapiao.jobs`; UsageError when the installation does not have it."""
    from importlib.metadata import entry_points

    for entry_point in entry_points(group="fapiao.jobs", name=name):
        job: Callable[..., Any] = entry_point.load()
        return job
    raise UsageError(
        "安装不完整 | The installation is incomplete.",
        where=f"entry point fapiao.jobs: {name}",
        next_step="make setup",
    )


LOOKED_BACK = (
    "读者看到的是该时点的情况，下一夜起恢复为最新：可现在运行 fapiao nightly | "
    "readers see that moment until the next night; run `fapiao nightly` to bring them back to today"
)


def run_nightly(
    as_of: Annotated[
        str | None,
        typer.Option(
            help="判断时点，默认现在 | Moment of the verdicts, Beijing time; now if left out.", metavar="TIME"
        ),
    ] = None,
    fail_on_findings: FailOnFindings = False,
    as_json: AsJson = False,
) -> None:
    """运行一夜：读取、核对、检查、快照、发布、报告、提醒 | Run one night."""
    from pipelines.cli.moments import parse_moment
    from pipelines.cli.output import show_progress

    moment = parse_moment(as_of, "--as-of") if as_of else None
    _require_past(moment)
    with show_progress("启动 | starting"):
        outcome: NightOutcome = load_job("nightly")(as_of=moment, data_root=None)
    end_night(outcome, as_json)
    if fail_on_findings and outcome.finding_count:
        raise typer.Exit(EXIT_FINDINGS)


def _require_past(moment: datetime | None) -> None:
    """UsageError for a moment that has not come: until it has, every real night would only be a look back."""
    from pipelines.settings import beijing_now

    if moment is not None and moment > beijing_now():
        raise UsageError(
            "这个时点还没有到 | That moment has not come yet: until it has, every later night would only look back.",
            where="--as-of",
            found=moment.isoformat(sep=" "),
            expected="现在或以前，北京时间 | now or earlier, Beijing time",
        )


def end_night(outcome: NightOutcome, as_json: bool) -> None:
    """Print what came of the night; the command ends with 5 when it was not published."""
    (_print_night_json if as_json else _print_night)(outcome)
    if not outcome.is_published:
        raise typer.Exit(EXIT_INTEGRITY)


def _print_night_json(outcome: NightOutcome) -> None:
    from dataclasses import asdict

    from pipelines.cli.output import print_json, verdict_rows

    print_json({**asdict(outcome), "finding_count": outcome.finding_count, "verdicts": verdict_rows(outcome.verdicts)})


def _print_night(outcome: NightOutcome) -> None:
    from pipelines.cli.output import make_console, print_fields
    from pipelines.night import Night
    from pipelines.reports.summary import render_console, summarise_night
    from pipelines.settings import load_settings

    settings = load_settings()
    if not settings.sources:
        _say_unconfigured(settings)
    summary = summarise_night(settings, Night(outcome.as_of))
    make_console().print(render_console(summary, settings.alert_language))
    places = {"报告 report": outcome.report_path, "快照 snapshot": outcome.snapshot_id}
    crashed = {"此前中断的夜 crashed before": list(outcome.crashed_nights)} if outcome.crashed_nights else {}
    failed = [f"{source} ({state})" for source, state in outcome.failed_sources.items()]
    behind = {"沿用旧数据的来源 sources on older data": failed} if failed else {}
    migrated = {"迁移 migrated": outcome.migration} if outcome.migration else {}
    # Only a look back keeps no snapshot.
    looked_back = {"回看 look back": LOOKED_BACK} if outcome.snapshot_id is None else {}
    print_fields({**places, **behind, **crashed, **migrated, **looked_back})


def _say_unconfigured(settings: Settings) -> None:
    """A night of nothing is published like any other: mostly the data root is not the one that was meant."""
    from pipelines.cli.output import print_line

    root, companies = settings.data_root.resolve(), len(settings.taxpayers)
    print_line(
        f"! {companies} 个企业、0 个来源：数据目录 {root} 没有设置任何来源，这一夜是空的。请核对 FAPIAO_DATA_ROOT 和 "
        f"fapiao.toml | {companies} taxpayers, 0 sources: nothing is configured in the data root {root}, this night is "
        "empty. Check FAPIAO_DATA_ROOT and fapiao.toml",
        "bold red",
    )


def run_demo(
    seed: Annotated[int, typer.Option(help="随机种子 | The same seed gives the same demo.")] = 20261103,
    invoices: Annotated[int, typer.Option(min=200, help="发票张数 | How many invoices to generate.")] = 20_000,
    as_json: AsJson = False,
) -> None:
    """用生成的文件跑三夜，无需服务器 | Three nights on generated exports, no server needed."""
    from pipelines.cli.demo import as_document, print_night, print_story
    from pipelines.cli.output import print_json, show_progress

    root = Path(os.environ.get("FAPIAO_DATA_ROOT") or "data")
    with show_progress("启动 | starting", lets_stderr_through=False) as shown:

        def tell(told: NightTold) -> None:
            with shown.paused():
                print_night(told)

        story = load_job("demo")(root, seed, invoices, (lambda _told: None) if as_json else tell)
    if as_json:
        print_json(as_document(story))
    else:
        print_story(story)
