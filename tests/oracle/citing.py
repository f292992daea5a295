"""Which invoice a typed number names, and which invoice a line must be that names none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

from tests.oracle.judging import (
    TOLERANCE,
    differ,
    gaps,
    issued_on,
    money_agrees,
    money_equal,
    money_gap,
    party_agrees,
    party_differs,
    party_of,
)
from tests.oracle.reading import may_show, one_slip_apart, read_reference
from tests.oracle.windows import is_early, is_impossible

Row = dict[str, Any]

NEAR = timedelta(days=60)
SLIP = timedelta(days=15)
FEWEST_KEPT = 12
MOST_OF_20 = 16
EVERYTHING = 3
FEWEST_OF_A_PART = 4

IsLeft = Callable[[Row], bool]
"""Whether an invoice is still without a line."""


class LeftOpenError(Exception):
    """The contract does not say what these records are; nothing is compared."""


def invoices_named(number: str, line: Row, invoices: Sequence[Row], *, is_early: bool, is_of_gap: bool) -> list[Row]:
    """By the whole key, else by a shortened number where party and money do not leave a choice.

    `is_early`: the invoice of the line may still come; `is_of_gap`: the line states a day that was not received.
    """
    code = line.get("invoice_code")
    whole = [invoice for invoice in invoices if names_the_whole_key(number, code, invoice)]
    if whole:
        return whole
    alone, ends = (
        [invoice for invoice in invoices if names(number, code, invoice)]
        for names in (names_the_number_alone, names_the_last_8_digits)
    )
    # Eight digits may be the number of one invoice and the end of another: what agrees in more is meant.
    most_alone, most_ends = (max((count_agreeing(one, line) for one in some), default=0) for some in (alone, ends))
    if most_alone < most_ends:
        alone = []
    for short in (alone, ends):
        of_the_party = [invoice for invoice in short if not party_differs(invoice, line)]
        if of_the_party:
            return the_best(of_the_party, line)
        if any(money_agrees(invoice, line) for invoice in short):
            raise LeftOpenError("a short number with the money of an invoice of another party")
    found = the_one_cut_off([invoice for invoice in invoices if names_a_part(number, code, invoice)], line)
    # What was issued in a row begins alike: its own invoice may be one that is not there.
    is_another_possible = is_of_gap or (is_early and any(count_agreeing(one, line) < EVERYTHING for one in found))
    is_end = any(one["invoice_number"].endswith(number) for one in found)
    return [] if is_another_possible and not is_end else found


def the_one_cut_off(begun: Sequence[Row], line: Row) -> list[Row]:
    """Of invoices whose 20 digits a field cut off, the only one, or the one of the line's party, money and day."""
    fitting = [
        invoice
        for invoice in begun
        if money_agrees(invoice, line)
        and not party_differs(invoice, line)
        and not differ(issued_on(invoice), line.get("invoice_date"))
    ]
    if len(begun) > len(fitting) == 1 and count_agreeing(fitting[0], line) > 1:
        return fitting
    if begun and (len(begun) > 1 or not fitting):
        raise LeftOpenError("part of a number that several invoices have, or one that disagrees")
    return fitting


def count_agreeing(invoice: Row, line: Row) -> int:
    """How many of money, party and day are known to agree."""
    is_same_day = line.get("invoice_date") == issued_on(invoice)
    return money_agrees(invoice, line) + party_agrees(invoice, line) + is_same_day


def fits_by_short_number(number: str, line: Row, invoices: Sequence[Row]) -> list[Row]:
    """All whose 8 digits, party and money are those of the line, and whose day it does not deny."""
    code = line.get("invoice_code")
    return [
        invoice
        for invoice in invoices
        if (names_the_number_alone(number, code, invoice) or names_the_last_8_digits(number, code, invoice))
        and party_agrees(invoice, line)
        and money_agrees(invoice, line)
        and not differ(issued_on(invoice), line.get("invoice_date"))
    ]


def the_best(invoices: list[Row], line: Row) -> list[Row]:
    """Of several, the one that agrees in money, or in money and day; none if that leaves a choice."""
    if len(invoices) > 1:
        invoices = [invoice for invoice in invoices if money_agrees(invoice, line)]
    if len(invoices) > 1 and line.get("invoice_date"):
        invoices = [invoice for invoice in invoices if is_of_its_day(invoice, line)]
    if len([invoice for invoice in invoices if is_of_its_day(invoice, line)]) < len(invoices) > 1:
        raise LeftOpenError("a short number between invoices that only the posting tells apart")
    return invoices if len(invoices) == 1 else []


def names_the_whole_key(number: str, code: str | None, invoice: Row) -> bool:
    """20 digits, or code and number: in one text, apart, with zeros lost at the front of either."""
    own = invoice["invoice_number"]
    if len(own) == 20:
        return own in {number, (code or "") + number}
    key = ((invoice.get("invoice_code") or "").lstrip("0"), own.lstrip("0"))
    return bool(key[0]) and key in {
        (number[:-8].lstrip("0"), number[-8:].lstrip("0")),
        ((code or "").lstrip("0"), number.lstrip("0")),
    }


