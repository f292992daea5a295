"""The engine says of every record what a slow, obvious reconciliation of the contract says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import CAUSES
from tests.oracle.citing import LeftOpenError
from tests.oracle.reconciling import Desk
from tests.property.books import MOMENTS, Book, Chapter, crowd, rows_of, worlds
from tests.property.chapters import DECIDED, GROUPS, LONE, MONEY, PLAIN, RED, REPAIRS
from tests.property.drafts import Row
from tests.property.engine import Engine
from tests.property.profiles import examples, is_long
from tests.spec.tables import AS_OF

Outcome = set[tuple[frozenset[str], str, str]]
"""Members, verdict and cause of every item."""


def judged_by_hand(book: Book, as_of: datetime) -> Outcome | None:
    """What the oracle finds; None where the contract leaves the book open."""
    try:
        findings = Desk(book.upstream, book.ledger, book.coverage, as_of).reconcile()
    except LeftOpenError:
        return None
    return in_one_netting({(found.members, CAUSES[found.cause], found.cause) for found in findings})


def in_one_netting(outcome: Outcome) -> Outcome:
    """A reversed pair may stand in one item or in one per link: put together, it is the same."""
    netted = {found for found in outcome if found[2] == "red_letter_netted"}
    together = frozenset[str]().union(*(members for members, _, _ in netted))
    return (outcome - netted) | ({(together, "matched", "red_letter_netted")} if netted else set())


def judged_by_engine(items: Sequence[Row], book: Book) -> Outcome:
    return in_one_netting(
        {
            (frozenset(record_id for _, record_id in item["members"]), item["verdict"], item["cause"])
            for item in items
            if item["taxpayer_id"] == book.taxpayer
        }
    )


def assert_equal_to_oracle(engine: Engine, world: Sequence[Book], as_of: datetime = AS_OF) -> Counter[str]:
    """Compares every book that the contract decides; returns how often each cause was seen, and `open` books."""
    items = engine.reconcile(*rows_of(world), as_of)
    seen: Counter[str] = Counter()
    for book in world:
        expected = judged_by_hand(book, as_of)
        if expected is None:
            seen["open"] += 1
            continue
        assert judged_by_engine(items, book) == expected, (book.upstream, book.ledger)
        seen.update(cause for _, _, cause in expected)
    return seen


@pytest.mark.parametrize(
    "chapters",
    [PLAIN, MONEY, REPAIRS, GROUPS, RED, LONE],
    ids=["plain", "money", "repairs", "groups", "red", "lone"],
)
def test_each_kind_of_fault_alone_equals_the_oracle(engine: Engine, chapters: Sequence[Chapter]) -> None:
    @examples(2)
    @given(worlds(chapters, 8, most=2))
    def check(world: list[Book]) -> None:
        assert_equal_to_oracle(engine, world)

    check()


@examples(10)
@given(worlds(DECIDED), st.sampled_from(MOMENTS))
def test_faults_that_meet_in_one_book_equal_the_oracle(engine: Engine, world: list[Book], as_of: datetime) -> None:
    assert_equal_to_oracle(engine, world, as_of)


@pytest.mark.parametrize("seed", range(60 if is_long() else 3))
def test_a_crowd_of_random_books_equals_the_oracle_and_shows_every_cause(engine: Engine, seed: int) -> None:
    as_of = MOMENTS[seed % len(MOMENTS)]
    seen = assert_equal_to_oracle(engine, crowd(seed, DECIDED, 800), as_of)
    assert seen["open"] < 800 / 4
    # At the last of the moments the grace of every record is over.
    assert set(CAUSES) - set(seen) == ({"sync_delay"} if as_of == MOMENTS[-1] else set())
