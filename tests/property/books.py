"""Random small worlds: books of a few taxpayers with sequential numbers, recurring amounts and faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from tests.property.drafts import ISSUE_DAYS, Draft, Habits, Row, Series
from tests.spec.tables import AS_OF

SPAN = [date(2026, 6, 1) + timedelta(days) for days in range(177)]
"""Days that the tax system was asked for."""

MOMENTS = [
    datetime(2026, 11, 24, 2),
    datetime(2026, 11, 24),
    datetime(2026, 11, 25, 23, 59),
    datetime(2026, 12, 1, 10),
]
"""When a night judges: at the edges of the windows, and days after the last day that was asked for."""

SERIES = [
    (Series("26112000000123456788"),),
    (Series("12345677", "1100212130"),),
    (Series("00012345", "011002100111"),),
    (Series("26112000000123456788"), Series("26312000000023456788")),
    (Series("12345677", "1100212130"), Series("12345677", "3100212130")),
    (Series("12345677", "1100212130"), Series("26112000000112345677")),
]
"""Fully digital; codes of 10 and of 12 digits; then pairs whose last 8 digits meet."""

PARTIES_KEPT = [("id", "name"), ("id", "name"), ("id", "name"), ("name",), ("id",), ()]
MONEY_KEPT = [("total",), ("amount",), ("amount", "tax"), ("total", "amount", "tax"), ("total", "tax")]
HABITS = st.builds(Habits, st.sampled_from(PARTIES_KEPT), st.booleans(), st.sampled_from(MONEY_KEPT))

SHOWN = (
    *("record_id", "direction", "invoice_code", "invoice_number", "invoice_reference", "total_cny", "amount_cny"),
    *("tax_cny", "issued_at", "invoice_date", "posted_on", "seller_name", "counterparty_tax_id", "counterparty_name"),
    *("status", "original_invoice_number", "remark"),
)

Chapter = Callable[[Draft], object]


@dataclass(frozen=True)
class Book:
    """What one taxpayer has in one direction. Printed as a small table, for whoever reads a failed example."""

    taxpayer: str
    upstream: Sequence[Row]
    ledger: Sequence[Row]
    coverage: Sequence[Row]

    def __repr__(self) -> str:
        gaps = [row["issue_date"].isoformat() for row in self.coverage if not row["is_complete"]]
        rows = [" ".join(str(row[name]) for name in SHOWN if row.get(name)) for row in (*self.upstream, *self.ledger)]
        return "\n  ".join([f"Book {self.taxpayer}, not received: {gaps}", *rows])


@st.composite
def books(draw: st.DrawFn, /, taxpayer: str, chapters: Sequence[Chapter], most: int = 5) -> Book:
    """A book of some of the chapters, in any order, with at most one day that was not received."""
    series = [replace(one) for one in draw(st.sampled_from(SERIES))]
    direction = draw(st.sampled_from(["input", "output"]))
    draft = Draft(lambda choices: draw(st.sampled_from(choices)), taxpayer, direction, series, draw(HABITS))
    for chapter in draw(st.lists(st.sampled_from(chapters), min_size=1, max_size=most)):
        chapter(draft)
    return bound(draft, draw(st.lists(st.sampled_from(ISSUE_DAYS), max_size=1)))


def bound(draft: Draft, gap: Sequence[date] = ()) -> Book:
    """The draft with its coverage: every day of the span was received but the gap."""
    whose = {"taxpayer_id": draft.taxpayer, "direction": draft.direction, "fetched_at": AS_OF}
    coverage = [whose | {"issue_date": day, "is_complete": day not in gap} for day in SPAN]
    return Book(draft.taxpayer, draft.upstream, draft.ledger, coverage)


@st.composite
def worlds(draw: st.DrawFn, /, chapters: Sequence[Chapter], most_taxpayers: int = 5, most: int = 5) -> list[Book]:
    """The books of some taxpayers, who share numbers, parties and amounts."""
    count = draw(st.integers(1, most_taxpayers))
    return [draw(books(f"T{place}", chapters, most)) for place in range(count)]


def crowd(seed: int, chapters: Sequence[Chapter], count: int) -> list[Book]:
    """So many books at once: a wide search in one run of the engine, but nothing that hypothesis could shrink."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    return [random_book(chance, f"T{place}", chapters) for place in range(count)]


def random_book(chance: random.Random, taxpayer: str, chapters: Sequence[Chapter]) -> Book:
    habits = Habits(chance.choice(PARTIES_KEPT), chance.random() < 0.6, chance.choice(MONEY_KEPT))
    series = [replace(one) for one in chance.choice(SERIES)]
    draft = Draft(chance.choice, taxpayer, chance.choice(["input", "output"]), series, habits)
    for chapter in chance.choices(chapters, k=chance.randint(1, 6)):
        chapter(draft)
    return bound(draft, chance.sample(ISSUE_DAYS, chance.randint(0, 1)))


def crowds(chapters: Sequence[Chapter], count: int = 60) -> st.SearchStrategy[list[Book]]:
    return st.integers(0, 2**32).map(lambda seed: crowd(seed, chapters, count))


def keeping_what_they_like(world: Sequence[Book], chance: random.Random) -> Sequence[Book]:
    """The same books, but each line keeps what money it likes; at least its total or its amount without tax."""
    for book in world:
        for line in book.ledger:
            there = {name for name, value in line.items() if value is not None}
            kept = there & {f"{name}_cny" for name in chance.choice(MONEY_KEPT)}
            if kept & {"total_cny", "amount_cny"}:
                line.update({name: None for name in ("total_cny", "amount_cny", "tax_cny") if name not in kept})
    return world


def rows_of(world: Sequence[Book]) -> tuple[list[Row], list[Row], list[Row]]:
    """Upstream, ledger and coverage of all books together."""
    parts: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
    for book in world:
        for rows, added in zip(parts, (book.upstream, book.ledger, book.coverage), strict=True):
            rows.extend(added)
    return parts
