"""Announced outages that people keep in a table: CSV (also as a spreadsheet saves it) or TOML."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.pull.outage_rows import MOMENT, Outage, OutageProblem, check_span, read_moment
from pipelines.sources.decode_text import decode_text
from pipelines.sources.reasons import UnreadableFileError

COLUMNS = {"from": "from", "开始": "from", "to": "to", "结束": "to", "sources": "sources", "来源": "sources"}
COLUMNS |= {"note": "note", "说明": "note"}
HEADER = "from,to,sources,note（或 or 开始,结束,来源,说明）"
SAMPLE = f"{MOMENT}（北京时间 Beijing time）"
TOML_SAMPLE = "[[window]] from, to, sources, note"

Row = Outage | OutageProblem


def read_table(file: str, content: bytes) -> Iterator[Row]:
    """Every row, those that cannot be used as problems. A file that ends in neither .csv nor .toml is one problem."""
    readers = {"csv": _read_csv, "toml": _read_toml}
    read = readers.get(file.rpartition(".")[2].lower())
    if read is None:
        yield OutageProblem(file, None, file.rpartition(".")[2], ".toml, .csv, .ics")
        return
    try:
        text = decode_text(file, content, ["utf-8", "gb18030"])
    except UnreadableFileError as error:
        yield OutageProblem(file, None, error.found or error.message, "UTF-8 / GB18030")
        return
    yield from read(file, text)


def _read_csv(file: str, text: str) -> Iterator[Row]:
    reader = csv.reader(text.splitlines())
    header = [COLUMNS.get(name.strip().lower(), name.strip()) for name in next(reader, [])]
    strange = [name for name in header if name not in {"from", "to", "sources", "note"}]
    if strange or not {"from", "to"} <= set(header):
        yield OutageProblem(file, 1, ",".join(header), HEADER)
        return
    for cells in reader:
        if any(cell.strip() for cell in cells):
            values = dict(zip(header, cells, strict=False))
            values["sources"] = re.split(r"[\s;；,，、]+", values.get("sources", "").strip())  # type: ignore[assignment]
            yield _read_row(file, reader.line_num, values)


def _read_toml(file: str, text: str) -> Iterator[Row]:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        yield OutageProblem(file, int(line[1]) if line else None, str(error), f"TOML: {TOML_SAMPLE}")
        return
    windows = parsed.get("window", [])
    if strange := set(parsed) - {"window"}:
        yield OutageProblem(file, _line_of(text, rf"\[*\s*{re.escape(min(strange))}\b", 1), min(strange), TOML_SAMPLE)
    for place, values in enumerate(windows if isinstance(windows, list) else [windows], start=1):
        yield _read_row(file, _line_of(text, r"\[\[\s*window\s*\]\]", place), values)


def _line_of(text: str, pattern: str, place: int) -> int | None:
    """Number of the line that begins the `place`-th such part; TOML itself keeps no lines."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if re.match(rf"\s*{pattern}", line)]
    return lines[place - 1] if place <= len(lines) else None


def _read_row(file: str, line: int | None, values: Mapping[str, Any]) -> Row:
    if not isinstance(values, Mapping) or set(values) - {"from", "to", "sources", "note"}:
        return OutageProblem(file, line, str(values), TOML_SAMPLE)
    moments = {}
    for name in ("from", "to"):
        try:
            moments[name] = read_moment(values.get(name) or "")
        except ValueError:
            return OutageProblem(file, line, f"{name} = {values.get(name) or ''}", SAMPLE)
    sources = values.get("sources") or []
    if not isinstance(sources, list) or not all(isinstance(name, str) for name in sources):
        return OutageProblem(file, line, f"sources = {sources}", 'sources = ["…", "…"]')
    named = frozenset(name for name in sources if name)
    problem = check_span(file, line, moments["from"], moments["to"])
    return problem or Outage(moments["from"], moments["to"], named, str(values.get("note") or "").strip(), line)
