"""How a table's rows are cut into files: which period a row is kept under, and a fingerprint of each period's rows.

Rows that only ever come on top (received files, nights) are kept by day while their month is the newest of the table,
and by month afterwards: a night writes its own day, a month is put together once, and the list of files stays short.

The statements here are built, because they must hold for every declared table; all identifiers come from
`pipelines.model`, never from input.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

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
    """The rows of one table and period: `row_hash` does not depend on their order, control sums are exact text."""

    table: Table
    period: str
    rows: int
    row_hash: str
    control_sums: dict[str, str | None]


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


def fingerprint_parts(con: Connection, table: Table, *, is_literal: bool = False) -> list[Part]:
    """Rows, row hash and control sums per period, in the order of periods; nothing for an empty table.

    The row hash is the sum of both halves of an md5 over each row's length-prefixed texts: equal for equal rows in any
    order, and stable as long as the engine writes values as the same text. It saves writing what did not change; what
    proves a file is its sha256. `is_literal`: as format 1 hashed it, with each night spelled out.
    """
    place, join = _place_source(table)
    text = " || ".join(_tagged(column) for column in table.columns)
    money = [column.name for column in table.columns if is_money(column)]
    sums = "".join(f", sum({name}) AS {name}" for name in money)
    cursor = con.execute(
        f"WITH hashed AS (SELECT COALESCE({place}, '{UNDATED}') AS place, t.*, {text} AS row_text "
        f"FROM {_relation(table, is_literal=is_literal)} AS t {join}), "
        "placed AS (SELECT place, count(*) AS rows, sum(md5_number_lower(row_text)) AS low, "
        f"sum(md5_number_upper(row_text)) AS high{sums} FROM hashed GROUP BY place), "
        f"newest AS (SELECT max(left(place, 7)) AS month FROM placed WHERE place NOT IN ('{UNDATED}', '{WHOLE}')) "
        "SELECT CASE WHEN length(place) = 10 AND left(place, 7) < month THEN left(place, 7) ELSE place END AS period, "
        f"CAST(sum(rows) AS BIGINT), sum(low), sum(high){sums} FROM placed, newest GROUP BY period ORDER BY period"
    )
    return [
        Part(table, found, rows, f"md5sum:{low:x}:{high:x}", dict(zip(money, map(_exact_text, rest), strict=True)))
        for found, rows, low, high, *rest in cursor.fetchall()
    ]


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
