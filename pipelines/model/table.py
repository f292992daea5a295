"""What a table is: name, grain, columns with types and comments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`type` is a DuckDB type; `is_required` means that the value is never NULL."""

    name: str
    type: str
    comment: str
    is_required: bool = False


@dataclass(frozen=True)
class Table:
    """One table: `key` is unique and is the sort order of its snapshot files; `period` names the column whose month
    partitions its snapshot (NULL for small tables that are kept whole)."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    period: str | None = None

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def create_sql(self) -> str:
        body = ", ".join(f'"{c.name}" {c.type}{" NOT NULL" if c.is_required else ""}' for c in self.columns)
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({body})'


MONEY = "DECIMAL(18,2)"


def columns_of(*specs: tuple[str, str, str]) -> tuple[Column, ...]:
    """A type that ends in `!` is required."""
    return tuple(Column(name, kind.rstrip("!"), comment, kind.endswith("!")) for name, kind, comment in specs)
