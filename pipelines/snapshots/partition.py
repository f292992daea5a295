"""How a table's rows are cut into files: which period a row is kept under, and a fingerprint of each period's rows.

Rows that only ever come on top (received files, nights) are kept by day while their month is the newest of the table,
and by month afterwards: a night writes its own day, a month is put together once, and the list of files stays short.

The statements here are built, because they must hold for every declared table; all identifiers come from
`pipelines.model`, never from input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.model import Column, Table
from pipelines.warehouse import Connection, run_sql

WHOLE = "all"
"""Period of a table that is kept in one file."""
UNDATED = "none"
"""Period of rows whose month cannot be told."""

_ITEM = ("recon__item", "recon__member")
_FILE_ROWS = ("raw_upstream__row", "raw_ledger__row", "raw_reject", "raw_ignored")
_RECEIVED = ("raw_file", "raw_delivery")

MOVING = {"night__finding": "last_night", "alert__case": "updated_night"}
"""Table -> the column that names the newest night in every row that still stands. Files hold '' there and the manifest
the night, so a row that only stands for one more night is not written again."""


@dataclass(frozen=True)
class Part:
    """The rows of one table and period: neither hash depends on their order, control sums are exact text.

    `quick_hash` is the engine's own, equal for equal rows as long as the release of the engine is the same.
    """

    table: Table
    period: str
    rows: int
    quick_hash: str
    row_hash: str
    control_sums: dict[str, str | None]

    @property
    def said(self) -> dict[str, Any]:
        """What the manifest says of it, wherever the rows are."""
        return {
            "period": self.period,
            "rows": self.rows,
            "quick_hash": self.quick_hash,
            "row_hash": self.row_hash,
            "control_sums": self.control_sums,
        }


Known = Mapping[tuple[str, int, str], Mapping[str, Any]]
"""Period, rows and quick hash of parts whose row hash is known, to what a manifest says of them."""


def describe_period(table: Table) -> str:
    """What the period of a table means, in words for the manifest."""
    if table.period:
        return f"month of {table.period}"
    if table.name in _ITEM:
        return "month of the item's oldest record"
    if table.name in _FILE_ROWS or table.name in _RECEIVED:
        return "month in which the file was first received; its day in the newest month"
    night = _night_column(table)
    return f"month of {night}; its day in the newest month" if night else "none: kept whole"


def _night_column(table: Table) -> str | None:
    return next((name for name in ("night_id", "first_night") if name in table.column_names), None)


def _place_source(table: Table) -> tuple[str, str]:
    """SQL expression of a row's month or day (NULL: undated) and the join that it needs."""
    if table.period:
        return f"strftime(t.{table.period}, '%Y-%m')", ""
    if table.name in _ITEM:
        return "p.period", "LEFT JOIN snapshot_item_period AS p ON p.item_id = t.item_id"
    if table.name in _RECEIVED:
        return "strftime(t.received_at, '%Y-%m-%d')", ""
    if table.name in _FILE_ROWS:
        return "p.day", "LEFT JOIN snapshot_file_day AS p ON p.file_id = t.file_id AND p.source_id = t.source_id"
    night = _night_column(table)
    return (f"strftime(try_strptime(left(t.{night}, 8), '%Y%m%d'), '%Y-%m-%d')" if night else f"'{WHOLE}'"), ""


def newest_night(con: Connection, table: Table) -> str | None:
    """The night that '' stands for in a file of this table; None for a table without such a column or without rows."""
    if table.name not in MOVING:
        return None
    found: tuple[str | None] | None = con.execute(f"SELECT max({MOVING[table.name]}) FROM {table.name}").fetchone()
    return found[0] if found else None


def _relation(table: Table, *, is_literal: bool = False) -> str:
    """The table as its files hold it."""
    if is_literal or table.name not in MOVING:
        return table.name
    name = MOVING[table.name]
    return (
        f"(SELECT * REPLACE (CASE WHEN {name} = (SELECT max({name}) FROM {table.name}) THEN '' ELSE {name} END "
        f"AS {name}) FROM {table.name})"
    )


def prepare_periods(con: Connection) -> None:
    """Make the look-ups that some tables take their period from (temporary tables of this connection)."""
    run_sql(con, "snapshot/item_period")
    run_sql(con, "snapshot/file_day")


def is_money(column: Column) -> bool:
    return column.type.startswith("DECIMAL")