def names_the_number_alone(number: str, code: str | None, invoice: Row) -> bool:
    """The 8 digits, perhaps without their zeros, where one side has no code."""
    return (code is None or invoice.get("invoice_code") is None) and number.zfill(8) == invoice["invoice_number"]


def names_the_last_8_digits(number: str, code: str | None, invoice: Row) -> bool:
    own: str = invoice["invoice_number"]
    return code is None and len(number) == 8 and len(own) == 20 and own.endswith(number)


def names_a_part(number: str, code: str | None, invoice: Row) -> bool:
    """The first 16 digits of 20 or more of them, or the end of more than eight; one digit less is a slip."""
    own: str = invoice["invoice_number"]
    is_part = (own.startswith(number) and len(number) >= MOST_OF_20) or own.endswith(number)
    return code is None and len(own) == 20 and 8 < len(number) < 19 and is_part


def is_of_its_day(invoice: Row, line: Row) -> bool:
    """Issued on the day that the line states; a line without a day was posted within 60 days of its invoice."""
    posted: date = line["posted_on"]
    day: date | None = line.get("invoice_date")
    return issued_on(invoice) == day if day else timedelta(0) <= posted - issued_on(invoice) <= NEAR


def only_fit(line: Row, invoices: Sequence[Row], is_left: IsLeft | None = None) -> Row | None:
    """The one invoice of the whole population, booked or not, that fits; None where its party's amount recurs.

    With `is_left`, the one that is left when all others that fit are booked: only for a line of which absence may be
    concluded, else its own invoice may be one that has not come.
    "Near that date" is read as the days that the line itself allows. The contract does not say how equal the money must
    be, whether an amount can recur in a ledger without parties, and how long before its invoice a line may be posted.
    """
    fitting = those_that_fit(line, invoices)
    if len(fitting) > 1 and is_left is not None:
        fitting = [invoice for invoice in fitting if is_left(invoice)]
    return fitting[0] if len(fitting) == 1 else None


def those_that_fit(line: Row, invoices: Sequence[Row]) -> list[Row]:
    """Invoices of its money, party and day; those that are dead only where none in force fits, as what was voided or
    reversed was often issued again."""
    near = [invoice for invoice in invoices if money_agrees(invoice, line) and not party_differs(invoice, line)]
    alike = [invoice for invoice in near if money_equal(invoice, line)]
    if any(money_gap(invoice, line) == 0 for invoice in near if invoice not in alike):
        raise LeftOpenError("a doubtful number, and money that agrees but for cents or tax")
    if alike and not party_agrees(alike[0], line):
        raise LeftOpenError("a doubtful number in a ledger without parties")
    if not line.get("invoice_date") and any(issued_on(invoice) > line["posted_on"] for invoice in alike):
        raise LeftOpenError("a doubtful number, and an invoice of after the posting")
    fitting = [invoice for invoice in alike if is_of_its_day(invoice, line)]
    return [invoice for invoice in fitting if invoice["status"] not in {"void", "red_full"}] or fitting


def only_near_fit(typed: str, line: Row, invoices: Sequence[Row], is_left: IsLeft | None) -> Row | None:
    """The one that fits and is one slip away. Whether the amount may recur under a number of two slips is left open:
    the guard of the design forbids that link, its reason (numbers run in sequence) does not."""
    near = near_numbers(typed, line, invoices)
    found = only_fit(line, near, is_left)
    if found and not only_fit(line, invoices, is_left):
        raise LeftOpenError("an amount that recurs under another number")
    return found


def near_numbers(typed: str, line: Row, invoices: Sequence[Row]) -> list[Row]:
    """One slip from what was typed, or begun or ended by it, where the party is known to agree."""
    code = line.get("invoice_code")
    return [
        invoice
        for invoice in invoices
        if (
            is_one_slip_from(typed, code, invoice) or (is_part_of(typed, code, invoice) and party_agrees(invoice, line))
        )
        and not differ(code, invoice.get("invoice_code"))
    ]


def is_part_of(typed: str, code: str | None, invoice: Row) -> bool:
    """At least four digits with which the number, or its last 8 digits, begins or ends."""
    own = invoice["invoice_number"]
    wholes = [own, own[-8:]] if len(typed) < 10 else [own]
    return (
        len(typed) >= FEWEST_OF_A_PART
        and (code is None or len(own) == 8)
        and any(len(whole) - len(typed) > 1 and (whole.startswith(typed) or whole.endswith(typed)) for whole in wholes)
    )


