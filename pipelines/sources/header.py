"""Where the header of a sheet stands, and which column holds which field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pipelines.sources.decode import Sheet
from pipelines.sources.layout import Layout

NOTE_THAT_COUNTS = re.compile(r"\([^()]*?((?:不含|不含增值|未|含)税|大写)[^()]*\)")


@dataclass(frozen=True)
class Header:
    """First row and height of a header, the column of every field found, and the titles of all columns."""

    row: int
    height: int
    columns: dict[str, int]
    titles: list[str]


def fits_sheet(pattern: str, name: str) -> bool:
    """Whether a sheet rule means this sheet; a text file has no sheet name and fits every rule."""
    if name == "":
        return True
    return name.strip().startswith(pattern[:-1]) if pattern.endswith("*") else name.strip() == pattern


def plain_header(text: str) -> str:
    """A header without width, blanks, `*`, and notes in brackets. A note that makes it another column stays, in front:
    金额（含税） is 含税金额, and 价税合计（大写） is no money."""
    plain = re.sub(r"[\s*:：]", "", unicodedata.normalize("NFKC", text)).lower()
    bare = re.sub(r"\(.*?\)", "", plain)
    note = NOTE_THAT_COUNTS.search(plain)
    if note is None or ("税" in bare and "税" in note[1]):
        return bare
    return re.sub("未|不含增值", "不含", note[1]) + bare


def find_header(sheet: Sheet, layout: Layout) -> Header | None:
    """The first row that is a header alone or, where cells are merged over two rows, together with the row below.

    A title above a whole header is no upper level of it: what begins below wins if it names as many fields. A row
    below without any digit is a lower level, no record, if the two name more fields than the upper one alone.
    """
    top = [list(row.values()) for row in sheet.cells.slice(0, layout.header.within + 1).to_pylist()]
    places = range(min(len(top), layout.header.within))
    return next((header for place in places if (header := _header_from(top, place, layout))), None)


def _header_from(top: list[list[str]], place: int, layout: Layout) -> Header | None:
    single = _header_at(top, place, 1, layout)
    double = _header_at(top, place, 2, layout)
    if double is None or (single is not None and not _adds_names(double, single, top[place + 1])):
        return single
    below = _header_from(top, place + 1, layout)
    return below if below is not None and len(below.columns) >= len(double.columns) else double


def _adds_names(double: Header, single: Header, lower: list[str]) -> bool:
    return len(double.columns) > len(single.columns) and not re.search(r"\d", "".join(text or "" for text in lower))


def _header_at(top: list[list[str]], place: int, height: int, layout: Layout) -> Header | None:
    if place + height > len(top):
        return None
    titles = [
        next((text for text in reversed(cells) if text), "") for cells in zip(*top[place : place + height], strict=True)
    ]
    columns = _map_columns(titles, layout)
    return None if columns is None else Header(place, height, columns, titles)


def count_known_columns(sheets: list[Sheet], layout: Layout) -> int:
    """How many fields the layout finds in the best fitting sheet that it would read; 0 if its header is nowhere.

    A layout that reads statuses does not know a sheet without them, where void invoices would look like others.
    """
    readable = [s for s in sheets if not s.is_hidden and any(fits_sheet(rule.name, s.name) for rule in layout.sheets)]
    headers = [header for header in (find_header(sheet, layout) for sheet in readable) if header is not None]
    known = [header.columns for header in headers if "status" in header.columns or "status" not in layout.fields]
    return max(map(len, known), default=0)


def _map_columns(titles: list[str], layout: Layout) -> dict[str, int] | None:
    places: dict[str, int] = {}
    for place, title in enumerate(titles):
        places.setdefault(plain_header(title or ""), place)
    found = {}
    for field, synonyms in layout.fields.items():
        for synonym in synonyms:
            if plain_header(synonym) in places:
                found[field] = places[plain_header(synonym)]
                break
    for field, joined in layout.joined.items():
        parts = [
            next((places[plain_header(s)] for s in part if plain_header(s) in places), None) for part in joined.parts
        ]
        if all(part is not None for part in parts):
            found[field] = parts[0] if parts[0] is not None else 0
    wanted = layout.header.required
    return found if all(any(f in found for f in need.split("|")) for need in wanted) else None


def header_sentences(file_name: str, sheet: Sheet, layout: Layout) -> tuple[str, str]:
    rows = sheet.cells.slice(0, layout.header.within).to_pylist()
    widest = max(rows, key=lambda row: sum(1 for text in row.values() if text), default={})
    found = "、".join(str(text) for text in widest.values() if text)[:300]
    needed = [
        "/".join(title for f in need.split("|") for title in layout.fields.get(f, [f])[:3])
        for need in layout.header.required
    ]
    expected = "、".join(needed)
    where = f"{file_name}" + (f" [{sheet.name}]" if sheet.name else "")
    return (
        f"文件 {where} 前 {layout.header.within} 行找不到表头：找到 {found}；应有 {expected}。文件未采用。",
        f"File {where} has no usable header in its first {layout.header.within} rows: found {found}; "
        f"expected {expected}. Nothing of it was used.",
    )
