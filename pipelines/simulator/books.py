"""The simulator's books: invented invoices, the ledger that matches them, and what changes about them later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.generator import OUR_TAX_ID, generate_books
from pipelines.demo.writers import write_plain_ledger_csv, write_tax_full_query
from pipelines.errors import BadInputError

Status = Literal["normal", "void", "red_full", "red_partial"]
CENT = Decimal("0.01")
RED_SHARE = {"red_full": Decimal(1), "red_partial": Decimal("0.4")}


@dataclass(frozen=True)
class SimulatedInvoice:
    """One invoice as it was issued. From `changed_at` on its status is `changed_to`; money in CNY, negative if red."""

    taxpayer_id: str
    direction: str
    code: str
    number: str
    kind: str
    issued_at: datetime
    seller_tax_id: str
    seller_name: str
    buyer_tax_id: str
    buyer_name: str
    amount: Decimal
    tax: Decimal
    remark: str = ""
    changed_at: datetime | None = None
    changed_to: Status = "normal"

    @property
    def total(self) -> Decimal:
        return self.amount + self.tax

    def status_at(self, moment: datetime) -> Status:
        return self.changed_to if self.changed_at and self.changed_at <= moment else "normal"


@dataclass(frozen=True)
class SimulatedBooks:
    """Invoices in order of issue, red ones included; `entry` has the shape of core_ledger__entry."""

    invoices: tuple[SimulatedInvoice, ...]
    entry: pa.Table
    upstream: pa.Table

    @property
    def taxpayers(self) -> frozenset[str]:
        return frozenset(invoice.taxpayer_id for invoice in self.invoices)


def make_books(
    seed: int = 1, invoices: int = 60, first_day: date = date(2026, 9, 1), months: int = 3
) -> SimulatedBooks:
    """A small company whose ledger agrees with the tax system to the cent; the same arguments give the same books."""
    drawn = generate_books(seed, invoices, start=first_day, months=months, fault_rate=0)
    return SimulatedBooks(read_invoices(drawn.invoice), drawn.entry, drawn.invoice)


def read_invoices(invoice: pa.Table) -> tuple[SimulatedInvoice, ...]:
    """The rows of a table in the shape of core_upstream__invoice, in order of issue."""
    rows = (_read_row(row) for row in invoice.to_pylist())
    return tuple(sorted(rows, key=lambda one: (one.issued_at, one.number)))


def _read_row(row: dict[str, object]) -> SimulatedInvoice:
    same = {name: row[name] or "" for name in ("seller_tax_id", "seller_name", "buyer_tax_id", "buyer_name", "kind")}
    renamed = {
        "code": row["invoice_code"] or "",
        "number": row["invoice_number"],
        "amount": row["amount_cny"],
        "tax": row["tax_cny"],
        "remark": row["remark"] or "",
    }
    kept = {name: row[name] for name in ("taxpayer_id", "direction", "issued_at")}
    return SimulatedInvoice(**same, **renamed, **kept)  # type: ignore[arg-type]


def change_status(books: SimulatedBooks, place: int, at: datetime, to: Status) -> SimulatedBooks:
    """The same books with the invoice at that place (0 is the first issued) changed at a moment; a reversal issues its
    red invoice then, in full or for 40 %. Raises BadInputError if there is no such invoice."""
    if not 0 <= place < len(books.invoices):
        raise BadInputError(
            "场景要改的发票不存在 | The scenario changes an invoice that is not there.",
            where="[[flips]] place",
            found=str(place),
            expected=f"0 .. {len(books.invoices) - 1}",
        )
    changed = list(books.invoices)
    changed[place] = replace(changed[place], changed_at=at, changed_to=to)
    if to in RED_SHARE:
        changed.append(_issue_red(changed[place], at, RED_SHARE[to]))
    return replace(books, invoices=tuple(changed))


def _issue_red(blue: SimulatedInvoice, at: datetime, share: Decimal) -> SimulatedInvoice:
    amount, tax = ((-money * share).quantize(CENT, ROUND_HALF_UP) for money in (blue.amount, blue.tax))
    remark = f"被红冲蓝字数电票号码：{blue.number} 红字发票信息确认单编号：{blue.number}"
    number = blue.number[:-6] + f"{(int(blue.number[-6:]) + 500_000) % 1_000_000:06}"
    red = replace(blue, number=number, issued_at=at, amount=amount, tax=tax, remark=remark)
    return replace(red, changed_at=None, changed_to="normal")


def write_books(books: SimulatedBooks, folder: Path, now: datetime) -> Iterator[Path]:
    """A trial ledger (layout plain_ledger_csv) of what has been posted by `now`, and the tax system's export of the
    invoices as they were issued by then, to compare by hand or to put into a folder as a fallback."""
    posted = books.entry.filter(pc.field("posted_on") <= now.date())
    issued = books.upstream.filter(pc.field("issued_at") <= now)
    yield write_plain_ledger_csv(folder / "ledger" / "trial_ledger.csv", posted)
    yield write_tax_full_query(folder / "tax" / "trial_tax_export.xlsx", issued)


def first_day_for(now: datetime) -> date:
    """The first of the month about two months before: three months of books then hold today."""
    return (now.date().replace(day=1) - timedelta(days=32)).replace(day=1)


__all__ = [
    "OUR_TAX_ID",
    "SimulatedBooks",
    "SimulatedInvoice",
    "Status",
    "change_status",
    "first_day_for",
    "make_books",
    "read_invoices",
    "write_books",
]
