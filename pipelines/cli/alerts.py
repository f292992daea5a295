"""`fapiao alerts`: proves that the channels are alive."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import typer

from pipelines.cli.options import AsJson

app = typer.Typer(help="提醒 | The alerts.", no_args_is_help=True, rich_markup_mode=None)
