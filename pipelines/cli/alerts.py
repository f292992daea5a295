"""`fapiao alerts`: what stands, who has taken it on, and whether the channels are alive."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import EXIT_FINDINGS, EXIT_UPSTREAM_UNAVAILABLE, UsageError

app = typer.Typer(
    help="提醒：未结清单、确认、补发、验证渠道 | Alerts: list, acknowledge, deliver, test.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("test")
def prove_channels(as_json: AsJson = False) -> None:
    """向每个渠道发一条测试 | Send a test to every channel. Exit code 4 when one does not take it."""
    from pipelines.alerts.send import test_channels
    from pipelines.cli.output import print_json, print_table, show_progress
    from pipelines.settings import load_settings

    with show_progress("发送测试 | sending the test"):
        results = test_channels(load_settings())
    if as_json:
        print_json([{"channel": r.channel, "is_alive": r.is_alive, "detail": r.detail} for r in results])
    else:
        print_table(
            ["渠道 channel", "送达 delivered", "说明 detail"], [[r.channel, r.is_alive, r.detail] for r in results]
        )
    if not all(result.is_alive for result in results):
        raise typer.Exit(EXIT_UPSTREAM_UNAVAILABLE)


@app.command("list")
def list_cases(as_json: AsJson = False) -> None:
    """未结提醒，最急的在前 | The open alerts, the most urgent first."""
    from pipelines.alerts.case_store import list_open_cases
    from pipelines.alerts.routes import find_owner
    from pipelines.cli.output import print_json, print_table
    from pipelines.settings import load_settings

    settings = load_settings()
    rows = [(case, find_owner(case.alert_key, settings)) for case in list_open_cases(settings)]
    if as_json:
        print_json([{**asdict(case), "owner": owner.name if owner else None} for case, owner in rows])
        return
    columns = ["提醒 alert", "程度 severity", "自 since", "内容 what", "负责人 owner", "已确认 acknowledged"]
    print_table(
        columns,
        [
            [
                case.alert_key,
                case.severity,
                case.raised_night[:8],
                case.title_zh if settings.alert_language == "zh" else case.title_en,
                owner.name if owner else None,
                f"{case.acknowledged_by}（较早的 earlier）"
                if case.acknowledged_by and case.waiting_night
                else case.acknowledged_by,
            ]
            for case, owner in rows
        ],
    )


@app.command("ack")
def acknowledge_case(
    alert_key: Annotated[str, typer.Argument(help="清单第一列 | First column of the list.", metavar="ALERT")],
    who: Annotated[str, typer.Option("--by", help="接手的人 | Who takes it on.", metavar="NAME")],
    note: Annotated[str | None, typer.Option(help="说明 | A remark.", metavar="TEXT")] = None,
    as_json: AsJson = False,
) -> None:
    """确认接手：现有的不再升级，除非加重 | Take an alert on: what it holds escalates no more unless it gets worse."""
    from pipelines.alerts.case_store import acknowledge
    from pipelines.cli.output import print_json, print_line
    from pipelines.settings import load_settings

    if not who.strip():
        raise UsageError("要写明谁接手 | Say who takes it on.", where="--by", found=repr(who), expected="姓名 | a name")
    case = acknowledge(load_settings(), alert_key, who.strip(), note)
    if as_json:
        print_json(case)
    else:
        print_line(f"已确认 acknowledged: {case.alert_key} ({case.acknowledged_by}, {case.acknowledged_at})")


@app.command("deliver")
def deliver_again(as_json: AsJson = False) -> None:
    """补发渠道未收下或静默时段留下的 | Send what was refused or held back. Exit code 4 if one fails."""
    from pipelines.alerts.send import deliver_pending
    from pipelines.cli.output import print_json, print_table
    from pipelines.settings import load_settings

    results = [result for result in deliver_pending(load_settings()) if result.channel not in ("console", "file")]
    if as_json:
        print_json(results)
    else:
        print_table(["渠道 channel", "结果 state", "说明 detail"], [[r.channel, r.state, r.detail] for r in results])
    if not all(result.is_alive for result in results):
        raise typer.Exit(EXIT_UPSTREAM_UNAVAILABLE)


@app.command("digest")
def preview_digest(as_json: AsJson = False) -> None:
    """预览各渠道的日报、周报，不发送 | What each channel's digest would say now; nothing is sent."""
    from pipelines.alerts.digests import preview_digests
    from pipelines.cli.output import print_json, print_line
    from pipelines.settings import load_settings

    found = preview_digests(load_settings())
    if as_json:
        print_json([{"channel": name, "subject": digest.subject, "body": digest.body} for name, digest in found])
        return
    for name, digest in found:
        print_line(f"{name}: {digest.subject}", "bold")
        print_line(digest.body)
    if not found:
        print_line("没有渠道设置了 digest，或夜间任务正在运行 | no channel has a digest, or a night is running")


@app.command("deadman")
def watch_night(as_json: AsJson = False) -> None:
    """夜间任务是否按时结束，供 cron 每小时运行 | Has the night ended in time? For cron. Exit code 1 if overdue."""
    from pipelines.alerts.deadman import raise_deadman
    from pipelines.cli.output import print_json, print_line
    from pipelines.settings import load_settings

    found, results = raise_deadman(load_settings())
    if as_json:
        print_json({**found.as_json, "channels": results})
    elif found.is_overdue:
        print_line(f"✗ 夜间任务逾期 overdue: {found.problem_zh} | {found.problem_en}", "bold red")
        print_line("    → fapiao doctor; fapiao nightly")
    else:
        print_line(f"✓ 夜间任务按时 in time; 下一次须在此前结束 next due: {found.due_at}")
    for result in results:
        if not result.is_alive:
            print_line(f"! {result.channel}: {result.detail}", "yellow")
    if found.is_overdue:
        raise typer.Exit(EXIT_FINDINGS)
