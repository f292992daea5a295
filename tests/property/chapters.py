"""What can happen to an invoice and its ledger lines; each chapter adds a few records to a draft."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.property.drafts import ISSUE_DAYS, Draft, Row, money_of, more, parted, party_of, reference_to
from tests.spec.tables import OTHER, SUPPLIER, invoice

UNREADABLE = [None, "见附件", "--", "1", "00000000"]


def booked(draft: Draft) -> Row:
    of = draft.issue()
    draft.book(of, **reference_to(of))
    return of


def unbooked(draft: Draft) -> None:
    draft.issue()


def whole_forms(of: Row) -> list[dict[str, Any]]:
    """References that name the whole key of an invoice, with noise."""
    number, code = of["invoice_number"], of["invoice_code"]
    forms = (f" {number}", f'="{number}"', f"发票号码：{number}", f"{number}.0", wide(number))
    noisy = [{"reference": form, "invoice_code": code} for form in forms]
    if code is None:
        apart = {"reference": number[12:], "invoice_code": number[:12]}
        return [*noisy, apart, {"reference": f"{number[:12]} {number[12:]}"}]
    lost = {"reference": number.lstrip("0"), "invoice_code": code.lstrip("0")}
    return [*noisy, lost, {"reference": f"{code} {number}"}, {"reference": code + number}]


def in_another_form(of: Row) -> list[dict[str, Any]]:
    """References that name the invoice as well as its plain number does, if no other has the same 8 digits."""
    return [*whole_forms(of), {"reference": of["invoice_number"][-8:]}]


def wide(number: str) -> str:
    return number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})


def noisy(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, **draft.pick(in_another_form(of)))


def noisy_but_whole(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, **draft.pick(whole_forms(of)))


def off_in_money(draft: Draft) -> None:
    of = draft.issue()
    gap = draft.pick(["0.01", "-0.06", "0.07", "-27.00", "100.00"])
    draft.book(of, money=more(money_of(of), gap), **reference_to(of))


def off_in_tax(draft: Draft) -> None:
    of = draft.issue()
    money = money_of(of)
    tax = draft.pick(["-10.00", "0.05"])
    draft.book(of, money=(money[0], money[1], more(money, tax=tax)[2]), **reference_to(of))


def off_in_party(draft: Draft) -> None:
    of = draft.issue(party=SUPPLIER)
    money = more(money_of(of), draft.pick(["0", "-27.00"]))
    draft.book(of, money=money, party=OTHER, **reference_to(of))


def off_in_day(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, day=of["issued_at"].date() + timedelta(draft.pick([-1, 1, 30])), **reference_to(of))


def mistyped(draft: Draft) -> None:
    """A slip in the number, or in its last 8 digits where the ledger keeps no more."""
    of = draft.issue()
    number = of["invoice_number"][-draft.pick([20, 20, 20, 8]) :]
    place = draft.pick([2, len(number) // 2, len(number) - 2])
    other = str((int(number[place]) + draft.pick([1, 5])) % 10)
    slips = [
        number[:place] + other + number[place + 1 :],
        number[:place] + number[place + 1] + number[place] + number[place + 2 :],
        number[:place] + number[place + 1 :],
        number[:place] + other + number[place:],
    ]
    draft.book(of, reference=draft.pick(slips), invoice_code=of["invoice_code"])
    if draft.pick([False, False, True]):
        draft.book(of, **reference_to(of))


def broken_and_one_thing_more(draft: Draft) -> None:
    """The number is broken, and cents, tax or day are wrong too: sometimes two of them."""
    of = draft.issue()
    number, money = of["invoice_number"], money_of(of)
    slip = number[:-3] + str((int(number[-3]) + 4) % 10) + number[-2:]
    broken = draft.pick([slip, number[:15] + "00000" if len(number) == 20 else slip, "见附件"])
    wrong = draft.pick([more(money, "0.05"), more(money, tax="10.00"), money])
    day = of["issued_at"].date() + timedelta(draft.pick([0, -1, -8]))
    draft.book(of, broken, wrong, invoice_code=of["invoice_code"], day=day)


def cut_off(draft: Draft) -> None:
    """A field too short for the number; now and then two lines for two invoices that begin alike."""
    if not draft.habits.party:
        return  # Nothing is decided of part of a number in a ledger that names no party.
    for of in [draft.issue() for _ in range(draft.pick([1, 1, 2]))]:
        number = of["invoice_number"]
        parts = [number[:16], number[:18], number[8:], number[:14], number[14:]]
        reference = draft.pick(parts if len(number) == 20 else [number[:6], number[3:]])
        draft.book(of, reference=reference, invoice_code=of["invoice_code"])


def mistyped_among_equals(draft: Draft) -> None:
    """The number typed is one slip from each of two neighbours of one amount, party and day."""
    series = draft.pick(draft.series)
    of = draft.issue(series=series)
    draft.issue(str(of["total_cny"]), series=series, party=party_of(of), on=of["issued_at"].date())
    typed = of["invoice_number"][:-1] + draft.pick(["3", "5"])
    draft.book(of, reference=typed, invoice_code=of["invoice_code"])


def mistyped_twice(draft: Draft) -> None:
    """Two lines that could both be the one invoice."""
    of = draft.issue()
    number = of["invoice_number"]
    for place in (-5, -3):
        digit = str((int(number[place]) + 4) % 10)
        draft.book(of, reference=number[:place] + digit + number[place + 1 :], invoice_code=of["invoice_code"])


def digits_lost(draft: Draft) -> None:
    of = draft.issue()
    number = of["invoice_number"]
    if len(number) == 20:
        for _ in range(draft.pick([1, 1, 2])):
            draft.book(of, reference=draft.pick([number[:15] + "00000", repr(float(number)), f"{float(number):.6E}"]))


def without_number(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, reference=draft.pick(UNREADABLE))


def without_number_among_equals(draft: Draft) -> None:
    """Two or three invoices of one amount, party and day; all others are booked, or none is."""
    if not draft.habits.party:
        return  # Nothing is decided of a line that names neither number nor party.
    of = draft.issue()
    others = [
        draft.issue(str(of["total_cny"]), party=party_of(of), on=of["issued_at"].date())
        for _ in range(draft.pick([1, 2]))
    ]
    if draft.pick([True, True, False]):
        for other in others:
            draft.book(other, **reference_to(other))
    for _ in range(draft.pick([1, 1, 2])):
        number = of["invoice_number"]
        draft.book(of, reference=draft.pick([*UNREADABLE, number[:15] + "00000"] if len(number) == 20 else UNREADABLE))


def under_another_number(draft: Draft) -> None:
    """The neighbour's number on the line of this one."""
    neighbour, of = draft.issue(), draft.issue()
    draft.book(of, **reference_to(neighbour))
    if draft.pick([True, False]):
        draft.book(neighbour, **reference_to(neighbour))


