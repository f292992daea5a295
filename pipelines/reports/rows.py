"""Rows of a `.sql` file as frozen dataclasses whose fields are its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipelines.errors import BadInputError
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

Row = TypeVar("Row")


def fetch_rows(con: Connection, sql_name: str, row_type: type[Row], values: Mapping[str, Any]) -> tuple[Row, ...]:
    """All rows of the last statement of `pipelines/sql/<sql_name>.sql`; columns and fields must be the same set."""
    run_sql(con, sql_name, values)
    names = [column[0] for column in con.description or ()]
    return tuple(row_type(**dict(zip(names, row, strict=True))) for row in con.fetchall())


def require_warehouse(settings: Settings) -> Path:
    """Path of the working database. Raises BadInputError when no night has run in this data root."""
    path = settings.warehouse_path
    if not path.is_file():
        raise BadInputError(
            "还没有任何一夜的数据 | No night has run in this data root yet.",
            where=path,
            next_step="运行 fapiao nightly 或 fapiao demo | fapiao nightly, or fapiao demo",
        )
    return path