def is_one_slip_from(typed: str, code: str | None, invoice: Row) -> bool:
    """From the number, or from its last 8 digits where the ledger keeps no more."""
    own = invoice["invoice_number"]
    is_shortened = code is None and len(typed) < 10 and len(own) == 20
    return one_slip_apart(typed, own[-8:] if is_shortened else own)


def only_fit_but_one(line: Row, invoices: Sequence[Row], is_left: IsLeft) -> Row | None:
    """The one left that disagrees with a line of a broken number in one thing more: the day, cents or the tax."""
    near = [invoice for invoice in with_the_rest(line, invoices) if party_agrees(invoice, line)]
    if any(not count_wrong(invoice, line) and is_left(invoice) for invoice in near):
        return None
    fitting = [invoice for invoice in near if count_wrong(invoice, line) == 1]
    if any(issued_on(invoice) > line["posted_on"] for invoice in fitting):
        raise LeftOpenError("a doubtful number, and an invoice of after the posting")
    fitting = [invoice for invoice in fitting if line["posted_on"] - issued_on(invoice) <= NEAR and is_left(invoice)]
    if len(fitting) == 1 and any(not count_wrong(invoice, line) for invoice in near):
        raise LeftOpenError("a broken number, an invoice that fits and is booked, and one that fits but for one thing")
    return fitting[0] if len(fitting) == 1 and not is_of_another_period(fitting[0], line, invoices) else None


def is_of_another_period(invoice: Row, line: Row, invoices: Sequence[Row]) -> bool:
    """A day that is far off is no slip where the party's money recurs: each period has a number like the last one's."""
    alike = [one for one in invoices if one["total_cny"] == invoice["total_cny"] and party_of(one) == party_of(invoice)]
    day = line.get("invoice_date")
    return day is not None and abs(day - issued_on(invoice)) > SLIP and len(alike) > 1


def with_the_rest(line: Row, invoices: Sequence[Row]) -> list[Row]:
    """Invoices with what is left of a broken number: all digits but one, those before a float, else the day."""
    reading = read_reference(line["invoice_reference"])
    if reading.lost is not None:
        kept = reading.lost
        return [one for one in invoices if len(kept) >= FEWEST_KEPT and one["invoice_number"].startswith(kept)]
    if reading.numbers:
        typed, code = reading.numbers[0], line.get("invoice_code")
        return [one for one in invoices if len(one["invoice_number"]) == 20 and is_one_slip_from(typed, code, one)]
    return [one for one in invoices if line.get("invoice_date") == issued_on(one)]


def count_wrong(invoice: Row, line: Row) -> int:
    """How many of day, money and tax are wrong; money that is off by more than cents counts for all."""
    cents = abs(money_gap(invoice, line))
    is_rest_off = any(abs(gap) > TOLERANCE for gap in gaps(invoice, [line]).values())
    if cents > TOLERANCE:
        return 3
    return differ(issued_on(invoice), line.get("invoice_date")) + (cents > 0) + is_rest_off


def cause_of_broken(line: Row) -> str:
    """What became of the number of a line that names no invoice."""
    reading = read_reference(line["invoice_reference"])
    if reading.lost is not None:
        return "digits_lost"
    return "number_mistyped" if reading.numbers else "number_absent"


def repair(line: Row, invoices: Sequence[Row], as_of: datetime, is_left: IsLeft | None) -> Row | None:
    """The invoice that a line must be that names none; `is_left` only if absence may be concluded of the line."""
    reading = read_reference(line["invoice_reference"])
    if reading.lost is not None:
        kept = reading.lost
        return only_fit(line, [one for one in invoices if may_show(kept, one["invoice_number"])], is_left)
    if reading.numbers:
        typed = reading.numbers[0]
        return None if may_still_come(typed, line, as_of) else only_near_fit(typed, line, invoices, is_left)
    found = only_fit(line, invoices, is_left)
    if found is None and is_a_sum(line, invoices):
        raise LeftOpenError("a line without a number that several invoices add up to")
    return found


def is_a_sum(line: Row, invoices: Sequence[Row]) -> bool:
    """Two to five invoices of the party add up to the line."""
    name = "total_cny" if line["total_cny"] is not None else "amount_cny"
    sums = [invoice[name] for invoice in invoices if not party_differs(invoice, line)]
    return any(sum(some) == line[name] for count in range(2, 6) for some in combinations(sums, count))


def may_still_come(typed: str, line: Row, as_of: datetime) -> bool:
    """A number that an invoice can have is doubted only when its grace is over: the tax system may still bring it."""
    if not is_early(line, as_of):
        return False
    if len(typed) < 8:
        raise LeftOpenError("a short number inside its grace: zeros lost, or a digit")
    # A zero in front of eight digits counts for nothing.
    number = typed[1:] if len(typed) == 9 and typed.startswith("0") else typed
    return 9 < len(number) < 19 or (len(number) in {8, 20} and not is_impossible(number, as_of))
