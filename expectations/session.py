"""The DuckDB session in which a night is judged: its values stand in temporary tables that the checks read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.model import (
    CORE_TABLES,
    NIGHT_SOURCE,
    RAW_FILE,
    RAW_IGNORED,
    RAW_REJECT,
    RECON_TABLES,
)
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, load_sql

REJECT_LIMIT_PERCENT = 1

GUARDED_TABLES = (*CORE_TABLES, *RECON_TABLES, RAW_FILE, RAW_REJECT, RAW_IGNORED, NIGHT_SOURCE)
"""Tables whose columns and types are compared with the model."""


@contextmanager
def open_session(con: Connection, settings: Settings, night: Night) -> Iterator[Connection]:
    """A cursor of the open connection with the temporary tables of the checks; it ends with the block."""
    session = con.cursor()
    try:
        _set_parameters(session, settings, night)
        _declare_columns(session)
        session.execute(load_sql("prepare_is_tax_id", "expectations"))
        yield session
    finally:
        session.close()


def _set_parameters(session: Connection, settings: Settings, night: Night) -> None:
    values = {
        "night_id": night.night_id,
        "as_of": night.as_of,
        "arithmetic_tolerance_cny": settings.arithmetic_tolerance_cny,
        "within_tolerance_cny": settings.within_tolerance_cny,
        "sync_grace_hours": settings.sync_grace_hours,
        "reject_limit_percent": REJECT_LIMIT_PERCENT,
    }
    session.execute(load_sql("prepare_parameter", "expectations"), values)


def _declare_columns(session: Connection) -> None:
    declared = [(table.name, column) for table in GUARDED_TABLES for column in table.columns]
    values = {
        "table_names": [name for name, _ in declared],
        "column_names": [column.name for _, column in declared],
        "types": [column.type for _, column in declared],
        "is_required": [column.is_required for _, column in declared],
    }
    session.execute(load_sql("prepare_declared_column", "expectations"), values)
