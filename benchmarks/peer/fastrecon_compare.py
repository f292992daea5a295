"""fastrecon: the two files compared on the key. Arguments: upstream, ledger, file for the calls or `-`."""

from __future__ import annotations

import sys
from typing import Any

import duckdb
from fastrecon import ParquetFile, ReconConfig, compare  # type: ignore[import-not-found]

from benchmarks.peer.files import COMPARED, write_calls

LEFT_KEY = ("taxpayer_id", "direction", "invoice_number")


def main() -> None:
    upstream, ledger, out = sys.argv[1:]
    # Examples are the only way in which it names rows: all of them when the calls are wanted, the default otherwise.
    examples = {} if out == "-" else {"sample_limit": 10_000_000}
    config = ReconConfig(
        columns=[*LEFT_KEY, *COMPARED], column_mapping={"invoice_number": "invoice_reference"}, **examples
    )
    found = compare(left=ParquetFile(upstream), right=ParquetFile(ledger), keys=LEFT_KEY, config=config)
    if found.error:
        raise SystemExit(found.error)
    print(f"{found.changed_rows} changed, {found.missing_in_right} + {found.missing_in_left} one-sided")
    if out != "-":
        write_calls(out, calls_of(found.sample_mismatches, upstream, ledger))


def calls_of(samples: dict[str, list[dict[str, Any]]], upstream: str, ledger: str) -> list[tuple[str, str, str]]:
    """Its rows carry keys only: each key is looked up in both files."""
    with duckdb.connect() as con:
        con.execute("CREATE TABLE key (called VARCHAR, taxpayer_id VARCHAR, direction VARCHAR, number VARCHAR)")
        for called, rows in samples.items():
            keys = [[row.get(name) for row in rows] for name in LEFT_KEY]
            keys[2] = [row.get("invoice_number", row.get("invoice_reference")) for row in rows]
            con.execute(
                "INSERT INTO key SELECT $called, unnest($a::VARCHAR[]), unnest($b::VARCHAR[]), unnest($c::VARCHAR[])",
                {"called": called, "a": keys[0], "b": keys[1], "c": keys[2]},
            )
        found = con.execute(
            """
            SELECT 'upstream', r.record_id, CASE called WHEN 'changed' THEN 'changed' ELSE 'missing' END
            FROM key JOIN read_parquet($upstream) r USING (taxpayer_id, direction)
            WHERE r.invoice_number = number AND called <> 'missing_in_left'
            UNION
            SELECT 'ledger', r.record_id, CASE called WHEN 'changed' THEN 'changed' ELSE 'missing' END
            FROM key JOIN read_parquet($ledger) r USING (taxpayer_id, direction)
            WHERE r.invoice_reference IS NOT DISTINCT FROM number AND called <> 'missing_in_right'
            """,
            {"upstream": upstream, "ledger": ledger},
        )
        return [(side, record, called) for side, record, called in found.fetchall()]


if __name__ == "__main__":
    main()
