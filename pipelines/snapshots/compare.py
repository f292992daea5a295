"""Compare two snapshots: which invoices, ledger lines and items appeared, vanished or changed, and by how much.

Only files that the two do not share are read. Keys are unique within a table, so a row of a shared file is the same in
both and stands in no other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.errors import IntegrityError
from pipelines.model import ITEM, LEDGER_ENTRY, LINEAGE, UPSTREAM_INVOICE, Table
from pipelines.settings import Settings
from pipelines.snapshots.load import require_whole
from pipelines.snapshots.manifest import Manifest
from pipelines.snapshots.parquet import kept_schema, read_parquet
from pipelines.snapshots.read import open_snapshot
from pipelines.warehouse import Connection, connect, run_sql

SHOWN: dict[str, tuple[str, str]] = {
    UPSTREAM_INVOICE.name: ("invoice_number", "total_cny"),
    LEDGER_ENTRY.name: ("coalesce(invoice_reference, voucher_no)", "coalesce(total_cny, amount_cny)"),
    ITEM.name: ("verdict || '/' || cause", "difference_cny"),
}
"""Compared table -> what stands for a row, and its money."""

SHOWN_COLUMNS = {
    UPSTREAM_INVOICE.name: ("invoice_number", "total_cny"),
    LEDGER_ENTRY.name: ("invoice_reference", "voucher_no", "total_cny", "amount_cny"),
    ITEM.name: ("verdict", "cause", "difference_cny"),
}
"""The columns that this is made of."""

NOT_A_CHANGE = {"observed_at", *(column.name for column in LINEAGE)}
"""Where and when a state was read says nothing of the invoice."""


@dataclass(frozen=True)
class Change:
    """One row: appeared, vanished or changed. Money in CNY; `difference_cny` is new minus old, NULL counting as 0."""

    table: str
    record_id: str
    change: str
    old: str | None
    new: str | None
    columns: tuple[str, ...]
    old_cny: Decimal | None
    new_cny: Decimal | None
    difference_cny: Decimal


@dataclass(frozen=True)
class TableDifference:
    """Counts of one table; `changes` holds the biggest differences first, at most as many as asked for."""

    table: str
    appeared: int
    vanished: int
    changed: int
    difference_cny: Decimal
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Difference:
    """`old` and `new` are snapshot ids."""

    old: str
    new: str
    tables: tuple[TableDifference, ...]

    @property
    def is_same(self) -> bool:
        return not any(table.appeared or table.vanished or table.changed for table in self.tables)


def diff_snapshots(settings: Settings, old_id: str, new_id: str, limit: int = 20) -> Difference:
    """What the second snapshot holds that the first did not. UsageError: unknown id, IntegrityError: damage."""
    old, new = open_snapshot(settings, old_id), open_snapshot(settings, new_id)
    for manifest in (old, new):
        require_whole(settings, manifest)
    con = connect(":memory:", settings)
    try:
        tables = [
            _diff_table(con, settings, old, new, table, limit) for table in (UPSTREAM_INVOICE, LEDGER_ENTRY, ITEM)
        ]
    finally:
        con.close()
    return Difference(old.snapshot_id, new.snapshot_id, tuple(tables))


def _diff_table(
    con: Connection, settings: Settings, old: Manifest, new: Manifest, table: Table, limit: int
) -> TableDifference:
    schema = shared_schema(old, new, table)
    paths = [{entry["path"] for entry in manifest.files_of(table.name)} for manifest in (old, new)]
    for name, own, other in (("old_row", paths[0], paths[1]), ("new_row", paths[1], paths[0])):
        con.register(name, read_parquet([settings.snapshot_dir / path for path in sorted(own - other)], schema))
    con.execute(_change_sql(table, schema.names))
    counts = dict(run_sql(con, "snapshot/diff_count").fetchall())
    (total,) = run_sql(con, "snapshot/diff_total").fetchone() or (Decimal(0),)
    rows = run_sql(con, "snapshot/diff_change", {"limit": limit}).fetchall()
    changes = tuple(_as_change(table, row) for row in rows)
    appeared, vanished, changed = (counts.get(name, 0) for name in ("appeared", "vanished", "changed"))
    return TableDifference(table.name, appeared, vanished, changed, total, changes)


def _as_change(table: Table, row: tuple[Any, ...]) -> Change:
    record, change, old, new, columns, *money = row
    return Change(table.name, record, change, old, new, tuple(columns), *money)


def shared_schema(old: Manifest, new: Manifest, table: Table) -> pa.Schema:
    """Columns that both snapshots and this version have, with one type. IntegrityError if what is shown of a row or its
    key is not among them."""
    known = [[(column["name"], column["type"]) for column in found.columns_of(table.name)] for found in (old, new)]
    columns = [c for c in table.columns if all((c.name, c.type) in names for names in known)]
    needed = {*table.key, *SHOWN_COLUMNS[table.name]}
    if missing := needed - {column.name for column in columns}:
        raise IntegrityError(
            "两个快照的列不同，无法比较 | The two snapshots have other columns and cannot be compared.",
            where=f"{old.snapshot_id}, {new.snapshot_id}: {table.name}",
            found=", ".join(sorted(missing)),
        )
    return kept_schema([{"name": column.name, "type": column.type} for column in columns])


def _change_sql(table: Table, names: list[str]) -> str:
    """Rows of the two sides that differ, as the temporary table `row_change`; identifiers come from `model` only."""
    (key,) = table.key
    label, money = SHOWN[table.name]
    compared = [name for name in names if name not in NOT_A_CHANGE and name != key]
    checks = ", ".join(f"CASE WHEN o.{name} IS DISTINCT FROM n.{name} THEN '{name}' END" for name in compared)
    sides = [
        f"{side} AS (SELECT *, {label} AS row_label, CAST({money} AS DECIMAL(18,2)) AS row_money FROM {relation})"
        for side, relation in (("o_side", "old_row"), ("n_side", "new_row"))
    ]
    return (
        f"CREATE OR REPLACE TEMP TABLE row_change AS WITH {', '.join(sides)}, "
        f"compared AS (SELECT coalesce(o.{key}, n.{key}) AS record_id, "
        f"CASE WHEN o.{key} IS NULL THEN 'appeared' WHEN n.{key} IS NULL THEN 'vanished' ELSE 'changed' END AS change, "
        "o.row_label AS old_label, n.row_label AS new_label, "
        f"list_filter([{checks}], lambda x: x IS NOT NULL) AS columns, "
        "o.row_money AS old_cny, n.row_money AS new_cny, "
        "coalesce(n.row_money, 0) - coalesce(o.row_money, 0) AS difference_cny "
        f"FROM o_side AS o FULL JOIN n_side AS n ON o.{key} = n.{key}) "
        "SELECT * REPLACE (CASE WHEN change = 'changed' THEN columns ELSE [] END AS columns) "
        "FROM compared WHERE change <> 'changed' OR len(columns) > 0"
    )
