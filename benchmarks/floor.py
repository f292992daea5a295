"""The floor: one DuckDB query that joins both files in full on the key, compares the money and writes the joined rows.

It explains nothing and repairs nothing; `fapiao reconcile` is measured beside it.
"""

from __future__ import annotations

import sys

import duckdb

from pipelines.warehouse import load_sql


def main() -> None:
    """Arguments: upstream file, ledger file, file to write, threads, memory limit as DuckDB writes it."""
    upstream, ledger, out, threads, memory = sys.argv[1:]
    with duckdb.connect(config={"threads": int(threads), "memory_limit": memory}) as con:
        values = {"upstream": upstream, "ledger": ledger, "out": out}
        con.execute(load_sql("floor", "benchmarks"), values)


if __name__ == "__main__":
    main()
