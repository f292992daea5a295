"""reladiff on DuckDB: the two files compared on the key. Arguments: upstream, ledger, file for the calls or `-`.

It reads tables of a database, so the files are loaded first; loading is part of its time. It refuses text with other
signs than letters and digits as a key, so the key is 62 bits of a hash of taxpayer, direction and number as written.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
from reladiff import Algorithm, connect_to_table, diff_tables  # type: ignore[import-not-found]
from reladiff.databases import connect  # type: ignore[import-not-found]

from benchmarks.peer.files import COMPARED, write_calls

SIDES = (("upstream", "invoice_number"), ("ledger", "invoice_reference"))
LOAD = """
CREATE TABLE {table} AS
SELECT CAST(hash(taxpayer_id || direction || {number}) >> 2 AS BIGINT) AS key, record_id, {compared}
FROM read_parquet($path)
"""


def main() -> None:
    upstream, ledger, out = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "both.duckdb")
        load(database, {"upstream": upstream, "ledger": ledger})
        found = diff(database)
        print(f"{len(found)} rows differ")
        if out != "-":
            write_calls(out, calls_of(database, found))


def load(database: str, paths: dict[str, str]) -> None:
    with duckdb.connect(database) as con:
        for table, number in SIDES:
            statement = LOAD.format(table=table, number=number, compared=", ".join(COMPARED))
            con.execute(statement, {"path": paths[table]})


def diff(database: str) -> list[tuple[str, tuple[str, ...]]]:
    """Signed rows: `-` upstream has it so, `+` the ledger has it so."""
    con = connect({"driver": "duckdb", "filepath": database})
    tables = [connect_to_table(con, table, ("key",), extra_columns=COMPARED) for table, _ in SIDES]
    # Joining in the database (JOINDIFF) demands unique keys; sorting its rows fails on an empty cell.
    found = list(diff_tables(*tables, algorithm=Algorithm.HASHDIFF, skip_sort_results=True))
    con.close()
    return found


def calls_of(database: str, found: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, str, str]]:
    """A key with both signs is `changed`; one with a single sign is `missing` on the other side."""
    signs: dict[int, set[str]] = {}
    for sign, row in found:
        signs.setdefault(int(row[0]), set()).add(sign)
    with duckdb.connect(database) as con:
        con.execute("CREATE TEMP TABLE called (key BIGINT, called VARCHAR, sign VARCHAR)")
        keys, words = list(signs), ["changed" if len(one) == 2 else "missing" for one in signs.values()]
        con.execute(
            "INSERT INTO called SELECT unnest($k::BIGINT[]), unnest($w::VARCHAR[]), NULL", {"k": keys, "w": words}
        )
        rows = con.execute(
            "SELECT 'upstream', record_id, called.called FROM upstream JOIN called USING (key) UNION ALL "
            "SELECT 'ledger', record_id, called.called FROM ledger JOIN called USING (key) UNION ALL "
            "SELECT 'ledger', record_id, 'missing' FROM ledger WHERE key IS NULL"
        )
        return [(side, record, called) for side, record, called in rows.fetchall()]


if __name__ == "__main__":
    main()