def booked_twice(draft: Draft) -> None:
    of = draft.issue()
    draft.book(of, lag=1, **reference_to(of))
    draft.book(of, lag=draft.pick([1, 5]), **draft.pick(in_another_form(of)))


def booked_in_parts_and_again(draft: Draft) -> None:
    of = draft.issue()
    for part in parted(money_of(of), 2):
        draft.book(of, money=part, lag=1, **reference_to(of))
    draft.book(of, lag=5, **draft.pick(in_another_form(of)))


def split(draft: Draft) -> None:
    of = draft.issue()
    off = draft.pick(["0", "0", "-9.00"])
    for part in parted(more(money_of(of), off), draft.pick([2, 3])):
        draft.book(of, money=part, **reference_to(of))


def combined(draft: Draft) -> None:
    """One line for two or three invoices with neighbouring numbers."""
    series = draft.pick(draft.series)
    together = [draft.issue(series=series, party=SUPPLIER, on=date(2026, 8, 11)) for _ in range(draft.pick([2, 3]))]
    numbers = [of["invoice_number"] for of in together]
    tails = [number[-2:] for number in numbers[1:]]
    forms = ["、".join(numbers), ",".join(numbers), "/".join([numbers[0], *tails]), f"{numbers[0]}-{tails[-1]}"]
    forms += [f"{numbers[0]}#-{numbers[-1]}#", f"自{numbers[0]}起至{numbers[-1]}止"]
    total, amount, tax = (sum(of[name] for of in together) for name in ("total_cny", "amount_cny", "tax_cny"))
    gap = draft.pick(["0", "0", "-56.00"])
    forms += [f"{numbers[0]}等{len(numbers)}张"] if gap == "0" else []
    money = more((total, amount, tax), gap)
    draft.book(together[0], reference=draft.pick(forms), money=money, invoice_code=series.code)
    again = "nothing" if gap != "0" else draft.pick(["nothing", "nothing", "all", "one"])
    if again == "all":
        draft.book(together[0], reference=draft.pick(forms), money=money, invoice_code=series.code, lag=20)
    if again == "one":
        draft.book(together[1], **reference_to(together[1]), lag=20)


