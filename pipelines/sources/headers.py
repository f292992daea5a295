"""Finds the header of a sheet and which column fills which field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import accumulate

from pipelines.sources.decode import Sheet
from pipelines.sources.layout import Layout

NOTE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
NOISE = re.compile(r"[\s*:'\"`_]|_x000D_")


@dataclass(frozen=True)
class HeaderFit:
    """Where the header stands (row indexes, first row is 0) and the column positions of each field.

    `headers` are the column names as the file spells them; `columns` has several positions for a joined field.
    """

    first_row: int
    last_row: int
    headers: list[str]
    columns: dict[str, list[int]]


def normalise_header(text: str) -> str:
    """Width, blanks, `*`, and notes in brackets do not tell headers apart: `金额*（元）` is `金额`."""
    plain = NOISE.sub("", unicodedata.normalize("NFKC", text).replace("_x000D_", ""))
    return NOTE.sub("", plain) or plain


def find_header(sheet: Sheet, layout: Layout) -> HeaderFit | None:
    """The first row, else the first two rows together (a two-level header), that hold all required fields."""
    head = [list(row.values()) for row in sheet.cells.slice(0, layout.header.within + 1).to_pylist()]
    for depth in (1, 2):
        for first in range(min(layout.header.within, len(head) - depth + 1)):
            fit = _fit_rows(head[first : first + depth], first, layout)
            if fit is not None:
                return fit
    return None


def missing_fields(sheet: Sheet, layout: Layout) -> tuple[list[str], list[str]]:
    """For a sheet without a header that fits: the required headers absent from its best row, and that row's cells."""
    head = [list(row.values()) for row in sheet.cells.slice(0, layout.header.within).to_pylist()]
    best = max(head, key=lambda row: len(_map_columns([normalise_header(c) for c in row], layout)), default=[])
    columns = _map_columns([normalise_header(cell) for cell in best], layout)
    missing = [need for need in layout.header.required if not _has_field(need, columns)]
    return [describe_field(need, layout) for need in missing], [cell for cell in best if cell.strip()]


def describe_field(need: str, layout: Layout) -> str:
    """The headers that fill a required field, as a reader would look for them."""
    names = [
        synonym
        for field in need.split("|")
        for synonym in layout.fields.get(field, [])
        or ["+".join(part[0] for part in layout.joined[field].parts)]
    ]
    return "/".join(names[:4])


def _fit_rows(rows: list[list[str]], first: int, layout: Layout) -> HeaderFit | None:
    headers = rows[0] if len(rows) == 1 else _merge_levels(rows[0], rows[1])
    columns = _map_columns([normalise_header(header) for header in headers], layout)
    if not all(_has_field(need, columns) for need in layout.header.required):
        return None
    return HeaderFit(first, first + len(rows) - 1, [header.strip() for header in headers], columns)


def _merge_levels(upper: list[str], lower: list[str]) -> list[str]:
    """`借方` over `金额` reads `金额` if that is known, so both spellings are kept: the lower one wins where it stands."""
    groups = accumulate(upper, lambda before, cell: cell if cell.strip() else before)
    return [low.strip() or up.strip() for up, low in zip(groups, lower, strict=True)]


def _has_field(need: str, columns: dict[str, list[int]]) -> bool:
    return any(field in columns for field in need.split("|"))


def _map_columns(headers: list[str], layout: Layout) -> dict[str, list[int]]:
    found = {field: _first_position(headers, names) for field, names in layout.fields.items()}
    columns = {field: [position] for field, position in found.items() if position is not None}
    for field, joined in layout.joined.items():
        parts = [_first_position(headers, names) for names in joined.parts]
        if all(part is not None for part in parts):
            columns[field] = [part for part in parts if part is not None]
    return columns


def _first_position(headers: list[str], names: list[str]) -> int | None:
    """The leftmost column of the first synonym that occurs."""
    for name in names:
        plain = normalise_header(name)
        if plain in headers:
            return headers.index(plain)
    return None
