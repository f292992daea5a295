"""`fapiao reconcile`: Parquet to Parquet, without orchestration."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import AsJson, FailOnFindings
from pipelines.errors import EXIT_FINDINGS, BadInputError


def reconcile_files(
    *,
    upstream: Annotated[Path, typer.Option(help="税务系统发票 | Parquet, columns of core_upstream__invoice.")],
    ledger: Annotated[Path, typer.Option(help="账上分录 | Parquet, columns of core_ledger__entry.")],
    as_of: Annotated[str, typer.Option(help="判断时点 | Moment of the verdicts, Beijing time.", metavar="TIME")],
    out: Annotated[Path, typer.Option(help="结果目录 | Folder for recon__item.parquet and recon__member.parquet.")],
    coverage: Annotated[
        Path | None, typer.Option(help="完整收到的开票日 | Parquet, columns of core_upstream__coverage.")
    ] = None,
    fail_on_findings: FailOnFindings = False,
    as_json: AsJson = False,
) -> None:
    """核对两份 Parquet 文件 | Reconcile two Parquet files, no orchestration."""
    from pipelines.cli.moments import parse_moment
    from pipelines.cli.output import print_json, print_line, show_progress, verdict_rows
    from pipelines.reconcile.parquet import reconcile_parquet
    from pipelines.settings import load_settings

    moment = parse_moment(as_of, "--as-of")
    for option, path in (("--upstream", upstream), ("--ledger", ledger), ("--coverage", coverage)):
        require_file(option, path)
    with show_progress("逐笔核对 | judging every record"):
        reconciled = reconcile_parquet(
            load_settings(),
            upstream=upstream,
            ledger=ledger,
            coverage=coverage,
            as_of=moment,
            out=out,
            report=logging.getLogger("fapiao.progress").info,
        )
    rows = verdict_rows(reconciled.verdicts)
    findings = reconciled.findings
    if as_json:
        notes = list(reconciled.notes)
        print_json({"as_of": moment, "out": out, "verdicts": rows, "finding_count": findings, "notes": notes})
    else:
        for note in reconciled.notes:
            print_line(f"! {note}", "yellow")
        _print_counts(rows, findings, out)
    if fail_on_findings and findings:
        raise typer.Exit(EXIT_FINDINGS)


def require_file(option: str, path: Path | None) -> None:
    """BadInputError when an option names a file that is not there."""
    if path is not None and not path.is_file():
        raise BadInputError(
            "文件不存在 | The file does not exist.",
            where=f"{option} {path}",
            expected=("已有的文件 | an existing file"),
        )


def _print_counts(rows: list[dict[str, object]], findings: int, out: Path) -> None:
    from pipelines.cli.output import print_line, print_table

    print_table(["结论 verdict", "原因 cause", "项数 items"], [list(row.values()) for row in rows])
    print_line(f"待处理 findings: {findings:,}    结果 result: {out / 'recon__item.parquet'}, recon__member.parquet")
