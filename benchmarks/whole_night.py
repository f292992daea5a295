"""What a whole night costs on which one record in a hundred is new or changed, beside the one that took everything in.

`python -m benchmarks.whole_night [--invoices 1000000]`: the agreeing pairs of generated books (`benchmarks.night`) lie
in the inboxes as CSV files, one for each direction and half a month. `fapiao nightly` takes them in, joins, audits,
keeps, publishes and reports them. Then one file more of each kind, with the newest pairs and with changes of the last
30 days, and the next night. Seconds are those of whole processes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.books import write_books
from benchmarks.companies import read_stages
from benchmarks.measure import Measured, measure
from benchmarks.night import AGREEING, FILES
from pipelines.demo.generator import OUR_TAX_ID
from pipelines.model import Direction, Side
from pipelines.settings import BEIJING, Source

INVOICES = """
COPY (
    SELECT
        invoice_code, if(length(invoice_number) = 20, NULL, invoice_number) AS invoice_number,
        if(length(invoice_number) = 20, invoice_number, NULL) AS digital_invoice_number, kind, issued_at, seller_tax_id,
        seller_name, buyer_tax_id, buyer_name, amount_cny, tax_cny, total_cny,
        if(is_changed AND {is_later}, 'void', status) AS 发票状态, remark
    FROM invoice WHERE {wanted}
) TO '{path}' (FORMAT csv, HEADER)
"""
ENTRIES = """
COPY (
    SELECT
        posted_on, voucher_no, invoice_reference, invoice_code, invoice_date, counterparty_tax_id, counterparty_name,
        amount_cny, tax_cny, if(is_changed AND {is_later}, total_cny + 1, total_cny) AS total_cny, summary
    FROM entry WHERE {wanted}
) TO '{path}' (FORMAT csv, HEADER)
"""
RECENT = """
CREATE TEMP TABLE {name} AS
WITH pair AS (
    SELECT a.{key} AS record_id, i.issued_at, a.upstream_id
    FROM agreeing a JOIN read_parquet($invoices) i ON i.record_id = a.upstream_id
),
newest AS (
    SELECT quantile_disc(issued_at, 0.995) AS late_from, max(issued_at) - INTERVAL 30 DAY AS changed_from FROM pair
)
SELECT
    r.*, p.issued_at >= late_from AS is_late,
    p.issued_at BETWEEN changed_from AND late_from AND md5_number_lower(p.upstream_id) % 60 = {rest} AS is_changed
