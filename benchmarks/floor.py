"""The floor: one DuckDB query that joins both files in full on the key, compares the money and writes the joined rows.

It explains nothing and repairs nothing; `fapiao reconcile` is measured beside it.
"""

from __future__ import annotations

import sys

import duckdb

FLOOR = """
COPY (
    SELECT u.*, l.* EXCLUDE (taxpayer_id, direction), u.total_cny IS NOT DISTINCT FROM l.total_cny AS is_same_money
    FROM read_parquet('{upstream}') u
    FULL JOIN read_parquet('{ledger}') l
      ON l.taxpayer_id = u.taxpayer_id AND l.direction = u.direction AND l.invoice_reference = u.invoice_number
) TO '{out}' (FORMAT parquet, COMPRESSION zstd)
"""

if __name__ == "__main__":
    upstream, ledger, out, threads, memory = sys.argv[1:]
    con = duckdb.connect(config={"threads": int(threads), "memory_limit": memory})
    con.execute(FLOOR.format(upstream=upstream, ledger=ledger, out=out))
