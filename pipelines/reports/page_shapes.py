"""What the page of a night shows besides the summary. Money in CNY, DECIMAL(18,2); field order is column order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipelines.reports.cards import Card


@dataclass(frozen=True)
class TrendRow:
    """A night on record. `at_stake_cny` is None for a night of which no figures were kept."""

    night_id: str
    as_of: datetime
    new_count: int
    gone_count: int
    open_count: int
    at_stake_cny: Decimal | None = None


@dataclass(frozen=True)
class CompanyRow:
    """One of our own entities in one direction."""

    taxpayer_id: str
    direction: str
    item_count: int
    matched_count: int
    pending_count: int
    finding_count: int
    at_stake_cny: Decimal
    new_count: int
    overdue_count: int


@dataclass(frozen=True)
class PartyRow:
    """The other party of findings. `place` past the rows shown marks the row of all the rest (`party_count` of them);
    `party` is None there, and for findings that name nobody."""

    party: str | None
    party_tax_id: str | None
    party_count: int
    finding_count: int
    at_stake_cny: Decimal
    new_count: int
    overdue_count: int
    oldest_days: int | None
    place: int


@dataclass(frozen=True)
class MonthRow:
    """`states` has one letter per day of the month: see report_calendar.sql."""

    taxpayer_id: str
    direction: str
    month: date
    states: str


@dataclass(frozen=True)
class BackupRow:
    """The snapshot of the night as far as a quick look goes (presence and sizes). `problem` is None where all is well
    and `absent` where the snapshot is not in this store; else it says what is damaged."""

    snapshot_id: str | None
    snapshot_count: int
    problem: str | None


@dataclass(frozen=True)
class PageFacts:
    trend: tuple[TrendRow, ...]
    companies: tuple[CompanyRow, ...]
    parties: tuple[PartyRow, ...]
    months: tuple[MonthRow, ...]
    backup: BackupRow
    cards: tuple[Card, ...]
