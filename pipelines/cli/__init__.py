"""The command `fapiao`."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the console script; everything else is imported when it is needed."""
    from pipelines.cli.edge import run_command_line  # noqa: PLC0415 - `fapiao --help` must start at once

    sys.exit(run_command_line())
