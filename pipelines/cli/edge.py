"""The edge of the command line: the one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import FapiaoError
from pipelines.refused import explain_refusal

EXIT_UNEXPECTED = 70
EXIT_INTERRUPTED = 130

LABELS = (
    ("where", "位置 where"),
    ("found", "实际 found"),
    ("expected", "应为 expected"),
    ("next_step", "下一步 next"),
)


class OutlivingReader(io.FileIO):
    """stdout whose reader (head, less) may have seen enough: the rest is dropped, so that a command goes on to its end
    and to its own exit code."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return super().write(data)


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. No exception leaves, no traceback is printed."""
    speak_utf8()
    try:
        from pipelines.cli.app import app  # noqa: PLC0415 - its errors are caught here too

        with outlive_reader():
            app(args=list(arguments) if arguments is not None else None, prog_name="fapiao")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except FapiaoError as error:
        return print_error(error)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: it goes to a log file and to exit code 70
        if refused := explain_refusal(error):
            return print_error(refused)
        return print_unexpected(error)
    return 0


def speak_utf8() -> None:
    """Write UTF-8 also where the locale is C or POSIX: verdict sentences are Chinese."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8", errors="replace")


@contextmanager
def outlive_reader() -> Iterator[None]:
    """Write to the process's own stdout through OutlivingReader; a stdout that somebody put in its place stays."""
    before = sys.stdout
    if before is sys.__stdout__ and isinstance(before, io.TextIOWrapper):
        raw = io.BufferedWriter(OutlivingReader(before.fileno(), "wb", closefd=False))
        sys.stdout = io.TextIOWrapper(raw, before.encoding, before.errors, line_buffering=before.line_buffering)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout = before


def print_error(error: FapiaoError) -> int:
    """Print what, where, found, expected, next to stderr; returns the error's exit code."""
    details = [f"  {label}: {getattr(error, name)}" for name, label in LABELS if getattr(error, name)]
    notes = [f"  {note}" for note in getattr(error, "__notes__", [])]
    _print_lines([error.message, *details, *notes])
    return error.exit_code


def print_unexpected(error: Exception) -> int:
    """One line for the person, the traceback into a file."""
    path = write_traceback(error)
    first_line = (str(error).splitlines() or [""])[0]
    notes = [f"  {note}" for note in getattr(error, "__notes__", [])]
    _print_lines(
        [
            f"程序出错 | The program failed: {type(error).__name__}: {first_line}",
            *notes,
            f"  {LABELS[3][1]}: 请把此文件发给维护者 | send this file to whoever maintains the installation: {path}",
        ]
    )
    return EXIT_UNEXPECTED


def write_traceback(error: Exception) -> Path:
    """Keep the traceback under the data root's reports, or in a temporary file when that cannot be written."""
    name = f"error-{datetime.now().astimezone():%Y%m%dT%H%M%S}-{os.getpid()}.log"
    text = "".join(traceback.format_exception(error))
    reports = Path(os.environ.get("FAPIAO_DATA_ROOT") or "data") / "reports"
    try:
        reports.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = reports / name
        path.write_text(text, encoding="utf-8")
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="fapiao-")) / name
        path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def _print_lines(lines: list[str]) -> None:
    """Red first line on a terminal, plain text elsewhere; user text is never taken for markup."""
    from rich.console import Console  # noqa: PLC0415 - only errors need it here
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(Text(lines[0], style="bold red"))
    for line in lines[1:]:
        console.print(Text(line))
