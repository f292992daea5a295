"""`fapiao backfill`: a range of past days is asked for once more; without `--run` it says what would be asked."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.nightly import end_night, load_job
from pipelines.cli.options import AsJson
from pipelines.errors import EXIT_UPSTREAM_UNAVAILABLE

if TYPE_CHECKING:
    from pipelines.night import Night
    from pipelines.pull.again import Backfill, Planned


def run_backfill(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="第一天 | First day, 2026-01-01.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="最后一天 | Last day, included.")],
    source: Annotated[
        str | None, typer.Option(help="来源，默认全部可按日期取数的 | One source; all that can be asked for days.")
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="真正执行，否则只列出 | Do it; otherwise only say what.")] = False,
    as_json: AsJson = False,
) -> None:
    """重新取一段过去的日期，默认只列出要问什么 | Ask for past days; a dry run unless --run. Exit code 4: none came."""
    from pipelines.cli.moments import parse_day
    from pipelines.cli.output import show_progress
    from pipelines.night import Night
    from pipelines.pull.again import Backfill
    from pipelines.settings import beijing_now, load_settings

    days = parse_day(first, "--from"), parse_day(last, "--to")
    assert days[0] is not None and days[1] is not None, "both options are required"  # noqa: S101, PT018
    settings, again = load_settings(), Backfill(days[0], days[1], source)
    again.check(settings, beijing_now().date())
    if not run:
        _print_plan(_read_plan(again, Night.at()), as_json)
        return
    with show_progress("启动 | starting"):
        outcome = load_job("backfill")(again.first, again.last, source)
    end_night(outcome, as_json)
    if not outcome.is_fetched:
        raise typer.Exit(EXIT_UPSTREAM_UNAVAILABLE)


def _read_plan(again: Backfill, night: Night) -> list[Planned]:
    from pipelines.pull.again import plan_backfill
    from pipelines.query import open_published_if_any
    from pipelines.settings import load_settings

    settings = load_settings()
    with open_published_if_any(settings) as con:
        return plan_backfill(con, settings, again, night)


def _print_plan(plan: list[Planned], as_json: bool) -> None:
    from pipelines.cli.output import print_json, print_table

    if as_json:
        print_json(plan)
        return
    columns = ("来源 source", "途径 routes", "自 from", "至 to", "天 days", "已完整 complete", "已有 records")
    print_table(
        columns,
        [
            (one.source_id, ", ".join(one.routes), one.first, one.last, one.days, one.complete_days, one.records)
            for one in plan
        ],
    )
    typer.echo("未执行；加 --run 执行 | Nothing was done; --run does it.")
