"""Small rows in, a published night out: judged by the nightly join and published as any night is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE, Table
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse
from tests.spec.tables import AS_OF, Row, covered, write_table


def publish_rows(
    settings: Settings, upstream: Sequence[Row], ledger: Sequence[Row], coverage: Sequence[Row] | None = None
) -> Night:
    """Put the rows into the working database, judge and publish them as of AS_OF."""
    night = Night(AS_OF)
    with open_warehouse(settings) as con:
        insert_rows(con, UPSTREAM_INVOICE, upstream)
        insert_rows(con, LEDGER_ENTRY, ledger)
        insert_rows(con, COVERAGE, covered() if coverage is None else coverage)
        con.execute(
            "INSERT INTO night__run BY NAME SELECT $id AS night_id, $at AS as_of, $at AS started_at, "
            "FALSE AS is_published",
            {"id": night.night_id, "at": night.as_of},
        )
    reconcile_night(settings, night)
    publish_night(settings, night)
    return night


def publish_again(settings: Settings, night: Night) -> Night:
    """Judge and publish the next night on the same rows."""
    following = Night(night.as_of + timedelta(days=1))
    with open_warehouse(settings) as con:
        con.execute(
            "INSERT INTO night__run BY NAME SELECT $id AS night_id, $at AS as_of, $at AS started_at, "
            "FALSE AS is_published",
            {"id": following.night_id, "at": following.as_of},
        )
    reconcile_night(settings, following)
    publish_night(settings, following)
    return following


def insert_rows(con: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows by column name, in bulk; what a row does not state is NULL."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(table, rows, Path(folder) / "rows.parquet")
        con.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM read_parquet($path)", {"path": str(path)})
