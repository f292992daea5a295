"""Compare the rows of a restored database with what the manifest says of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.errors import IntegrityError
from pipelines.model import TABLES, Table
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.partition import Part, fingerprint_parts, is_money, prepare_periods
from pipelines.warehouse import Connection


@dataclass(frozen=True)
class TableTotals:
    """What can be said of a table's rows in any order and any cut: count, exact sums, hash (None: not comparable)."""

    rows: int
    control_sums: dict[str, Decimal | None]
    row_hash: tuple[int, int] | None


def check_rows(con: Connection, manifest: Manifest, *, with_hash: bool) -> int:
    """Compare every table with the manifest; the rows over all tables. IntegrityError that says expected and got.

    Rows and control sums always; `with_hash` also the row hash, if engine and columns are those that wrote it. It costs
    an md5 over the text of every row and proves that the engine read all values of the proven bytes as it once wrote
    them.
    """
    if with_hash:
        prepare_periods(con)
    total = 0
    for table in TABLES:
        document = manifest.document["tables"].get(table.name)
        if document is None:
            continue
        has_hash = with_hash and _is_same_shape(manifest, table, document)
        expected = total_entries(manifest.parts_of(table.name), has_hash=has_hash)
        found = _total(con, manifest, table, expected) if has_hash else _count(con, table, expected)
        if found != expected:
            raise IntegrityError(
                "恢复的行与清单不符 | The restored rows are not those of the manifest.",
                where=f"{manifest.snapshot_id} {table.name}",
                found=str(found),
                expected=str(expected),
            )
        total += found.rows
    return total


def _is_same_shape(manifest: Manifest, table: Table, document: Document) -> bool:
    columns = [(column["name"], column["type"]) for column in document["columns"]]
    is_same_engine: bool = manifest.document["code"]["duckdb"] == duckdb.__version__
    return is_same_engine and columns == [(column.name, column.type) for column in table.columns]


def total_entries(entries: list[Document], *, has_hash: bool) -> TableTotals:
    """Totals of a table as its parts in the manifest say."""
    sums = [entry["control_sums"] for entry in entries]
    hashes = [entry["row_hash"] for entry in entries] if has_hash else None
    return TableTotals(sum(entry["rows"] for entry in entries), _add_sums(sums), _add_hashes(hashes))


def total_parts(parts: list[Part], like: TableTotals) -> TableTotals:
    """Totals of a table as loaded, of the money columns that the other totals have."""
    sums = _add_sums([part.control_sums for part in parts])
    known = {name: value for name, value in sums.items() if name in like.control_sums}
    return TableTotals(sum(part.rows for part in parts), known, _add_hashes([part.row_hash for part in parts]))


def _total(con: Connection, manifest: Manifest, table: Table, like: TableTotals) -> TableTotals:
    is_literal: bool = manifest.document["format_version"] == 1
    return total_parts(fingerprint_parts(con, table, is_literal=is_literal), like)


def _count(con: Connection, table: Table, like: TableTotals) -> TableTotals:
    """The same without the row hash, in one pass over the money columns."""
    money = [column.name for column in table.columns if is_money(column) and column.name in like.control_sums]
    sums = "".join(f", sum({name})" for name in money)
    rows, *values = con.execute(f"SELECT count(*){sums} FROM {table.name}").fetchone() or (0,)
    return TableTotals(rows, dict(zip(money, values, strict=True)), None)


def _add_sums(sums: list[dict[str, Any]]) -> dict[str, Decimal | None]:
    totals: dict[str, Decimal | None] = {}
    for part in sums:
        for name, text in part.items():
            known = totals.get(name)
            totals[name] = known if text is None else (known or Decimal(0)) + Decimal(text)
    return totals


def _add_hashes(hashes: list[str] | None) -> tuple[int, int] | None:
    """Row hashes are sums, so those of the parts add up to that of the whole."""
    if hashes is None:
        return None
    halves = [tuple(int(half, 16) for half in text.split(":")[1:]) for text in hashes]
    return sum(low for low, _ in halves), sum(high for _, high in halves)
