"""The command tree. Command modules import what they need when they run: `--help` starts at once."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from pipelines.cli import (
    alerts,
    backfill,
    decide,
    doctor,
    explain,
    export,
    find,
    layouts,
    nightly,
    read,
    reconcile,
    simulator,
    snapshot,
    sql,
)

app = typer.Typer(
    help="每夜核对账上与税务系统的发票，并逐笔说明原因。\n\n"
    "Reconciles invoices between the ledger and the tax system every night, and says why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="数据目录由 FAPIAO_DATA_ROOT 指定，默认 ./data。FAPIAO_DATA_ROOT names the data root; ./data if unset. "
    "Exit codes: 0 done, 1 done with findings (--fail-on-findings), 2 usage, 3 bad input, 4 upstream unavailable, "
    "5 integrity failure.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fapiao-recon {metadata.version('fapiao-recon')}")
        raise typer.Exit


@app.callback()
def _start(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="版本 | Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


app.command("demo")(nightly.run_demo)
app.command("nightly")(nightly.run_nightly)
app.command("backfill")(backfill.run_backfill)
app.command("reconcile")(reconcile.reconcile_files)
app.command("read")(read.read_files)
app.command("find")(find.find_invoices)
app.command("explain")(explain.explain_item)
app.command("sql")(sql.run_sql)
app.command("layouts")(layouts.list_layouts)
app.command("doctor")(doctor.examine)
app.command("simulator")(simulator.run_simulator)
app.add_typer(snapshot.app, name="snapshot")
app.add_typer(alerts.app, name="alerts")
app.add_typer(decide.app, name="decide")
app.add_typer(export.app, name="export")
