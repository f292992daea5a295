"""`fapiao read`: files through their layouts, with an account of every row."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import AsJson
from pipelines.model import Direction


def read_files(
    files: Annotated[list[Path], typer.Argument(help="导出文件 | Files as exported.")],
    *,
    out: Annotated[Path, typer.Option(help="输出目录 | Folder for the Parquet files.")],
    layout: Annotated[
        str, typer.Option(help="版式，见 fapiao layouts | Layout; auto picks the one that fits.")
    ] = "auto",
    taxpayer_id: Annotated[
        str | None, typer.Option(help="本企业税号 | Our tax id, if the file does not say it.")
    ] = None,
    direction: Annotated[Direction | None, typer.Option(help="进项或销项 | If the file does not say it.")] = None,
    as_json: AsJson = False,
) -> None:
    """按版式读取文件，逐行交代 | Read files through a layout and account for every row."""
    from pipelines.sources.inspect import read_to_parquet
