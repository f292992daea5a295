"""What can happen that the contract leaves open: no oracle judges it, but every result must still be whole."""

from __future__ import annotations

from tests.property.chapters import DECIDED, booked, red_letter
from tests.property.drafts import Draft, money_of, parted, reference_to
from tests.spec.tables import OTHER, SUPPLIER


def list_with_an_unknown_number(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, reference=f"{of['invoice_number']}、26312000000987654321", invoice_code=of["invoice_code"])


def in_lists_that_overlap(draft: Draft) -> None:
    """Three invoices, lines for the first two, the last two and the last one."""
    series = draft.pick(draft.series)
    first, second, third = (draft.issue(series=series) for _ in range(3))
    for names in ([first, second], [second, third], [third]):
        numbers = "、".join(of["invoice_number"] for of in names)
        draft.book(names[0], reference=numbers, invoice_code=series.code)


def reversed_in_the_ledger(draft: Draft) -> None:
    """Booked, taken back with negative money, and perhaps booked again."""
    of = draft.issue()
    total, amount, tax = money_of(of)
    for money in [money_of(of), (-total, -amount, -tax), money_of(of)][: draft.pick([2, 3])]:
        draft.book(of, money=money, **reference_to(of))


def only_the_red_letter_booked(draft: Draft) -> None:
    blue = draft.issue(status="red_full")
    red = red_letter(draft, blue, blue["total_cny"])
    draft.book(red, **reference_to(red))


def booked_in_parts_and_whole(draft: Draft) -> None:
    of = booked(draft)
    for part in parted(money_of(of), 2):
        draft.book(of, money=part, **reference_to(of))


def booked_for_two_parties(draft: Draft) -> None:
    of = booked(draft)
    draft.book(of, party=draft.pick([SUPPLIER, OTHER]), **reference_to(of))


def booked_together_without_a_number(draft: Draft) -> None:
    together = [draft.issue(party=SUPPLIER) for _ in range(2)]
    first, second = (money_of(of) for of in together)
    draft.book(together[0], None, money=(first[0] + second[0], first[1] + second[1], first[2] + second[2]))


OPEN = [
    booked_together_without_a_number,
    list_with_an_unknown_number,
    in_lists_that_overlap,
    reversed_in_the_ledger,
    only_the_red_letter_booked,
    booked_in_parts_and_whole,
    booked_for_two_parties,
]
ANYTHING = [*DECIDED, *OPEN]