def void(draft: Draft) -> None:
    of = draft.issue(status="void")
    if draft.pick([True, False]):
        draft.book(of, **reference_to(of))


def reversed_in_full(draft: Draft) -> None:
    blue = draft.issue(status="red_full")
    red = red_letter(draft, blue, blue["total_cny"])
    shown = draft.pick(["neither", "blue", "both", "both under the blue number"])
    if shown != "neither":
        draft.book(blue, **reference_to(blue))
    if shown.startswith("both"):
        draft.book(red, **reference_to(red if shown == "both" else blue))


def reversed_in_part(draft: Draft) -> None:
    """The red letter booked or not, under its own number or in parts under that of the invoice; or both in one line."""
    blue = draft.issue(total="1130.00", status="red_partial")
    red = red_letter(draft, blue, blue["total_cny"] / 10)
    shown = draft.pick(["own", "own", "neither", "neither", "parts", "net"])
    if shown == "net":
        net = tuple(sum(both) for both in zip(money_of(blue), money_of(red), strict=True))
        draft.book(blue, money=net, **reference_to(blue))
        return
    if draft.pick([True, False]):
        draft.book(blue, **reference_to(blue))
    if shown == "own":
        draft.book(red, **reference_to(red))
    if shown == "parts":
        for part in parted(money_of(red), 2):
            draft.book(red, money=part, **reference_to(blue))


def reversed_in_parts(draft: Draft) -> None:
    """Two red letters of one invoice, each booked under its own number, under that of the invoice, or not."""
    blue = draft.issue(total="1130.00", status="red_partial")
    reds = [red_letter(draft, blue, blue["total_cny"] / share) for share in draft.pick([(10, 10), (10, 5)])]
    if draft.pick([True, True, False]):
        draft.book(blue, **reference_to(blue))
    if draft.pick([True, False, False, False]):
        both = tuple(sum(some) for some in zip(*map(money_of, reds), strict=True))
        draft.book(reds[0], money=both, **reference_to(blue))
        return
    for red in reds:
        shown = draft.pick(["own", "blue", "blue", "neither"])
        if shown != "neither":
            draft.book(red, **reference_to(red if shown == "own" else blue))


def reversed_out_of_sight(draft: Draft) -> None:
    of = draft.issue(status="red_full")
    if draft.pick([True, False]):
        draft.book(of, **reference_to(of))


def red_letter(draft: Draft, blue: Row, total: Any) -> Row:
    cited = draft.pick(["original_invoice_number", "remark"])
    remark = f"被红冲蓝字数电票号码：{blue['invoice_number']} 红字发票信息确认单编号：1"
    return draft.issue(
        str(-round(total, 2)),
        party=party_of(blue),
        on=blue["issued_at"].date() + timedelta(1),
        **{cited: blue["invoice_number"] if cited == "original_invoice_number" else remark},
    )


def listed_twice(draft: Draft) -> None:
    of = draft.issue()
    draft.list_again(of)
    if draft.pick([True, False]):
        draft.book(of, **reference_to(of))


def of_no_invoice(draft: Draft) -> None:
    """A line whose invoice the tax system does not have."""
    unknown = invoice("", total=draft.pick(["77.00", "1130.00"]), on=draft.pick(ISSUE_DAYS))
    number = draft.pick(["26312000000987654321", "26992000000123456789", "27112000000123456789"])
    draft.book(unknown | {"direction": "input"}, reference=number)


def of_nothing_readable(draft: Draft) -> None:
    unknown = invoice("", total=draft.pick(["77.00", "1130.00"]), on=date(2026, 8, 10))
    draft.book(unknown | {"direction": "input"}, reference=draft.pick(UNREADABLE))


FAULTLESS = [booked, unbooked, noisy_but_whole]
PLAIN = [booked, unbooked, noisy]
MONEY = [off_in_money, off_in_tax, off_in_party, off_in_day]
REPAIRS = [
    *(mistyped, cut_off, broken_and_one_thing_more, mistyped_among_equals, mistyped_twice, digits_lost),
    *(without_number, without_number_among_equals, under_another_number),
]
GROUPS = [booked_twice, booked_in_parts_and_again, split, combined, listed_twice]
RED = [void, reversed_in_full, reversed_in_part, reversed_in_parts, reversed_out_of_sight]
LONE = [of_no_invoice, of_nothing_readable]
DECIDED = [*PLAIN, noisy_but_whole, *MONEY, *REPAIRS, *GROUPS, *RED, *LONE]
