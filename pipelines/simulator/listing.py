"""What the tax system shows at a moment: rows with pinyin field names, by day of issue or of operation."""

from __future__ import annotations

from collections.abc import Iterable
from csv import DictReader
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

from pipelines.simulator.books import SimulatedInvoice
from pipelines.simulator.exchange import RefusalError

Row = dict[str, str | None]
By = Literal["issued", "operated"]
DIGITAL_LENGTH = 20
STATUS_CODES = {"normal": "01", "void": "02", "red_full": "03", "red_partial": "04"}
DIRECTIONS = {"input": "进项", "output": "销项"}
ISSUER = "王示例"


@dataclass(frozen=True)
class Question:
    """Days are both included. Empty `taxpayers` are all; an empty direction is both."""

    by: By
    first: date
    last: date
    taxpayers: frozenset[str] = frozenset()
    direction: str = ""


def find_invoices(
    invoices: Iterable[SimulatedInvoice], question: Question, now: datetime, sync: timedelta
) -> list[SimulatedInvoice]:
    """What fits the question and is seen at `now`, in order of issue and number."""
    seen = [one for one in invoices if one.issued_at + sync <= now and _fits(one, question, now - sync)]
    return sorted(seen, key=lambda one: (one.issued_at, one.number))


def _fits(invoice: SimulatedInvoice, question: Question, until: datetime) -> bool:
    moment = invoice.issued_at if question.by == "issued" else last_operation(invoice, until)
    return (
        question.first <= moment.date() <= question.last
        and (not question.taxpayers or invoice.taxpayer_id in question.taxpayers)
        and question.direction in {"", invoice.direction}
    )


def last_operation(invoice: SimulatedInvoice, until: datetime) -> datetime:
    """When the invoice was issued, or changed if that is seen by then."""
    return invoice.changed_at if invoice.changed_at and invoice.changed_at <= until else invoice.issued_at


def write_row(invoice: SimulatedInvoice, until: datetime) -> Row:
    """The record as listed: text throughout, `fpzt` as it is known at `until`."""
    is_digital = len(invoice.number) == DIGITAL_LENGTH
    return {
        "fpdm": invoice.code or None,
        "fphm": None if is_digital else invoice.number,
        "sdfphm": invoice.number if is_digital else None,
        "fplx": kind_codes().get(invoice.kind, invoice.kind),
        "jxxbz": DIRECTIONS[invoice.direction],
        "kprq": str(invoice.issued_at),
        "xfsbh": invoice.seller_tax_id,
        "xfmc": invoice.seller_name,
        "gfsbh": invoice.buyer_tax_id,
        "gfmc": invoice.buyer_name,
        "je": str(invoice.amount),
        "se": str(invoice.tax),
        "jshj": str(invoice.total),
        "kpr": ISSUER,
        "fpzt": STATUS_CODES[invoice.status_at(until)],
        "czrq": str(last_operation(invoice, until)),
        "bz": invoice.remark or None,
    }


@cache
def kind_codes() -> dict[str, str]:
    """The code of every kind of invoice by its name."""
    text = resources.files("pipelines").joinpath("reference", "kinds.csv").read_text(encoding="utf-8-sig")
    return {line["kind"]: line["code"] for line in DictReader(text.splitlines())}


def sum_money(invoices: Iterable[SimulatedInvoice]) -> dict[str, Decimal]:
    """Amount, tax and total under their pinyin names."""
    listed = list(invoices)
    zero = Decimal("0.00")
    amount, tax = sum((one.amount for one in listed), zero), sum((one.tax for one in listed), zero)
    return {"je": amount, "se": tax, "jshj": amount + tax}


def read_day(text: str, name: str) -> date:
    """Raises RefusalError 400 unless it is a day such as 2026-10-01 or 20261001."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusalError(400, "400", f"{name}: {text!r}; 2026-10-01") from None
