"""The real join on small tables, in memory: fast enough for hundreds of worlds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE, Table
from pipelines.reconcile.cascade import join_records
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect
from tests.spec.tables import ARROW_TYPES, AS_OF

Row = dict[str, Any]


class Engine:
    """One connection that joins one world after the other."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_root=folder, threads=1)
        self.con: Connection = connect(":memory:", self.settings)
        self.con.execute(
            "CREATE TEMP TABLE work_ledger_seen (taxpayer_id VARCHAR, direction VARCHAR, seen_at TIMESTAMP)"
        )

    def reconcile(
        self, upstream: Sequence[Row], ledger: Sequence[Row], coverage: Sequence[Row], as_of: datetime = AS_OF
    ) -> list[Row]:
        """Items with `members`, a set of (side, record id), sorted by item id."""
        for table, rows in ((UPSTREAM_INVOICE, upstream), (LEDGER_ENTRY, ledger), (COVERAGE, coverage)):
            self._load(table, rows)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE work_coverage AS FROM {COVERAGE.name}")
        join_records(self.con, self.settings, as_of)
        items = {row["item_id"]: row | {"members": set()} for row in self._rows("work_item")}
        for member in self._rows("work_member"):
            items[member["item_id"]]["members"].add((member["side"], member["record_id"]))
        return [items[item_id] for item_id in sorted(items)]

    def _load(self, table: Table, rows: Sequence[Row]) -> None:
        schema = pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in table.columns])
        given = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)
        self.con.register("given", given)
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{table.name}" AS FROM given')
        self.con.unregister("given")

    def _rows(self, relation: str) -> list[Row]:
        rows: list[Row] = self.con.execute(f"FROM {relation}").to_arrow_table().to_pylist()
        return rows
