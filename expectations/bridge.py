"""A small DBAPI connection over our own open DuckDB connection, so that Great Expectations judges the real tables.

Great Expectations reads rows after its connection went back to the pool, where DuckDB's result is already gone: with
the usual drivers every expectation errors. Here a cursor fetches all rows when it executes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipelines.warehouse import Connection

Parameters = Mapping[str, Any] | Sequence[Any] | None


class FetchedCursor:
    """DBAPI cursor whose rows are all in memory once `execute` returned."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: BridgeConnection) -> None:
        self.connection = connection
        self.description: list[Any] | None = None
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, parameters: Parameters = None) -> None:
        session = self.connection.session
        session.execute(statement, parameters or None)
        self.description = session.description
        self._rows = session.fetchall() if self.description else []

    def executemany(self, statement: str, parameters: Sequence[Parameters]) -> None:
        for values in parameters:
            self.execute(statement, values)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        count = size or self.arraysize
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []


class BridgeConnection:
    """DBAPI connection over `session`, a cursor of an open connection. Closing it leaves the session open: its owner
    closes it."""

    notices: Sequence[str] = ()
    """The SQLAlchemy dialect derives from PostgreSQL's and asks for server notices: DuckDB sends none."""

    def __init__(self, session: Connection) -> None:
        self.session = session

    def cursor(self) -> FetchedCursor:
        return FetchedCursor(self)

    def begin(self) -> None:
        self.session.begin()

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        """Rolls back; only the complaint that there is nothing to roll back is dropped."""
        try:
            self.session.rollback()
        except duckdb.TransactionException as error:
            if "no transaction is active" not in str(error):
                raise

    def close(self) -> None:
        """Nothing: the session belongs to the caller."""


def add_duckdb_datasource(context: Any, name: str, session: Connection) -> Any:
    """Register `session` as a datasource of a Great Expectations context; no file is opened and no second database.

    The StaticPool keeps one bridge for all metrics, so they see the session's temporary tables.
    """
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415 (late: only a night that is judged pays for it)

    return context.data_sources.add_sql(
        name=name,
        connection_string="duckdb:///:memory:",
        kwargs={"creator": lambda: BridgeConnection(session), "poolclass": StaticPool},
    )
