"""recskit: open lines against open invoices. Arguments: invoices, lines, file for the links.

It reconciles the statement of one account: it is called once per direction and party, the lines as the statement, the
invoices as the ledger. It matches invoices by reference and then tells whether the sum agrees, so a link counts if it
says `ok`; a line without any number is given as a payment, which it matches by amount. It takes positive sums only, and
has no dates and no notion that a reference may be mistyped, except that one may be a part of the other.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from recskit import (  # type: ignore[import-not-found]
    LedgerInvoice,
    LedgerPayment,
    StatementItem,
    reconcile_statement,
)

from benchmarks.peer.files import ENTRY, INVOICE, read_side, write_links

Row = dict[str, Any]


def main() -> None:
    invoices, lines, out = sys.argv[1:]
    accounts: dict[tuple[str, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate((read_side(lines, ENTRY), read_side(invoices, INVOICE))):
        for row in rows:
            if row["party"] is not None and money_of(row) > 0:
                accounts[row["direction"], row["party"]][place].append(row)
    links = [link for ledger, upstream in accounts.values() for link in link_account(ledger, upstream)]
    write_links(out, links)
    print(f"{len(links)} links")


def link_account(ledger: list[Row], upstream: list[Row]) -> Iterable[tuple[str, str]]:
    kept = [item_of(row) for row in ledger]
    items = {id(item): row["record_id"] for item, row in zip(kept, ledger, strict=True)}
    ids = {row["number"]: row["record_id"] for row in upstream}
    invoices = [LedgerInvoice(ref=row["number"], amount=money_of(row)) for row in upstream]
    payments = [LedgerPayment(ref=row["number"], amount=money_of(row)) for row in upstream]
    found = reconcile_statement(kept, invoices, payments, statement_balance=0.0)
    for result in [*found.invoice_results, *found.payment_results]:
        if result.status == "ok":
            yield items[id(result.item)], ids[result.ledger_ref]


def item_of(row: Row) -> Any:
    kind = "payment" if row["number"] is None else "invoice"
    return StatementItem(type=kind, ref=row["number"] or "", amount=money_of(row))


def money_of(row: Row) -> float:
    """The total; what a line keeps if it has none."""
    return float(row["total_cny"] if row["total_cny"] is not None else row["amount_cny"])


if __name__ == "__main__":
    main()
