"""datacompy with polars: the two files compared on the key.

Arguments: upstream, ledger, file for the calls or `-`, and what is compared: `total`, or `all` that both files tell
(sums, code, day and party, as `fapiao reconcile` does), or the `files` as its own examples do: read whole, compared
in the columns that have one name, and reported.
"""

from __future__ import annotations

import sys

import polars as pl  # type: ignore[import-not-found]
from datacompy import PolarsCompare  # type: ignore[import-not-found]

from benchmarks.peer.files import COMPARED, KEY, write_calls

ALL = ("amount_cny", "tax_cny", "total_cny", "invoice_code", "day", "party_id", "party_name")
IS_INPUT = pl.col("direction") == "input"


def read_upstream(path: str) -> pl.LazyFrame:
    return pl.scan_parquet(path).with_columns(
        number=pl.col("invoice_number"),
        day=pl.col("issued_at").dt.date(),
        party_id=pl.when(IS_INPUT).then("seller_tax_id").otherwise("buyer_tax_id"),
        party_name=pl.when(IS_INPUT).then("seller_name").otherwise("buyer_name"),
        upstream_id=pl.col("record_id"),
    )


def read_ledger(path: str) -> pl.LazyFrame:
    return pl.scan_parquet(path).with_columns(
        number=pl.col("invoice_reference"),
        day=pl.col("invoice_date"),
        party_id=pl.col("counterparty_tax_id"),
        party_name=pl.col("counterparty_name"),
        ledger_id=pl.col("record_id"),
    )


def compare_files(upstream: str, ledger: str) -> None:
    left = pl.read_parquet(upstream).rename({"invoice_number": "number"})
    right = pl.read_parquet(ledger).rename({"invoice_reference": "number"})
    report = PolarsCompare(left, right, join_columns=list(KEY)).report()
    print(f"a report of {len(report):,} characters")


def main() -> None:
    upstream, ledger, out, what = sys.argv[1:]
    if what == "files":
        compare_files(upstream, ledger)
        return
    columns = [*KEY, *(ALL if what == "all" else COMPARED)]
    # The ids have other names on each side, so that they are carried and not compared.
    ids = ([], []) if out == "-" else (["upstream_id"], ["ledger_id"])
    left = read_upstream(upstream).select([*columns, *ids[0]]).collect()
    right = read_ledger(ledger).select([*columns, *ids[1]]).collect()
    found = PolarsCompare(left, right, join_columns=list(KEY))
    missing = len(found.df1_unq_rows) + len(found.df2_unq_rows)
    print(f"{len(found.intersect_rows)} joined, {found.count_matching_rows()} equal, {missing} one-sided")
    if out != "-":
        write_calls(out, calls_of(found))


def calls_of(found: PolarsCompare) -> list[tuple[str, str, str]]:
    equal = pl.all_horizontal([f"{name}_match" for name in COMPARED])
    changed = found.intersect_rows.filter(~equal)
    return [
        *(("upstream", record, "missing") for record in found.df1_unq_rows["upstream_id"]),
        *(("ledger", record, "missing") for record in found.df2_unq_rows["ledger_id"]),
        *(("upstream", record, "changed") for record in changed["upstream_id_df1"]),
        *(("ledger", record, "changed") for record in changed["ledger_id_df2"]),
    ]


if __name__ == "__main__":
    main()
