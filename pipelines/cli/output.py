"""What commands print: JSON for programs on stdout, tables for people, progress on stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 160
READABLE = 24
"""A column of a table may fold its texts down to this width; narrower ones cannot be read."""
NUMBERS = (int, float, Decimal)


def make_console(*, stderr: bool = False) -> Console:
    """A console for people; in a pipe or a log file it is wide, so that sentences stay on one line."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False)


def print_json(value: Any) -> None:
    """Pure JSON on stdout. Money is a string with its two decimals, times are ISO 8601 in Beijing time."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_as_json) + "\n")


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table on stdout; numbers to the right, NULL as a dash, cell text never taken for markup."""
    rows = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", show_lines=False)
    for number, column in enumerate(columns):
        is_number = any(isinstance(row[number], NUMBERS) and not isinstance(row[number], bool) for row in rows)
        table.add_column(Text(column), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(format_cell(value)) for value in row))
    make_console().print(table)


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table, or one field per line where its columns would be folded past reading."""
    rows = [list(row) for row in rows]
    texts = [[format_cell(value) for value in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *texts, strict=True)]
    if len(columns) == 1 or sum(min(width, READABLE) + 3 for width in widths) < make_console().width:
        print_table(columns, rows)
        return
    label = max(map(cell_len, columns))
    for number, row in enumerate(texts, start=1):
        print_line(f"── {number:,} ──", "bold")
        for column, text in zip(columns, row, strict=True):
            print_line(f"  {column}{' ' * (label - cell_len(column))}  {text}")


def format_cell(value: Any) -> str:
    """A cell for people: money and counts with thousands separators, booleans in words, NULL as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(format_cell(part) for part in value) or "-"
    return str(value)


def print_line(text: str = "", style: str = "") -> None:
    """One line of plain text on stdout."""
    make_console().print(Text(text, style=style), soft_wrap=True)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Label and value, a pair per line."""
    for label, value in fields.items():
        print_line(f"  {label}: {format_cell(value)}")


def verdict_rows(verdicts: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Counts per (verdict, cause) as a list of records, in the order of the closed list."""
    from pipelines.model import CAUSES  # noqa: PLC0415 - only results need it

    order = {cause: place for place, cause in enumerate(CAUSES)}
    counted = sorted(verdicts.items(), key=lambda pair: order.get(str(pair[0][1]), len(order)))
    return [{"verdict": str(verdict), "cause": str(cause), "items": count} for (verdict, cause), count in counted]


class Progress:
    """A spinner that can step aside while something is printed; does nothing when stderr is no terminal."""

    def __init__(self, live: Live | None = None) -> None:
        self._live = live

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the spinner off the screen for a moment."""
        if self._live is None:
            yield
            return
        self._live.stop()
        yield
        self._live.start()


class _ProgressHandler(logging.Handler):
    def __init__(self, spinner: Spinner) -> None:
        super().__init__(logging.INFO)
        self.spinner = spinner

    def emit(self, record: logging.LogRecord) -> None:
        self.spinner.update(text=Text(record.getMessage()))


@contextmanager
def show_progress(first: str, *, lets_stderr_through: bool = True) -> Iterator[Progress]:
    """A spinner on stderr with the newest line of the logger `fapiao.progress`; nothing when stderr is no terminal.

    What is meanwhile written to stderr appears above the spinner, unless `lets_stderr_through` is off. stdout is left
    alone, for it may be a pipe: pause before printing.
    """
    console = make_console(stderr=True)
    if not console.is_terminal:
        yield Progress()
        return
    spinner = Spinner("dots", text=Text(first))
    handler = _ProgressHandler(spinner)
    logger = logging.getLogger("fapiao.progress")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    live = Live(spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=lets_stderr_through)
    try:
        with live:
            yield Progress(live)
    finally:
        logger.removeHandler(handler)
