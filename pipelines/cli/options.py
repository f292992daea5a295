"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON | Print JSON for programs, nothing else on stdout.")]
FailOnFindings = Annotated[
    bool,
    typer.Option("--fail-on-findings", help="有待处理事项时退出码为 1 | Exit with 1 when there are findings."),
]
