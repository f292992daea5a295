"""`fapiao read`: files through their layouts, with an account of every row."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import EXIT_BAD_INPUT
from pipelines.model import Direction

if TYPE_CHECKING:
    from pipelines.sources.inspect import ReadFile


def read_files(
    files: Annotated[list[Path], typer.Argument(help="导出文件 | Files as exported.")],
    *,
    out: Annotated[Path, typer.Option(help="输出目录 | Folder for the Parquet files.")],
    layout: Annotated[str, typer.Option(help="版式，见 fapiao layouts | Layout, see fapiao layouts.")],
    taxpayer_id: Annotated[
        str | None, typer.Option(help="本企业税号 | Our tax id, if the file does not say it.")
    ] = None,
    direction: Annotated[Direction | None, typer.Option(help="进项或销项 | If the file does not say it.")] = None,
    as_json: AsJson = False,
) -> None:
    """按版式读取文件，逐行交代 | Read files through a layout and account for every row."""
    from pipelines.cli.edge import print_error
    from pipelines.cli.output import print_json, show_progress
    from pipelines.settings import load_settings
    from pipelines.sources.inspect import read_to_parquet

    with show_progress("读取 | reading"):
        accounts = read_to_parquet(load_settings(), files, layout, out, taxpayer_id=taxpayer_id, direction=direction)
    documents = [_describe(account) for account in accounts]
    if as_json:
        print_json({"out": out, "files": documents})
    else:
        _print_accounts(documents, out)
    stopped = [account.stopped for account in accounts if account.stopped]
    for error in stopped:
        print_error(error)
    if stopped:
        raise typer.Exit(EXIT_BAD_INPUT)


def _describe(read: ReadFile) -> dict[str, Any]:
    account = read.account
    return {
        "file": read.path,
        "layout": read.layout,
        "status": "stopped" if read.stopped else "read",
        "rows_read": account.rows_read,
        "rows_kept": account.rows_kept,
        "rows_rejected": account.rows_rejected,
        "rows_ignored": account.rows_ignored,
        "period": read.period,
        "messages": [read.stopped.message] if read.stopped else [str(message) for message in read.messages],
    }


def _print_accounts(documents: list[dict[str, Any]], out: Path) -> None:
    from pipelines.cli.output import print_line, print_table

    heads = ["文件 file", "版式 layout", "状态 status", "读到 read", "采用 kept", "拒绝 rejected", "略过 ignored"]
    print_table([*heads, "所查期间 period"], [list(document.values())[:8] for document in documents])
    read = [document for document in documents if document["status"] == "read"]
    for document in read:
        for message in document["messages"]:
            print_line(f"! {document['file'].name}: {message}", "yellow")
    if read:
        print_line(f"结果 result: {out}（拒绝 rejects.parquet，略过 ignored.parquet）")
