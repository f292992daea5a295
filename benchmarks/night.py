"""What a night costs on which one record in a hundred is new or changed, beside a full judgement of the same pairs.

It prints the pairs that agree, the seconds of the full judgement and those of the night.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE
from pipelines.night import Night
from pipelines.reconcile.nightly import judge_due
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse, transaction

AGREEING = """
CREATE TEMP TABLE agreeing AS
SELECT u.record_id AS upstream_id, l.record_id AS ledger_id, md5_number_lower(u.record_id) % 200 = 0 AS is_late
FROM read_parquet($invoices) u
JOIN read_parquet($entries) l
  ON l.taxpayer_id = u.taxpayer_id AND l.direction = u.direction
 AND l.invoice_reference = u.invoice_number AND l.total_cny = u.total_cny
 AND coalesce(l.invoice_date = CAST(u.issued_at AS DATE), TRUE)
 AND coalesce(l.amount_cny = u.amount_cny, TRUE) AND coalesce(l.tax_cny = u.tax_cny, TRUE)
 AND (length(u.invoice_number) = 20 OR l.invoice_code IS NOT DISTINCT FROM u.invoice_code)
 AND coalesce(l.counterparty_tax_id = if(u.direction = 'input', u.seller_tax_id, u.buyer_tax_id), TRUE)
 AND coalesce(l.counterparty_name = if(u.direction = 'input', u.seller_name, u.buyer_name), TRUE)
WHERE u.status = 'normal' AND NOT u.is_red
QUALIFY count(*) OVER (PARTITION BY u.record_id) = 1 AND count(*) OVER (PARTITION BY l.record_id) = 1
"""
FILES = (("invoices", "invoice"), ("entries", "entry"))
LOAD = """
INSERT INTO {table} BY NAME
SELECT r.* FROM read_parquet($file) r JOIN agreeing a ON a.{key} = r.record_id WHERE a.is_late = $is_late
"""
CHANGED_INVOICES = "UPDATE core_upstream__invoice SET status = 'void' WHERE md5_number_lower(record_id) % 400 = 1"
CHANGED_LINES = "UPDATE core_ledger__entry SET total_cny = total_cny + 1 WHERE md5_number_lower(record_id) % 400 = 1"
NOTE_CHANGES = """
INSERT INTO core_change
SELECT 'upstream', record_id FROM core_upstream__invoice WHERE md5_number_lower(record_id) % 400 = 1
UNION ALL
SELECT 'ledger', record_id FROM core_ledger__entry WHERE md5_number_lower(record_id) % 400 = 1
UNION ALL
SELECT 'upstream', upstream_id FROM agreeing WHERE is_late
UNION ALL
SELECT 'ledger', ledger_id FROM agreeing WHERE is_late
"""


def load(con: Connection, books: Path, *, is_late: bool) -> None:
    """Pairs that agree: all but one in 200, or these; the rest of the one in a hundred are changes."""
    for table, name, key in ((UPSTREAM_INVOICE, "invoice", "upstream_id"), (LEDGER_ENTRY, "entry", "ledger_id")):
        file = str(books / f"{name}.parquet")
        con.execute(LOAD.format(table=table.name, key=key), {"file": file, "is_late": is_late})


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Arguments: folder of the generated books, folder for the data root, moment, memory limit in MB."""
    books, root, as_of, memory_mb = (
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        datetime.fromisoformat(sys.argv[3]),
        sys.argv[4],
    )
    settings = Settings(data_root=root, memory_limit_mb=int(memory_mb))
    with open_warehouse(settings) as con:
        con.execute(AGREEING, {name: str(books / f"{file}.parquet") for name, file in FILES})
        load(con, books, is_late=False)
        con.execute(
            f"INSERT INTO {COVERAGE.name} BY NAME SELECT * FROM read_parquet($file)",
            {"file": str(books / "coverage.parquet")},
        )

        def judge(moment: datetime) -> None:
            with transaction(con):
                judge_due(con, settings, Night(moment))

        full = timed(lambda: judge(as_of))
        load(con, books, is_late=True)
        con.execute(CHANGED_INVOICES)
        con.execute(CHANGED_LINES)
        con.execute(NOTE_CHANGES)
        night = timed(lambda: judge(as_of + timedelta(days=1)))
        pairs = con.execute("SELECT count(*) FROM agreeing").fetchall()[0][0]
    print(f"{pairs} {full:.2f} {night:.2f}")


if __name__ == "__main__":
    main()
