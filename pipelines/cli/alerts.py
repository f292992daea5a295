"""`fapiao alerts`: proves that the channels are alive."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import EXIT_UPSTREAM_UNAVAILABLE

app = typer.Typer(help="提醒：验证渠道 | The alerts.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _start() -> None:
    """Keeps `test` a command of its own while it is the only one."""


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
