"""What `fapiao explain` tells of an item: its records, and for each the steps that were taken with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Candidate:
    """A record that was compared: an invoice, or a ledger line where `voucher_no` and posting day are given. `agrees`
    and `differs` hold money, party, date and tax as far as both sides keep them. Money in CNY."""

    record_id: str
    item_id: str | None
    number: str | None
    voucher_no: str | None
    day: date
    total_cny: Decimal | None
    party: str | None
    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    why_not: str | None


@dataclass(frozen=True)
class Step:
    """What one rule or window came to. `candidates` best first, at most 5 of `candidate_count`."""

    step: str
    result: str
    why_not: str | None
    zh: str
    en: str
    candidates: tuple[Candidate, ...]
    candidate_count: int


@dataclass(frozen=True)
class RecordStory:
    """A member of the item with its steps in order; `number` is a line's reference as it stands in the ledger."""

    side: str
    record_id: str
    number: str | None
    voucher_no: str | None
    day: date
    total_cny: Decimal | None
    party: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ItemStory:
    """A published item and how it came about. `is_same` is False if judging again gives another result: then the data,
    the settings or the rules are no longer those of that night, and `verdict_now`, `cause_now` say what comes out."""

    item_id: str
    taxpayer_id: str
    direction: str
    verdict: str
    cause: str
    rule: str | None
    basis: str
    needs_review: bool
    why_not: str | None
    due_on: date | None
    explanation_zh: str
    explanation_en: str
    verdict_now: str | None
    cause_now: str | None
    is_same: bool
    records: tuple[RecordStory, ...]
    record_count: int


@dataclass(frozen=True)
class Explanation:
    """`items` best first, at most 5 of `hits`; empty if the text names nothing of the published night."""

    text: str
    items: tuple[ItemStory, ...]
    hits: int
    as_of: datetime
