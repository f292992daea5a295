"""Rows that travel in the manifest itself, so that a night on which nothing happened adds a manifest and no file.

What only says that a night took place is a handful of small rows. While their month is the newest of the table they
stand in every manifest; what is bigger than the bounds below, or of a closed month, is a file. A night that says nearly
the same as an earlier one is kept as its difference to that one.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.model import Table
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.parquet import ROWS_PER_GROUP
from pipelines.snapshots.partition import WHOLE, Part, read_part
from pipelines.warehouse import Connection

NIGHT = "night_id"
PART_BYTES = 8_192
LATE_BYTES = 32_768
"""Alerts go out after their night was kept, so the night after keeps them, and that may be a quiet one."""
TABLE_BYTES = 65_536
"""More of one table than this in a manifest, and all of it becomes files."""
MOST_ROWS = 50_000
"""Parts with more rows are files without being looked at."""

PART_LIMITS = {
    **dict.fromkeys(("night__run", "night__source", "night__pull", "audit__verdict", "audit__unexpected"), PART_BYTES),
    **dict.fromkeys(("raw_file", "raw_delivery"), PART_BYTES),
    **dict.fromkeys(("alert__message", "alert__case"), LATE_BYTES),
}
"""Table -> the most bytes of JSON that one of its parts may take in a manifest."""


Rows = list[list[Any]]


def collect_here(con: Connection, parts: list[Part], in_files: set[str], parent: Manifest | None) -> list[Document]:
    """Entries of the parts that go into the manifest; none for a part that has a file already (`in_files`: periods) or
    that is too big. `parent`, if its columns are the same, saves encoding what did not change."""
    old = parent.parts_of(parts[0].table.name) if parent and parts else []
    hashes = {entry["period"]: entry["row_hash"] for entry in old}
    known = {(entry["period"], entry["row_hash"], entry["rows"]): entry for entry in old if "content" in entry}
    entries: list[Document] = []
    base: Part | None = None
    for part in filter(_may_travel, parts):
        entry = None
        if part.period not in in_files:
            entry = known.get((part.period, part.row_hash, part.rows))
            if not entry or ("like" in entry and not _is_like(entry, base, hashes)):
                entry = _encode(con, part, base)
            entries += [entry] if entry else []
        base = base if entry and "like" in entry else part
    return entries if sum(map(count_bytes, entries)) <= TABLE_BYTES else []


def _may_travel(part: Part) -> bool:
    is_open = part.period == WHOLE or len(part.period) == len("2026-11-24")
    return part.table.name in PART_LIMITS and is_open and part.rows <= MOST_ROWS


def _is_like(entry: Document, base: Part | None, hashes: dict[str, str]) -> bool:
    """Whether the part that an entry refers to is still the one to refer to, and still the same."""
    return base is not None and entry["like"] == base.period and hashes.get(base.period) == base.row_hash


def count_bytes(found: Any) -> int:
    """What something takes in a manifest, without blanks between."""
    return len(json.dumps(found, ensure_ascii=False).encode())


def _encode(con: Connection, part: Part, base: Part | None) -> Document | None:
    """The entry of a part: as the difference to the base if that is shorter, else in full; None if it is too big."""
    rows = read_plain(con, part)
    forms: list[Document] = [{**part.said, "content": rows}]
    if base is not None and NIGHT in part.table.column_names:
        difference = _find_difference(part.table, rows, read_plain(con, base))
        forms += [{**part.said, "like": base.period, **difference}] if difference else []
    shortest = min(forms, key=count_bytes)
    return shortest if count_bytes(shortest) <= PART_LIMITS[part.table.name] else None


def read_plain(con: Connection, part: Part) -> Rows:
    """The rows of a part in the order of its file, as JSON knows them: times in ISO form, money as exact text."""
    batches = read_part(con, part, ROWS_PER_GROUP)
    return [[_plain(value) for value in row.values()] for batch in batches for row in batch.to_pylist()]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _find_difference(table: Table, rows: Rows, base: Rows) -> Document | None:
    """What the night says otherwise than the base, whose rows are numbered from 0: rows that it lacks, cells that it
    changed, rows that it has besides. None if a side holds more than one night, or a key twice."""
    night, names = table.column_names.index(NIGHT), table.column_names
    places = [names.index(name) for name in table.key if name != NIGHT]
    own, known = ({json.dumps([row[place] for place in places]): row for row in side} for side in (rows, base))
    if {len({row[night] for row in side}) for side in (rows, base)} != {1} or len(own) < len(rows):
        return None
    pairs = [(number, other, own.get(key)) for number, (key, other) in enumerate(known.items())]
    if len(known) < len(base):
        return None
    changed = [[number, *_changed_cells(names, other, row)] for number, other, row in pairs if row is not None]
    return {
        NIGHT: rows[0][night],
        "without": [number for number, _, row in pairs if row is None],
        "changed": [cells for cells in changed if len(cells) > 1],
        "content": [row for key, row in own.items() if key not in known],
    }


def _changed_cells(names: list[str], old: list[Any], new: list[Any]) -> list[Any]:
    """Column and new value in turn, of every cell that differs but for the night."""
    triples = zip(names, old, new, strict=True)
    return [said for name, before, after in triples if name != NIGHT and before != after for said in (name, after)]
