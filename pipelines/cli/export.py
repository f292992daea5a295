"""`fapiao export`: workbooks, letters to suppliers and self-inspection files, from what readers see."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import AsJson

app = typer.Typer(
    help="导出：Excel 待办、对账函、自查自纠档 | Workbooks, letters to suppliers, self-inspection files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Supplier = Annotated[
    str | None, typer.Option(help="对方名称的一部分，或税号 | Part of the party's name, or its tax id.")
]
Taxpayer = Annotated[str | None, typer.Option(help="本企业税号 | One of our own tax ids.")]


@app.command("workbook")
def export_workbook(
    supplier: Supplier = None,
    taxpayer: Taxpayer = None,
    out: Annotated[Path | None, typer.Option(help="写到这个文件 | File to write.", dir_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """待办清单：一种做法一张表 | What is open as an Excel workbook, a sheet for each thing to do."""
    from pipelines.cli.output import print_json, print_line, print_table, show_progress
    from pipelines.exports.advice import load_actions
    from pipelines.exports.items import Wanted
    from pipelines.exports.workbooks import export_workbook
    from pipelines.settings import load_settings

    with show_progress("写工作簿 | writing the workbook"):
        found = export_workbook(load_settings(), Wanted(supplier, taxpayer), out)
    if as_json:
        print_json(found)
        return
    actions = load_actions()
    rows = [[words.zh, words.en, found.counts[name]] for name, words in actions.items() if name in found.counts]
    print_table(["要做什么", "what to do", "项数 items"], rows)
    print_line(f"{found.path}")


@app.command("letters")
def export_letters(
    out: Annotated[Path, typer.Option(help="写到这个文件夹 | Folder to write to.", file_okay=False)],
    supplier: Supplier = None,
    taxpayer: Taxpayer = None,
    as_json: AsJson = False,
) -> None:
    """对账函：每个供应商一份网页（打印盖章）和一份 Excel | A letter per supplier, to print and as a workbook."""
    from pipelines.cli.output import print_json, print_line, print_table, show_progress
    from pipelines.exports.items import Wanted
    from pipelines.exports.letters import write_letters
    from pipelines.settings import load_settings

    with show_progress("写对账函 | writing the letters"):
        letters = write_letters(load_settings(), out, Wanted(supplier, taxpayer))
    if as_json:
        print_json(letters)
    elif letters:
        heads = ["对方 party", "税号 tax id", "项数 matters", "涉及金额 at stake, CNY", "文件 file"]
        shown = [[a.party_name, a.party_tax_id, len(a.lines), a.at_stake_cny, f"{a.file_stem}.html"] for a in letters]
        print_table(heads, shown)
        print_line(f"{len(letters)} 份 letters: {out}")
    else:
        print_line("没有需要向对方确认的事项 | There is nothing to ask of anybody.")


@app.command("inspection")
def export_inspection(
    period: Annotated[str | None, typer.Option(help="月份或季度 | Month or quarter: 2026-10, 2026-Q3.")] = None,
    verify: Annotated[
        Path | None,
        typer.Option(exists=True, help="检查已封存的一份 | Check a kept one: its folder, or a file in it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """自查自纠档：查了什么、查出什么、怎么处理、还剩什么，封存于快照旁 | What was checked, found, done and is open."""
    from pipelines.cli.output import print_json, print_line, show_progress
    from pipelines.errors import UsageError
    from pipelines.exports.inspection_seal import keep_inspection
    from pipelines.exports.period import parse_period
    from pipelines.settings import load_settings

    if (period is None) == (verify is None):
        raise UsageError(
            "--period 和 --verify 只能给一个 | Give one of --period and --verify.", where="fapiao export inspection"
        )
    if verify is not None:
        _verify_inspection(verify, as_json=as_json)
        return
    with show_progress("制作自查自纠档 | making the file"):
        folder = keep_inspection(load_settings(), parse_period(period or ""))
    files = sorted(path.name for path in folder.iterdir())
    if as_json:
        print_json({"folder": folder, "files": files})
        return
    print_line(f"{folder}")
    for name in files:
        print_line(f"  {name}")


def _verify_inspection(path: Path, *, as_json: bool) -> None:
    from pipelines.cli.output import print_json, print_line
    from pipelines.errors import EXIT_DONE, EXIT_INTEGRITY
    from pipelines.exports.inspection_seal import verify_inspection
    from pipelines.settings import load_settings

    found = verify_inspection(load_settings(), path)
    if as_json:
        print_json(found)
    else:
        for line in (*found.problems, *found.notes):
            print_line(f"! {line}", "yellow")
        verdict = "已被改动 ALTERED" if found.problems else "完好 sound"
        print_line(f"{verdict}: {found.period}, {found.snapshot_id}, {found.folder}", "bold")
    raise typer.Exit(EXIT_INTEGRITY if found.problems else EXIT_DONE)
