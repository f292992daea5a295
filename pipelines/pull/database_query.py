"""What is asked of an ERP's database: one SELECT of the settings, checked before it is sent and after it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.pull.database_faults import DatabaseError
from pipelines.pull.database_session import Login, open_reading
from pipelines.pull.database_stream import read_batches, write_rows
from pipelines.pull.words import say
from pipelines.sources.header import plain_header
from pipelines.sources.layout import Layout
from pipelines.sources.reasons import Message

QUIET = re.compile(r"(?P<literal>'(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Quoted texts and comments, whichever begins first: signs of one inside the other mean nothing."""


@dataclass(frozen=True)
class LedgerQuery:
    """A query with `:from` and `:to` (both days included) where it wants the window; `layout` names what must come."""

    text: str
    first: date
    last: date
    layout: Layout | None
    batch_rows: int

    @property
    def values(self) -> dict[str, date]:
        """Only the parameters that the query names: a database refuses a value that it did not ask for."""
        asked = set(re.findall(r"(?<![:\w]):(\w+)", _bare(self.text)))
        return {name: day for name, day in (("from", self.first), ("to", self.last)) if name in asked}


@dataclass(frozen=True)
class LedgerRead:
    """How many rows stand in the file now, and what a person should know."""

    rows: int
    notes: tuple[Message, ...] = ()


def read_ledger(login: Login, query: LedgerQuery, target: Path) -> LedgerRead:
    """Read the query's answer into a Parquet file. Raises DatabaseError; then the file is as it was before."""
    check_query(query.text)
    with open_reading(login) as reading:
        columns, batches = read_batches(reading.connection, query.text, dict(query.values), query.batch_rows)
        if query.layout is not None:
            check_columns(columns, query.layout)
        rows = write_rows(columns, batches, target)
        notes = () if reading.is_snapshot else (say("database", "not_snapshot"),)
    if not rows:
        raise DatabaseError("empty", first=query.first, last=query.last)
    return LedgerRead(rows, notes)


def _bare(text: str) -> str:
    """The query without comments and quoted texts."""
    return QUIET.sub(lambda found: "''" if found["literal"] else " ", text).strip()


def check_query(text: str) -> None:
    """One reading statement with a fixed order, or DatabaseError. The read-only transaction is the real guard."""
    bare = _bare(text).removesuffix(";")
    if not re.match(r"(?i)(select|with)\b", bare) or ";" in bare:
        raise DatabaseError("not_one_select")
    if not re.search(r"(?i)\border\s+by\b", bare):
        raise DatabaseError("no_order")


def check_columns(columns: list[str], layout: Layout) -> None:
    """Every required field of the layout has a column in the answer, or DatabaseError that names those without."""
    have = {plain_header(column) for column in columns}
    missing = [need for need in layout.header.required if not any(_has(have, f, layout) for f in need.split("|"))]
    if missing:
        titles = ["/".join(layout.fields.get(need.split("|")[0], [need])) for need in missing]
        raise DatabaseError(
            "column_missing", layout=layout.name, missing=", ".join(titles), found=", ".join(columns)[:300]
        )


def _has(have: set[str], field: str, layout: Layout) -> bool:
    if field in layout.joined:
        return all(any(plain_header(s) in have for s in part) for part in layout.joined[field].parts)
    return any(plain_header(title) in have for title in layout.fields.get(field, []))
