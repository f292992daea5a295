"""One invoice beside its ledger lines: which fields differ and what that is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

TOLERANCE = Decimal("0.06")
MONEY_FIELDS = ("total_cny", "amount_cny", "tax_cny")
CAUSE_OF_FIELD = (
    ({"status"}, "dead_invoice_booked"),
    ({"total_cny", "amount_cny"}, "amount_differs"),
    ({"tax_cny"}, "tax_differs"),
    ({"counterparty_tax_id", "counterparty_name"}, "party_differs"),
    ({"invoice_date"}, "date_differs"),
)
"""In the order in which a disagreement gives the cause its name."""


def issued_on(invoice: Row) -> date:
    day: date = invoice["issued_at"].date()
    return day


def party_of(invoice: Row) -> tuple[str | None, str | None]:
    """Tax id and name of the other side."""
    side = "seller" if invoice["direction"] == "input" else "buyer"
    return invoice.get(f"{side}_tax_id"), invoice.get(f"{side}_name")


def plain_name(name: str | None) -> str | None:
    return None if name is None else re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).upper()


def differ(left: object, right: object) -> bool:
    """NULL differs from nothing."""
    return left is not None and right is not None and left != right


def party_differs(invoice: Row, line: Row) -> list[str]:
    tax_id, name = party_of(invoice)
    if differ(plain_name(tax_id), plain_name(line.get("counterparty_tax_id"))):
        return ["counterparty_tax_id"]
    both_have_ids = tax_id is not None and line.get("counterparty_tax_id") is not None
    other_name = differ(plain_name(name), plain_name(line.get("counterparty_name")))
    return ["counterparty_name"] if other_name and not both_have_ids else []


def party_agrees(invoice: Row, line: Row) -> bool:
    """Both sides name the party, and it is the same."""
    tax_id, name = party_of(invoice)
    shared = [tax_id and line.get("counterparty_tax_id"), name and line.get("counterparty_name")]
    return any(shared) and not party_differs(invoice, line)


def gaps(invoice: Row, lines: Sequence[Row]) -> dict[str, Decimal]:
    """Ledger minus upstream for each kind of money that every line keeps."""
    return {
        name: sum((line[name] for line in lines), Decimal(0)) - invoice[name]
        for name in MONEY_FIELDS
        if all(line.get(name) is not None for line in lines)
    }


def money_agrees(invoice: Row, *lines: Row) -> bool:
    """To the tolerance, in all that is kept but the tax."""
    return all(abs(gap) <= TOLERANCE for name, gap in gaps(invoice, lines).items() if name != "tax_cny")


def money_equal(invoice: Row, *lines: Row) -> bool:
    return all(gap == 0 for gap in gaps(invoice, lines).values())


def money_gap(invoice: Row, line: Row) -> Decimal:
    """Of the total, or of the amount where the line has no total; ledger minus upstream."""
    total, amount, tax = (line.get(name) for name in MONEY_FIELDS)
    if total is None and amount is not None and tax is not None:
        total = amount + tax
    gap: Decimal = amount - invoice["amount_cny"] if total is None else total - invoice["total_cny"]
    return gap


def differing_fields(invoice: Row, line: Row) -> set[str]:
    fields = {name for name, gap in gaps(invoice, [line]).items() if abs(gap) > TOLERANCE}
    fields |= set(party_differs(invoice, line))
    if differ(issued_on(invoice), line.get("invoice_date")):
        fields.add("invoice_date")
    if invoice["status"] in {"void", "red_full"}:
        fields.add("status")
    return fields


def cause_of_pair(invoice: Row, line: Row) -> str:
    """What to call an invoice and the one line that books it under its number."""
    found = differing_fields(invoice, line)
    named = [cause for fields, cause in CAUSE_OF_FIELD if fields & found]
    agreed = "exact" if money_equal(invoice, line) else "within_tolerance"
    return named[0] if named else agreed
