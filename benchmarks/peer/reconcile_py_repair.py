"""reconcile-py: open lines against open invoices. Arguments: invoices, lines, file for the links.

Its engine tries every pair, so it is called once per direction and sum, which gives what one call with an exact gate on
the amount gives. Lines that keep only the amount without tax come in a second round. Days: a line without an invoice
date may be posted 60 days after the issue. Number and name are graded alike; a
link needs half of the marks, so that a line without a number can be found by name, and links that it calls ambiguous
are left open, as it advises.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from reconcile import FieldRule, ReconcileConfig, Record, reconcile  # type: ignore[import-not-found]

from benchmarks.peer.files import ENTRY, INVOICE, read_side, write_links

CONFIG = ReconcileConfig(
    rules=(
        FieldRule("amount", "gate", abs_tol=Decimal("0.00")),
        FieldRule("date", "gate", day_tol=60),
        FieldRule("reference", "grade"),
        FieldRule("counterparty", "grade"),
    ),
    threshold=0.5,
    ambiguity_epsilon=0.05,
    max_group_size=1,
)
Row = dict[str, Any]


def main() -> None:
    invoices, lines, out = sys.argv[1:]
    upstream, ledger = read_side(invoices, INVOICE), read_side(lines, ENTRY)
    links = list(link(ledger, upstream, "total_cny"))
    used = {record for pair in links for record in pair}
    rest = [row for row in ledger if row["total_cny"] is None]
    links += link(rest, [row for row in upstream if row["record_id"] not in used], "amount_cny")
    write_links(out, links)
    print(f"{len(links)} links")


def link(ledger: list[Row], upstream: list[Row], money: str) -> Iterable[tuple[str, str]]:
    groups: dict[tuple[str, Decimal], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate((ledger, upstream)):
        for row in rows:
            if row[money] is not None:
                groups[row["direction"], row[money]][place].append(record_of(row, money))
    for left, right in groups.values():
        for match in reconcile(left, right, CONFIG).matches:
            if not match.ambiguous and len(match.left_ids) == len(match.right_ids) == 1:
                yield str(match.left_ids[0]), str(match.right_ids[0])


def record_of(row: Row, money: str) -> Any:
    return Record(row[money], row["day"], row["number"], row["party"], row["record_id"])


if __name__ == "__main__":
    main()
