"""What is told of an invoice that was found, and of one that was not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class InvoiceFact:
    """What the tax system says. Money in CNY."""

    record_id: str
    invoice_code: str | None
    invoice_number: str
    kind: str | None
    issued_at: datetime
    seller_name: str | None
    buyer_name: str | None
    amount_cny: Decimal
    tax_cny: Decimal
    total_cny: Decimal
    status: str
    is_red: bool
    observed_at: datetime
    source_id: str | None
    source_file: str | None
    source_row: int | None


@dataclass(frozen=True)
class EntryFact:
    """What the books say. Money in CNY; None where the ledger does not keep it."""

    record_id: str
    posted_on: date
    voucher_no: str | None
    invoice_reference: str | None
    invoice_code: str | None
    invoice_date: date | None
    counterparty_name: str | None
    amount_cny: Decimal | None
    tax_cny: Decimal | None
    total_cny: Decimal | None
    summary: str | None
    observed_at: datetime
    source_id: str | None
    source_file: str | None
    source_row: int | None


@dataclass(frozen=True)
class HistoryEvent:
    """A step in the life of an item, Beijing time.

    `event` is `seen` or `booked` (the first file that shows an invoice or a ledger line; `value_after` is its status
    or posting date), `changed` (another value of `field` in a later file), `found` or `gone` (the night that first
    showed a finding or no longer did; the value is its cause). Moments of files are those at which they were made.
    """

    happened_at: datetime
    event: str
    side: str | None
    record_id: str | None
    field: str | None
    value_before: str | None
    value_after: str | None
    source_file: str | None
    source_row: int | None


@dataclass(frozen=True)
class FoundItem:
    """One item with both sides and its history, oldest first. `open_since_night` is None for what is no finding."""

    item_id: str
    taxpayer_id: str
    direction: str
    verdict: str
    cause: str
    basis: str
    needs_review: bool
    difference_cny: Decimal | None
    due_on: date | None
    open_since_night: str | None
    explanation_zh: str
    explanation_en: str
    upstream: tuple[InvoiceFact, ...]
    ledger: tuple[EntryFact, ...]
    history: tuple[HistoryEvent, ...]


@dataclass(frozen=True)
class WitnessFact:
    """What e-invoice files say. Money in CNY; `item_id` is None where neither side has the invoice."""

    item_id: str | None
    invoice_number: str | None
    issued_at: datetime | None
    total_cny: Decimal | None
    source_files: str
    explanation_zh: str
    explanation_en: str


@dataclass(frozen=True)
class CoveredSpan:
    """First and last day of issue that were fully received, and the days between that were not."""

    taxpayer_id: str
    direction: str
    covered_from: date
    covered_to: date
    gap_days: tuple[date, ...]


@dataclass(frozen=True)
class Region:
    """The tax bureau that a number belongs to by its digits."""

    region_code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class FindResult:
    """`items` best first, no more of the `hits` than were asked for; `witnesses`: e-invoice files of these items or of
    the number. `covered` (empty: nothing was ever fully received) and `region` (None: the digits do not tell) say where
    else to look when nothing was found, `grace_hours` how long an invoice may come after its issue or posting."""

    number: str
    items: tuple[FoundItem, ...]
    hits: int
    witnesses: tuple[WitnessFact, ...]
    covered: tuple[CoveredSpan, ...]
    region: Region | None
    grace_hours: int
    as_of: datetime
