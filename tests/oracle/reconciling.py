"""The books of one taxpayer and direction, reconciled record by record as a careful person would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.citing import (
    LeftOpenError,
    cause_of_broken,
    fits_by_short_number,
    invoices_named,
    names_the_whole_key,
    only_fit,
    only_fit_but_one,
    repair,
    those_that_fit,
)
from tests.oracle.judging import (
    cause_of_pair,
    differ,
    differing_fields,
    gaps,
    issued_on,
    money_agrees,
    money_equal,
    party_agrees,
    party_differs,
    party_of,
)
from tests.oracle.reading import read_reference
from tests.oracle.windows import cause_of_lone_invoice, cause_of_lone_line, is_early, may_conclude, was_received

Row = dict[str, Any]
DEAD = {"void", "red_full"}
LATEST = ["void", "red_full", "red_partial", "normal"]
"""Of two states that were seen at once the one in which an invoice ends."""
MONTH, LONG = timedelta(days=31), timedelta(days=60)


@dataclass(frozen=True)
class Finding:
    """Record ids of both sides and what they are."""

    members: frozenset[str]
    cause: str


def _money(line: Row) -> Decimal:
    money: Decimal = line.get("total_cny") or line.get("amount_cny") or Decimal(0)
    return money


def finding(cause: str, *rows: Row) -> Finding:
    return Finding(frozenset(row["record_id"] for row in rows), cause)


class Desk:
    """Everything that is known while one book is gone through; `findings` grows until every record is in one.

    Raises LeftOpenError where the contract does not decide.
    """

    def __init__(self, upstream: Sequence[Row], ledger: Sequence[Row], coverage: Sequence[Row], as_of: datetime):
        self.findings: list[Finding] = []
        self.invoices: list[Row] = []
        self.lines = sorted(ledger, key=lambda line: (line["posted_on"], line["record_id"]))
        self.coverage, self.as_of = coverage, as_of
        self.booked: dict[str, list[Row]] = {}
        self.reversals: dict[str, list[Row]] = {}
        self.repaired: dict[str, str] = {}
        by_name = sorted(upstream, key=lambda invoice: (LATEST.index(invoice["status"]), invoice["record_id"]))
        self._set_copies_aside(sorted(by_name, key=lambda invoice: invoice["observed_at"], reverse=True))

    def _set_copies_aside(self, upstream: Sequence[Row]) -> None:
        seen: set[tuple[str | None, str]] = set()
        for invoice in upstream:
            key = (invoice.get("invoice_code"), invoice["invoice_number"])
            if key in seen:
                self.findings.append(finding("listed_twice", invoice))
            else:
                self.invoices.append(invoice)
            seen.add(key)

    def reconcile(self) -> list[Finding]:
        """All findings of the book."""
        without_number = [line for line in self.lines if not self._cite(line)]
        self._place_reversals()
        unnamed = self._last_left(without_number)
        self._surplus_beside_a_list()
        for cause in ("digits_lost", "number_mistyped"):
            self._link(cause, self._meant(cause, unnamed))
        self._link(None, self._with_a_second_error(unnamed))
        self._link("number_mistyped", self._under_another_number())
        self._take_off_what_is_a_strangers()
        self._take_off_what_was_posted_long_before()
        self._link("number_absent", self._meant("number_absent", unnamed))
        self._settle_red_pairs()
        for invoice in self.invoices:
            if not self._is_settled(invoice):
                self._settle(invoice, self.booked.get(invoice["record_id"], []))
        for line in self.lines:
            if not self._is_settled(line):
                self.findings.append(finding(cause_of_lone_line(line, self.coverage, self.as_of), line))
        return self.findings

    def _is_settled(self, row: Row) -> bool:
        return any(row["record_id"] in found.members for found in self.findings)

    # -- numbers

    def _cite(self, line: Row) -> bool:
        """Put the line to the invoice that it names; a line that names several is judged at once."""
        reading = read_reference(line["invoice_reference"])
        if reading.is_too_long:
            raise LeftOpenError("a range that is too long to be expanded")
        numbers = reading.numbers
        early = is_early(line, self.as_of)
        gap = bool(line.get("invoice_date")) and not was_received(line, self.coverage)
        named = [invoices_named(one, line, self.invoices, is_early=early, is_of_gap=gap) for one in numbers]
        if len(named) > 1:
            self._settle_list(line, named)
        elif named and named[0]:
            invoice = named[0][0]
            of_line = self.reversals if self._is_reversal(line, invoice) else self.booked
            of_line.setdefault(invoice["record_id"], []).append(line)
        return bool(named and named[0])

    def _last_left(self, lines: Sequence[Row]) -> list[Row]:
        """Put a line of a short number to the one of several fitting invoices that no whole number books; returns the
        lines that are left without an invoice."""
        meant = [(line, self._left_of_fitting(line)) for line in lines]
        wanted = [invoice["record_id"] for _, invoice in meant if invoice]
        left = []
        for line, invoice in meant:
            if invoice and wanted.count(invoice["record_id"]) == 1:
                self.booked[invoice["record_id"]] = [line]
            else:
                left.append(line)
        return left

    def _left_of_fitting(self, line: Row) -> Row | None:
        numbers = read_reference(line["invoice_reference"]).numbers
        fitting = fits_by_short_number(numbers[0], line, self.invoices) if len(numbers) == 1 else []
        left = [invoice for invoice in fitting if not self._is_booked_by_key(invoice)]
        if len(fitting) < 2 or len(left) != 1 or self.booked.get(left[0]["record_id"]) or self._is_settled(left[0]):
            return None
        return None if left[0]["status"] in DEAD or left[0]["is_red"] else left[0]

    def _is_booked_by_key(self, invoice: Row) -> bool:
        return any(
            names_the_whole_key(number, line.get("invoice_code"), invoice)
            for line in self.booked.get(invoice["record_id"], [])
            if money_agrees(invoice, line) and not party_differs(invoice, line)
            for number in read_reference(line["invoice_reference"]).numbers
        )

    def _settle_list(self, line: Row, named: Sequence[list[Row]]) -> None:
        if not all(named):
            raise LeftOpenError("a list that names an unknown invoice")
        together = [invoices[0] for invoices in named]
        if self._is_list_booked(together, line):
            self.findings.append(finding("booked_twice", line))
            return
        if any(self._is_settled(invoice) or differing_fields(invoice, line) & {"status"} for invoice in together):
            raise LeftOpenError("a list whose invoices are booked elsewhere, or dead")
        total = {name: sum(invoice[name] for invoice in together) for name in ("total_cny", "amount_cny", "tax_cny")}
        off = gaps(total, [line])
        if any(party_differs(invoice, line) for invoice in together) or 0 < max(map(abs, off.values())) < 1:
            raise LeftOpenError("a list that disagrees in more than money")
        self.findings.append(finding("amount_differs" if any(off.values()) else "combined_entry", line, *together))

    def _is_list_booked(self, together: Sequence[Row], line: Row) -> bool:
        """An earlier line makes up the same invoices, and so does this one."""
        total = {name: sum(invoice[name] for invoice in together) for name in ("total_cny", "amount_cny", "tax_cny")}
        wanted = {invoice["record_id"] for invoice in together}
        earlier = [found.members for found in self.findings if found.cause == "combined_entry"]
        return any(wanted < members and len(members) == len(wanted) + 1 for members in earlier) and not any(
            gaps(total, [line]).values()
        )

    def _surplus_beside_a_list(self) -> None:
        """A line that cites one invoice of a list that was booked in full before."""
        for invoice in self.invoices:
            lines = self.booked.get(invoice["record_id"], [])
            if lines and self._is_settled(invoice):
                found = next(found for found in self.findings if invoice["record_id"] in found.members)
                listing = next(line for line in self.lines if line["record_id"] in found.members)
                if any(
                    found.cause != "combined_entry"
                    or self.lines.index(line) < self.lines.index(listing)
                    or not money_agrees(invoice, line)
                    or party_differs(invoice, line)
                    for line in lines
                ):
                    raise LeftOpenError("an invoice in a list and in a line of its own")
                self.findings.extend(finding("booked_twice", line) for line in lines)

    def _is_reversal(self, line: Row, invoice: Row) -> bool:
        """A reversal line may cite the blue number with negative money: it belongs to the red invoice."""
        return _money(line) < 0 < invoice["total_cny"] and bool(self._reds_of(invoice))

    def _place_reversals(self) -> None:
        """Of several red letters each has its own line: that of its money, else what makes up those that are left, else
        the next one that is left."""
        for blue in self.invoices:
            lines = self.reversals.get(blue["record_id"], [])
            own = self.booked.setdefault(blue["record_id"], [])
            reds = self._reds_of(blue) if lines or own else []
            reds = sorted(reds, key=lambda red: (issued_on(red), red["record_id"]))
            free = [red for red in reds if not self.booked.get(red["record_id"])]
            for line in list(lines):
                alike = next((red for red in free if money_equal(red, line)), None)
                if alike:
                    self._book_reversal(line, alike, lines, free)
            if lines and money_agrees(blue, *own, *lines):
                raise LeftOpenError("a reversal that may correct the invoice")
            self._place_together(blue, own, lines, free)
            for line in list(lines):
                booked = next((red for red in reds if red not in free and money_equal(red, line)), None)
                if free:
                    self._book_reversal(line, free[0], lines, free)
                elif booked:
                    self._book_reversal(line, booked, lines, [booked])
            own.extend(lines)

    def _place_together(self, blue: Row, own: list[Row], lines: list[Row], free: list[Row]) -> None:
        """One line for all red letters, several for one, or one that books the invoice net of them."""
        together = {name: sum(red[name] for red in free) for name in ("total_cny", "amount_cny", "tax_cny")}
        if len(lines) == 1 and len(free) > 1 and not any(gaps(together, lines).values()):
            self._settle_list(lines.pop(), [[red] for red in free])
            free.clear()
        elif len(lines) > 1 and len(free) == 1 and money_agrees(free[0], *lines):
            red = free.pop()
            for line in list(lines):
                self._book_reversal(line, red, lines, [red])
        elif free and own and not lines and blue["status"] != "red_full":
            net = {name: money + blue[name] for name, money in together.items()}
            if money_agrees(net, *own):
                if len(own) > 1:
                    raise LeftOpenError("several lines that book an invoice net of its red letters")
                self._settle_list(own.pop(), [[row] for row in (blue, *free)])

    def _book_reversal(self, line: Row, red: Row, lines: list[Row], free: list[Row]) -> None:
        self.booked.setdefault(red["record_id"], []).append(line)
        self.booked[red["record_id"]].sort(key=self.lines.index)
        lines.remove(line)
        free.remove(red)

    def _meant(self, cause: str, lines: Sequence[Row]) -> list[tuple[Row, Row]]:
        """Lines whose number does not hold, and the invoices that they must be, as far as all is linked by now."""
        meant = []
        for line in lines:
            # A number that an invoice of a day that did not come may have is not doubted.
            is_of_gap = bool(line.get("invoice_date")) and not was_received(line, self.coverage)
            if cause_of_broken(line) == cause and (cause == "number_absent" or not is_of_gap):
                concludes = may_conclude(line, self.coverage, self.as_of)
                found = repair(line, self.invoices, self.as_of, self._is_left if concludes else None)
                meant += [(line, found)] if found else []
        return meant

    def _with_a_second_error(self, lines: Sequence[Row]) -> list[tuple[Row, Row]]:
        """Lines whose number is broken, and one thing more is wrong."""
        meant = []
        for line in lines:
            if line["record_id"] not in self.repaired and may_conclude(line, self.coverage, self.as_of):
                found = only_fit_but_one(line, self.invoices, self._is_left)
                meant += [(line, found)] if found else []
        return meant

    def _is_left(self, invoice: Row) -> bool:
        lines = self.booked.get(invoice["record_id"], [])
        whole = [line for line in lines if not any(gaps(invoice, [line]).values())]
        agreeing = [line for line in whole if not party_differs(invoice, line)]
        if lines and not agreeing and not self._is_settled(invoice):
            raise LeftOpenError("an invoice that fits, under lines that disagree with it")
        return not self._is_taken(invoice)

    def _under_another_number(self) -> list[tuple[Row, Row]]:
        """Lines whose number names another real invoice, while party, money and day are those of this one."""
        doubted = []
        for invoice in self.invoices:
            lines = those_of_its_day_first(invoice, self.booked.get(invoice["record_id"], []))
            is_whole = money_agrees(invoice, *lines) and not any(party_differs(invoice, line) for line in lines)
            is_booked = False
            for line in lines:
                agrees = is_whole or (money_agrees(invoice, line) and not party_differs(invoice, line))
                # A second line of another day may be another invoice's.
                is_again = is_booked and not is_whole and denies_the_day(invoice, line)
                meant = None
                if is_again or not agrees:
                    meant = only_fit(line, self.invoices)
                elif states_another_day(invoice, line):
                    meant = only_fit(line, [one for one in self.invoices if party_agrees(one, line)])
                if meant is not None and meant is not invoice:
                    doubted.append((line, meant))
                is_booked = is_booked or agrees
        return doubted

    def _take_off_what_is_a_strangers(self) -> None:
        """A line whose party, money and day all deny the invoice that it names, while several others have them."""
        for invoice in self.invoices:
            lines = self.booked.get(invoice["record_id"], [])
            for line in list(lines):
                denied = not money_agrees(invoice, line) and party_differs(invoice, line)
                if denied and (states_another_day(invoice, line) or not line.get("invoice_date")):
                    known = [one for one in self.invoices if party_agrees(one, line)]
                    if len(those_that_fit(line, known)) > 1:
                        lines.remove(line)

    def _take_off_what_was_posted_long_before(self) -> None:
        """A line of other money or party cannot mean an invoice that was issued long after it was posted."""
        for invoice in self.invoices:
            lines = self.booked.get(invoice["record_id"], [])
            long_before = [line for line in lines if line["posted_on"] < issued_on(invoice) - LONG]
            is_doubtful = not money_agrees(invoice, *lines) or any(party_differs(invoice, line) for line in lines)
            if long_before and is_doubtful:
                if len(lines) > 1 or self._is_settled(invoice):
                    raise LeftOpenError("several lines, one posted long before the invoice")
                del self.booked[invoice["record_id"]]
                placed = [line for lines in self.booked.values() for line in lines] + long_before
                if any(money_agrees(invoice, line) for line in self.lines if line not in placed):
                    raise LeftOpenError("an invoice that is free again, and another line of its money")

    def _link(self, cause: str | None, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Link a line to the invoice that it must be, if no other line must be the same, and none books it already.

        Without a cause it is what became of the line's number.
        """
        wanted = [invoice["record_id"] for _, invoice in pairs]
        free = [(line, invoice) for line, invoice in pairs if not self._is_taken(invoice)]
        for line, invoice in free:
            if wanted.count(invoice["record_id"]) > 1:
                continue
            if self.booked.get(invoice["record_id"]) or invoice["status"] in DEAD or invoice["is_red"]:
                raise LeftOpenError("a repaired number beside other lines, or of an invoice no longer in force")
            for lines in self.booked.values():
                lines[:] = [other for other in lines if other is not line]
            self.booked[invoice["record_id"]] = [line]
            self.repaired[line["record_id"]] = cause or cause_of_broken(line)

    def _is_taken(self, invoice: Row) -> bool:
        return self._is_settled(invoice) or any(
            money_agrees(invoice, line) for line in self.booked.get(invoice["record_id"], [])
        )

    # -- red letters

    def _red_of(self, blue: Row) -> Row | None:
        reds = self._reds_of(blue) if blue["status"] == "red_full" else []
        if len(reds) > 1:
            raise LeftOpenError("several red letters of one reversed invoice")
        return reds[0] if reds else None

    def _reds_of(self, blue: Row) -> list[Row]:
        return [red for red in self.invoices if red["is_red"] and self._blue_of(red) is blue]

    def _blue_of(self, red: Row) -> Row | None:
        """The invoice whose number the red one cites; of several with that number the one that it cancels."""
        cited = red.get("original_invoice_number") or red.get("remark") or ""
        named = [invoice for invoice in self.invoices if re.search(rf"\b{invoice['invoice_number']}\b", cited)]
        if len(named) > 1:
            named = [
                invoice
                for invoice in named
                if invoice["status"] == "red_full"
                and invoice["total_cny"] == -red["total_cny"]
                and party_of(invoice) == party_of(red)
            ]
        if len(named) != 1:
            raise LeftOpenError("a red letter that cites a number that several invoices have")
        return named[0]

    def _settle_red_pairs(self) -> None:
        """Both or neither booked cancels; only the blue one booked is an entry of a dead invoice."""
        for blue in self.invoices:
            red = self._red_of(blue)
            if red is None:
                continue
            blue_lines, red_lines = (self.booked.get(row["record_id"], []) for row in (blue, red))
            if red_lines and not blue_lines:
                raise LeftOpenError("only the red letter is booked")
            if not all(money_agrees(row, *lines) for row, lines in ((blue, blue_lines), (red, red_lines)) if lines):
                raise LeftOpenError("a reversed invoice whose lines disagree")
            cause = "dead_invoice_booked" if blue_lines and not red_lines else "red_letter_netted"
            self.findings.append(finding(cause, blue, red, *blue_lines, *red_lines))

    # -- invoices with their lines

    def _settle(self, invoice: Row, lines: Sequence[Row]) -> None:
        if not lines:
            self.findings.append(finding(cause_of_lone_invoice(invoice, self.as_of), invoice))
        elif len(lines) == 1:
            cause = self.repaired.get(lines[0]["record_id"]) or cause_of_pair(invoice, lines[0])
            self.findings.append(finding(cause, invoice, lines[0]))
        else:
            self._settle_several(invoice, lines)

    def _settle_several(self, invoice: Row, lines: Sequence[Row]) -> None:
        """Lines of the whole amount are one booking and its repetitions, lines of parts are one booking together; what
        is posted after an invoice is fully booked is surplus."""
        if any(party_differs(invoice, line) for line in lines):
            raise LeftOpenError("several lines, one of another party")
        if not gaps(invoice, lines):
            raise LeftOpenError("parts of which some keep the total only and some the amount only")
        if any(self._is_beginning(line, invoice) for line in lines):
            raise LeftOpenError("the beginning of a number that is booked, and its own invoice may not have come")
        if all(money_agrees(invoice, line) for line in lines):
            lines = those_of_its_day_first(invoice, lines)
        first = 1 if money_agrees(invoice, lines[0]) else self._count_parts(invoice, lines)
        kept, later = lines[:first], lines[first:]
        if any(not money_agrees(invoice, line) for line in later):
            raise LeftOpenError("a whole booking beside parts")
        self.findings.append(finding(self._cause_of_parts(invoice, kept), invoice, *kept))
        self.findings.extend(finding("booked_twice", line) for line in later)

    def _is_beginning(self, line: Row, invoice: Row) -> bool:
        """The line keeps the beginning of the number only, and absence may not be concluded of it."""
        numbers = read_reference(line["invoice_reference"]).numbers
        is_cut = len(numbers) == 1 and 16 <= len(numbers[0]) <= 18 and invoice["invoice_number"].startswith(numbers[0])
        return is_cut and not may_conclude(line, self.coverage, self.as_of)

    def _count_parts(self, invoice: Row, lines: Sequence[Row]) -> int:
        """How many of the first lines make up the invoice: all of them if it never comes out."""
        sums = (count for count in range(2, len(lines) + 1) if money_agrees(invoice, *lines[:count]))
        return next(sums, len(lines))

    def _cause_of_parts(self, invoice: Row, lines: Sequence[Row]) -> str:
        if len(lines) == 1:
            return cause_of_pair(invoice, lines[0])
        if any(differing_fields(invoice, line) - {"total_cny", "amount_cny", "tax_cny"} for line in lines):
            raise LeftOpenError("parts that disagree in more than money")
        off = max(abs(gap) for gap in gaps(invoice, lines).values())
        if 0 < off < 1 or (off and any(money_agrees(invoice, line) for line in lines)):
            raise LeftOpenError("a whole booking beside parts, or parts that miss by cents")
        return "amount_differs" if off else "split_entries"


def denies_the_day(invoice: Row, line: Row) -> bool:
    """Another day is stated, or the line was posted a month before the invoice was issued."""
    stated = line.get("invoice_date")
    return differ(issued_on(invoice), stated) if stated else line["posted_on"] < issued_on(invoice) - MONTH


def states_another_day(invoice: Row, line: Row) -> bool:
    return bool(line.get("invoice_date")) and differ(issued_on(invoice), line["invoice_date"])


def those_of_its_day_first(invoice: Row, lines: Sequence[Row]) -> list[Row]:
    return sorted(lines, key=lambda line: denies_the_day(invoice, line))