def fingerprint_parts(
    con: Connection, table: Table, *, known: Known | None = None, is_literal: bool = False
) -> list[Part]:
    """Rows, hashes and control sums per period, in the order of periods; nothing for an empty table.

    The row hash is the sum of both halves of an md5 over each row's length-prefixed texts: equal for equal rows in any
    order, and stable as long as the engine writes values as the same text. It saves writing what did not change; what
    proves a file is its sha256. What is in `known` (of this engine and these columns) is taken from there: the quick
    hash costs an eighth. `is_literal`: as format 1 hashed it, with each night spelled out.
    """
    relation = _relation(table, is_literal=is_literal)
    places = _look_quickly(con, table, relation)
    periods = _name_periods(places)
    rows, quick = Counter[str](), Counter[str]()
    for place, (count, hashed) in places.items():
        rows[periods[place]] += count
        quick[periods[place]] += hashed
    same = {
        period: entry for period in rows if (entry := (known or {}).get((period, rows[period], f"{quick[period]:x}")))
    }
    due = [place for place, period in periods.items() if period not in same]
    looked = same | _look_closely(con, table, relation, due, periods)
    return [
        Part(table, period, rows[period], f"{quick[period]:x}", found["row_hash"], found["control_sums"])
        for period, found in sorted(looked.items())
    ]


def _look_quickly(con: Connection, table: Table, relation: str) -> dict[str, tuple[int, int]]:
    """Count and sum of the engine's hashes of the rows of each place."""
    place, join = _place_source(table)
    columns = ", ".join(f"t.{name}" for name in table.column_names)
    cursor = con.execute(
        f"SELECT COALESCE({place}, '{UNDATED}') AS place, count(*), sum(hash({columns})) "
        f"FROM {relation} AS t {join} GROUP BY place"
    )
    return {found: (count, hashed) for found, count, hashed in cursor.fetchall()}


def _name_periods(places: Iterable[str]) -> dict[str, str]:
    """The period of each place: a day of a month that is not the newest any more is kept with its month."""
    months = {place: place[:7] for place in places if place not in (UNDATED, WHOLE)}
    newest = max(months.values(), default="")
    return {place: place if months.get(place, newest) == newest else months[place] for place in places}


def _look_closely(
    con: Connection, table: Table, relation: str, due: list[str], periods: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Row hash and control sums of the periods of these places."""
    if not due:
        return {}
    place, join = _place_source(table)
    text = " || ".join(_tagged(column) for column in table.columns)
    money = [column.name for column in table.columns if is_money(column)]
    values, sums = "".join(f", t.{name}" for name in money), "".join(f", sum({name})" for name in money)
    cursor = con.execute(
        f"WITH hashed AS (SELECT COALESCE({place}, '{UNDATED}') AS place, {text} AS row_text{values} "
        f"FROM {relation} AS t {join}) "
        f"SELECT place, sum(md5_number_lower(row_text)), sum(md5_number_upper(row_text)){sums} FROM hashed "
        "WHERE list_contains($due, place) GROUP BY place",
        {"due": due},
    )
    found: dict[str, list[list[Any]]] = {}
    for name, *totals in cursor.fetchall():
        found.setdefault(periods[name], []).append(totals)
    return {period: _add_up(parts, money) for period, parts in found.items()}


def _add_up(parts: list[list[Any]], money: list[str]) -> dict[str, Any]:
    low, high, *sums = ([value for value in column if value is not None] for column in zip(*parts, strict=True))
    totals = (_exact_text(sum(column, Decimal(0)) if column else None) for column in sums)
    return {"row_hash": f"md5sum:{sum(low):x}:{sum(high):x}", "control_sums": dict(zip(money, totals, strict=True))}


def _tagged(column: Column) -> str:
    text = f"CAST(t.{column.name} AS VARCHAR)"
    if column.type.endswith("[]"):
        text = f"CAST(list_transform(t.{column.name}, lambda x: length(x) || ':' || x) AS VARCHAR)"
    return f"COALESCE(length({text}) || ':' || {text}, '~')"


def _exact_text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def read_part(con: Connection, part: Part, batch_rows: int) -> pa.RecordBatchReader:
    """Rows of one period as record batches, sorted by the table's key and, where that repeats, by all other columns."""
    place, join = _place_source(part.table)
    columns = ", ".join(f"t.{name}" for name in part.table.column_names)
    order = [*part.table.key, *(name for name in part.table.column_names if name not in part.table.key)]
    cursor = con.execute(
        f"SELECT {columns} FROM {_relation(part.table)} AS t {join} "
        f"WHERE starts_with(COALESCE({place}, '{UNDATED}'), $period) "
        f"ORDER BY {', '.join(f't.{name} NULLS FIRST' for name in order)}",
        {"period": part.period},
    )
    return cursor.to_arrow_reader(batch_rows)
