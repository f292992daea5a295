"""`fapiao doctor`: examines the installation; every finding says what to do."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import EXIT_BAD_INPUT


def examine(as_json: AsJson = False) -> None:
    """检查安装：设置、权限、来源、版式、磁盘、时钟 | Examine the installation. Exit code 3 when something is broken."""
    from pipelines.cli.diagnoses import diagnose
    from pipelines.cli.output import print_json, print_line

    diagnoses = diagnose()
    if as_json:
        print_json(diagnoses)
    else:
        for diagnosis in diagnoses:
            mark = {"ok": "✓", "warn": "!", "fail": "✗"}[diagnosis.state]
            style = {"ok": "", "warn": "yellow", "fail": "bold red"}[diagnosis.state]
            print_line(f"{mark} {diagnosis.subject}: {diagnosis.detail}", style)
            if diagnosis.next_step:
                print_line(f"    → {diagnosis.next_step}")
    if any(diagnosis.state == "fail" for diagnosis in diagnoses):
        raise typer.Exit(EXIT_BAD_INPUT)