FROM read_parquet($file) r JOIN pair p USING (record_id), newest
"""
TABLES = (("invoice", "upstream_id", INVOICES, 0), ("entry", "ledger_id", ENTRIES, 1))
"""Table, its id in a pair, what writes a file of it, and which pairs of the last 30 days are changed on this side."""


@dataclass(frozen=True)
class Nights:
    """`changed` counts new and changed records of both sides; the stages are in seconds."""

    pairs: int
    changed: int
    first: Measured
    first_stages: dict[str, float]
    second: Measured
    second_stages: dict[str, float]


def measure_nights(folder: Path, seed: int, invoices: int, fault_rate: float) -> Nights:
    """Raises FailedProcessError if a night does not end well."""
    root, books = folder / "root", folder / "books"
    as_of = datetime.fromisoformat(write_books(books, seed, invoices, fault_rate))
    os.environ |= {
        "FAPIAO_DATA_ROOT": str(root),
        "FAPIAO_SOURCES": json.dumps([source.model_dump(mode="json") for source in name_sources()]),
        "FAPIAO_SETTLE_SECONDS": "0",
    }
    with duckdb.connect() as con:
        load_pairs(con, books)
        pairs, changed = con.execute(
            "SELECT (SELECT count(*) FROM invoice), (SELECT count(*) FROM invoice WHERE is_late OR is_changed) "
            "+ (SELECT count(*) FROM entry WHERE is_late OR is_changed)"
        ).fetchall()[0]
        first = run_night(root, as_of, lambda inbox: write_first(con, inbox))
        first_stages = read_stages(root)
        second = run_night(root, as_of + timedelta(days=1), lambda inbox: write_second(con, inbox))
    return Nights(pairs, changed, first, first_stages, second, read_stages(root))


def load_pairs(con: duckdb.DuckDBPyConnection, books: Path) -> None:
    """The pairs that agree, as tables `invoice` and `entry` with `is_late` and `is_changed`."""
    files = {name: str(books / f"{file}.parquet") for name, file in FILES}
    con.execute(AGREEING, files)
    for name, key, _, rest in TABLES:
        given = {"invoices": files["invoices"], "file": str(books / f"{name}.parquet")}
        con.execute(RECENT.format(name=name, key=key, rest=rest), given)


def write_first(con: duckdb.DuckDBPyConnection, inbox: Path) -> None:
    """Everything but the newest pairs; a list of the tax system names its days."""
    for name, day, sql in (("tax", "issued_at", INVOICES), ("ledger", "posted_on", ENTRIES)):
        table = "invoice" if name == "tax" else "entry"
        spans = con.execute(
            f"SELECT DISTINCT direction, date_trunc('month', {day})::DATE, day({day}) > 15 FROM {table} "
            "WHERE NOT is_late"
        ).fetchall()
        for direction, month, is_second_half in spans:
            first, last = find_span(month, is_second_half=is_second_half)
            wanted = f"NOT is_late AND direction = '{direction}' AND CAST({day} AS DATE) BETWEEN '{first}' AND '{last}'"
            path = inbox / f"{name}_{direction}" / f"{first:%Y%m%d}-{last:%Y%m%d}.csv"
            write(con, sql, path, is_later="FALSE", wanted=wanted)


def find_span(month: date, *, is_second_half: bool) -> tuple[date, date]:
    if not is_second_half:
        return month, month.replace(day=15)
    return month.replace(day=16), (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def write_second(con: duckdb.DuckDBPyConnection, inbox: Path) -> None:
    """The newest pairs, invoices that were voided, and lines whose total is another now."""
    for direction in Direction:
        wanted = f"(is_late OR is_changed) AND direction = '{direction}'"
        for name, sql in (("tax", INVOICES), ("ledger", ENTRIES)):
            write(con, sql, inbox / f"{name}_{direction}" / "changed.csv", is_later="TRUE", wanted=wanted)


def write(con: duckdb.DuckDBPyConnection, sql: str, path: Path, **parts: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(sql.format(path=path, **parts))


def name_sources() -> list[Source]:
    kinds = (("tax", Side.UPSTREAM, "plain_upstream_csv"), ("ledger", Side.LEDGER, "plain_ledger_csv"))
    return [
        Source(
            id=f"{name}_{direction}",
            side=side,
            folder=f"inbox/{name}_{direction}",
            layout=layout,
            taxpayer_id=OUR_TAX_ID,
            direction=direction,
        )
        for name, side, layout in kinds
        for direction in Direction
    ]


def run_night(root: Path, moment: datetime, deliver: Callable[[Path], None]) -> Measured:
    """The night after files were delivered that were made an hour before it."""
    inbox = root / "inbox"
    known = set(inbox.rglob("*.csv"))
    deliver(inbox)
    made = (moment - timedelta(hours=1)).replace(tzinfo=BEIJING).timestamp()
    for path in set(inbox.rglob("*.csv")) - known:
        os.utime(path, (made, made))
    return measure([str(Path(sys.executable).with_name("fapiao")), "nightly", "--as-of", moment.isoformat()])


def describe(nights: Nights) -> str:
    """A table of both nights with their stages."""
    first, second = nights.first, nights.second
    rows = [
        ("whole night", first.seconds, second.seconds),
        ("CPU", first.cpu_seconds, second.cpu_seconds),
        *((f"stage {name}", took, nights.second_stages[name]) for name, took in nights.first_stages.items()),
    ]
    return "\n".join(
        [
            f"{nights.pairs:,} pairs; the second night {nights.changed:,} new or changed records",
            "",
            "| seconds | first night | second night | share |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {name} | {one:.1f} | {two:.1f} | {two / one if one else 0:.0%} |" for name, one, two in rows),
            f"| peak MB | {first.peak_mb:,.0f} | {second.peak_mb:,.0f} | |",
        ]
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--invoices", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--fault-rate", type=float, default=0.03)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fapiao-nights-") as folder:
        print(describe(measure_nights(Path(folder), chosen.seed, chosen.invoices, chosen.fault_rate)))
        print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
