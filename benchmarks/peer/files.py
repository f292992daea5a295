"""What the peers are given and what they give back. Runs in the peers' environment: imports nothing of the project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

KEY = ("taxpayer_id", "direction", "number")
COMPARED = ("total_cny",)
"""The one sum that most ledgers keep: these tools call every column that a ledger leaves empty a difference."""

INVOICE = """
SELECT record_id, taxpayer_id, direction, invoice_number AS number, amount_cny, tax_cny, total_cny,
    CAST(issued_at AS DATE) AS day,
    translate(CASE direction WHEN 'input' THEN seller_name ELSE buyer_name END, '（） ', '()') AS party
FROM read_parquet($path)
"""
ENTRY = """
SELECT record_id, taxpayer_id, direction,
    CASE WHEN regexp_matches(invoice_reference, '[0-9]') THEN invoice_reference END AS number,
    amount_cny, tax_cny, total_cny,
    coalesce(invoice_date, posted_on) AS day,
    translate(counterparty_name, '（） ', '()') AS party
FROM read_parquet($path)
"""
"""Both sides with the same columns. Width of brackets and blanks in names are made alike, a text without digits is no
number: what every user of these tools would do first."""


def read_side(path: str, query: str) -> list[dict[str, Any]]:
    """The rows of one side as dicts."""
    with duckdb.connect() as con:
        found = con.execute(query, {"path": path})
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def write_rows(path: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Text rows as Parquet."""
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE found ({', '.join(f'{name} VARCHAR' for name in columns)})")
        kept = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
        con.execute(f"INSERT INTO found SELECT {', '.join('unnest(?::VARCHAR[])' for _ in columns)}", kept)
        con.execute("COPY found TO $path (FORMAT parquet)", {"path": path})


def write_links(path: str, links: Iterable[tuple[str, str]]) -> None:
    write_rows(path, ("ledger_record_id", "upstream_record_id"), links)


def write_calls(path: str, calls: Iterable[tuple[str, str, str]]) -> None:
    """Each record that a comparison calls `missing` or `changed`."""
    write_rows(path, ("side", "record_id", "called"), calls)
