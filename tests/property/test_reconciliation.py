"""What holds for every result of the join, whatever the books."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import CAUSES, Basis
from tests.oracle.windows import BOOKING, GRACE, was_received
from tests.property.books import MOMENTS, Book, books, crowds, keeping_what_they_like, rows_of, worlds
from tests.property.chapters import FAULTLESS, LONE, unbooked
from tests.property.drafts import Row
from tests.property.engine import Engine
from tests.property.open_chapters import ANYTHING
from tests.property.profiles import examples

A_MOMENT = st.sampled_from(MOMENTS)
EVEN_WORLD = worlds(ANYTHING) | crowds(ANYTHING)
UNEVEN_WORLD = st.builds(keeping_what_they_like, EVEN_WORLD, st.integers(0, 99).map(random.Random))
"""Books whose lines keep different money, as those do that several people or programs have written."""
ANY_WORLD = EVEN_WORLD | UNEVEN_WORLD
ONE_SIDED = worlds([*LONE, unbooked]) | crowds([*LONE, unbooked])
NO_FAULT = worlds(FAULTLESS) | crowds(FAULTLESS)
TOLERANCE, CENT = Decimal("0.06"), Decimal("0.01")
ONE_INVOICE_ONE_LINE = {"within_tolerance", "number_mistyped", "digits_lost"}
ONE_RECORD = {cause for cause, verdict in CAUSES.items() if verdict not in {"matched", "mismatched"}}


def totals_of(rows: Sequence[Row]) -> Decimal | None:
    """Their sum; None where there are none or one does not keep it."""
    totals: list[Decimal] = [row["total_cny"] for row in rows if row["total_cny"] is not None]
    return sum(totals, Decimal(0)) if totals and len(totals) == len(rows) else None


def worth(line: Row, invoices: Sequence[Row]) -> Decimal:
    """What a line comes to with tax: as written, or at the rate of its item's invoices."""
    total, amount, tax = (line.get(f"{name}_cny") for name in ("total", "amount", "tax"))
    if total is None and tax is not None:
        return Decimal(amount + tax)
    rate = sum(row["total_cny"] for row in invoices) / sum(row["amount_cny"] for row in invoices)
    return Decimal(amount * rate if total is None else total)


def members_of(item: Row, side: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if (side, row["record_id"]) in item["members"]]


@examples(5)
@given(ANY_WORLD)
def test_every_record_stands_in_exactly_one_item(engine: Engine, world: list[Book]) -> None:
    upstream, ledger, coverage = rows_of(world)
    owners = {("upstream", row["record_id"]): (row["taxpayer_id"], row["direction"]) for row in upstream}
    owners |= {("ledger", row["record_id"]): (row["taxpayer_id"], row["direction"]) for row in ledger}
    items = engine.reconcile(upstream, ledger, coverage)
    assert Counter(member for item in items for member in item["members"]) == Counter(owners.keys())
    for item in items:
        assert {owners[member] for member in item["members"]} == {(item["taxpayer_id"], item["direction"])}


@examples(5)
@given(ANY_WORLD)
def test_sums_of_both_sides_are_conserved_item_by_item(engine: Engine, world: list[Book]) -> None:
    upstream, ledger, coverage = rows_of(world)
    for item in engine.reconcile(upstream, ledger, coverage):
        here, there = totals_of(members_of(item, "upstream", upstream)), totals_of(members_of(item, "ledger", ledger))
        assert item["upstream_total_cny"] == here
        if there is not None:
            assert item["ledger_total_cny"] == there
        if here is not None and there is not None:
            assert item["difference_cny"] == there - here


@examples(6)
@given(ANY_WORLD)
def test_a_match_of_both_sides_differs_by_no_more_than_the_tolerance(engine: Engine, world: list[Book]) -> None:
    upstream, ledger, coverage = rows_of(world)
    for item in engine.reconcile(upstream, ledger, coverage):
        invoices, lines = members_of(item, "upstream", upstream), members_of(item, "ledger", ledger)
        if item["verdict"] != "matched" or not invoices or not lines:
            continue
        # A reversed invoice may stand without its red one beside lines that cancel: they come to nothing.
        if item["cause"] == "red_letter_netted" and abs(item["difference_cny"]) > TOLERANCE:
            assert abs(item["ledger_total_cny"]) <= TOLERANCE, item
        else:
            assert abs(item["difference_cny"]) <= TOLERANCE, item
            if sum(row["amount_cny"] for row in invoices):
                gap = sum(worth(line, invoices) for line in lines) - sum(row["total_cny"] for row in invoices)
                # A line without tax may be a cent off, at the rate that the whole invoice has.
                assert abs(gap) <= TOLERANCE + CENT * len(lines), (item, invoices, lines)


@examples(5)
@given(ANY_WORLD, A_MOMENT)
def test_every_item_is_of_the_closed_list_and_says_a_whole_sentence(
    engine: Engine, world: list[Book], as_of: datetime
) -> None:
    for item in engine.reconcile(*rows_of(world), as_of):
        assert CAUSES[item["cause"]] == item["verdict"]
        assert item["needs_review"] or item["basis"] != Basis.LIKELY
        assert (item["due_on"] is not None) == (item["verdict"] == "pending")
        for sentence in (item["explanation_zh"], item["explanation_en"]):
            assert len(sentence) > 10
            assert not set("{}") & set(sentence), sentence
            assert not re.search("None|NULL|nan", sentence), sentence


@examples(5)
@given(ANY_WORLD)
def test_an_item_holds_as_many_records_as_its_cause_says(engine: Engine, world: list[Book]) -> None:
    for item in engine.reconcile(*rows_of(world)):
        sides = Counter(side for side, _ in item["members"])
        if item["cause"] in ONE_RECORD:
            assert sides.total() == 1, item
        if item["cause"] in ONE_INVOICE_ONE_LINE:
            assert sides == {"upstream": 1, "ledger": 1}, item
        if item["cause"] == "number_absent":
            assert (sides["upstream"] > 0, sides["ledger"]) == (True, 1), item
        if item["cause"] == "split_entries":
            assert (sides["upstream"], sides["ledger"] > 1) == (1, True), item
        if item["cause"] == "combined_entry":
            assert (sides["upstream"] > 1, sides["ledger"] > 0) == (True, True), item


@examples(4)
@given(ANY_WORLD, st.integers(0, 99).map(random.Random))
def test_the_order_of_the_rows_changes_nothing(engine: Engine, world: list[Book], order: random.Random) -> None:
    rows = rows_of(world)
    expected = engine.reconcile(*rows)
    for part in rows:
        order.shuffle(part)
    assert engine.reconcile(*rows) == expected


@examples(4)
@given(ANY_WORLD)
def test_other_record_ids_in_the_same_order_give_the_same_items(engine: Engine, world: list[Book]) -> None:
    upstream, ledger, coverage = rows_of(world)
    expected = [under_plain_names(item, "") for item in engine.reconcile(upstream, ledger, coverage)]
    for row in [*upstream, *ledger]:
        row["record_id"] = f"x{row['record_id']}"
    assert [under_plain_names(item, "x") for item in engine.reconcile(upstream, ledger, coverage)] == expected


def under_plain_names(item: Row, prefix: str) -> Row:
    """The item with the prefix taken from every record id."""
    return item | {
        "item_id": item["item_id"].replace(f":{prefix}", ":", 1),
        "candidates": item["candidates"] and [name.removeprefix(prefix) for name in item["candidates"]],
        "members": {(side, name.removeprefix(prefix)) for side, name in item["members"]},
    }


@examples(3)
@given(ANY_WORLD, A_MOMENT)
def test_a_second_run_gives_the_same_rows(engine: Engine, world: list[Book], as_of: datetime) -> None:
    rows = rows_of(world)
    assert engine.reconcile(*rows, as_of) == engine.reconcile(*rows, as_of)


@examples(6)
@given(ONE_SIDED, A_MOMENT)
def test_missing_upstream_needs_a_received_day_and_the_grace_to_be_over(
    engine: Engine, world: list[Book], as_of: datetime
) -> None:
    lines = {line["record_id"]: (line, book) for book in world for line in book.ledger}
    for item in engine.reconcile(*rows_of(world), as_of):
        if item["verdict"] == "missing_upstream":
            for _, record_id in item["members"]:
                line, book = lines[record_id]
                assert was_received(line, book.coverage)
                assert datetime.combine(line["posted_on"], time()) + GRACE <= as_of


@examples(5)
@given(ONE_SIDED, A_MOMENT)
def test_missing_ledger_is_never_said_inside_the_booking_window(
    engine: Engine, world: list[Book], as_of: datetime
) -> None:
    issued = {row["record_id"]: row["issued_at"].date() for book in world for row in book.upstream}
    for item in engine.reconcile(*rows_of(world), as_of):
        days = [issued[record_id] for side, record_id in item["members"] if side == "upstream"]
        if item["verdict"] == "missing_ledger":
            assert all(datetime.combine(day, time()) + BOOKING <= as_of for day in days)
        if item["cause"] == "booking_lag":
            assert [item["due_on"] - timedelta(days=60)] == days


@examples(5)
@given(NO_FAULT)
def test_books_without_a_fault_give_only_exact_matches_and_unbooked_invoices(engine: Engine, world: list[Book]) -> None:
    upstream, ledger, coverage = rows_of(world)
    items = engine.reconcile(upstream, ledger, coverage)
    causes = Counter(item["cause"] for item in items)
    assert causes["exact"] == len(ledger)
    assert causes.keys() <= {"exact", "booking_lag", "not_booked"}


@examples(4)
@given(books("T0", ANYTHING), books("T1", ANYTHING), st.booleans())
def test_records_of_another_taxpayer_or_direction_change_nothing(
    engine: Engine, ours: Book, others: Book, is_other_direction: bool
) -> None:
    upstream, ledger, coverage = rows_of([others])
    if is_other_direction:
        direction = "output" if ours.coverage[0]["direction"] == "input" else "input"
        for row in [*upstream, *ledger, *coverage]:
            row.update(taxpayer_id="T0", direction=direction)
    alone = engine.reconcile(*rows_of([ours]))
    together = engine.reconcile([*ours.upstream, *upstream], [*ours.ledger, *ledger], [*ours.coverage, *coverage])
    whose = ("T0", ours.coverage[0]["direction"])
    assert [item for item in together if (item["taxpayer_id"], item["direction"]) == whose] == alone
