"""A book while it is written: invoices in sequence, and lines that keep what this ledger keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from tests.spec.tables import OTHER, SUPPLIER, entry, invoice

Row = dict[str, Any]
Money = tuple[Decimal, Decimal, Decimal]
T = TypeVar("T")

LAST_DAY = date(2026, 11, 24)
ISSUE_DAYS = [
    date(2026, *day)
    for day in (
        *((8, 10), (8, 11), (8, 31), (9, 14), (9, 25), (9, 26), (10, 12), (11, 20), (11, 21), (11, 22), (11, 23)),
        *((6, 2), (5, 30)),
    )
]
"""Old ones, both sides of the booking window, both sides of the grace window, the edge of the span that was asked."""

TOTALS = ["1130.00", "226.00", "113.00", "1103.00", "35.71"]


@dataclass
class Series:
    """Numbers that run in sequence, under one code or none (fully digital)."""

    next_number: str
    code: str | None = None

    def take(self) -> str:
        number = self.next_number
        self.next_number = str(int(number) + 1).zfill(len(number))
        return number


@dataclass(frozen=True)
class Habits:
    """What a ledger keeps of an invoice, the same in every line."""

    party: tuple[str, ...] = ("id", "name")
    keeps_date: bool = True
    money: tuple[str, ...] = ("total", "amount", "tax")


@dataclass
class Draft:
    """One taxpayer's records in one direction, growing."""

    choose: Callable[[Sequence[Any]], Any]
    taxpayer: str
    direction: str
    series: Sequence[Series]
    habits: Habits
    upstream: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)

    def pick(self, choices: Sequence[T]) -> T:
        chosen: T = self.choose(choices)
        return chosen

    def issue(self, total: str | None = None, **given: Any) -> Row:
        """The next invoice of a series, of a party, day and amount that recur."""
        series = given.pop("series", None) or self.pick(self.series)
        row = invoice(
            self._next_id("u", self.upstream), series.take(), total or self.pick(TOTALS), invoice_code=series.code,
            party=given.pop("party", None) or self.pick([SUPPLIER, OTHER]),
            on=given.pop("on", None) or self.pick(ISSUE_DAYS), **given,
        )  # fmt: skip
        self.upstream.append(self._placed(row))
        return self.upstream[-1]

    def list_again(self, of: Row) -> None:
        self.upstream.append(of | {"record_id": self._next_id("u", self.upstream)})

    def book(self, of: Row, reference: str | None, money: Money | None = None, **given: Any) -> Row:
        """A line for an invoice, posted some days later, with the columns that this ledger keeps."""
        day = of["issued_at"].date()
        party = given.pop("party", party_of(of))
        lag = given.pop("lag", None) or self.pick([0, 1, 12])
        kept = dict(zip(("total", "amount", "tax"), money or money_of(of), strict=True))
        row = entry(
            self._next_id("l", self.ledger), reference, None, posted_on=min(day + timedelta(lag), LAST_DAY),
            party={"id": None, "name": None} | {name: party[name] for name in self.habits.party},
            invoice_date=given.pop("day", day) if self.habits.keeps_date else None,
            **{f"{name}_cny": str(kept[name]) for name in self.habits.money},
        )  # fmt: skip
        self.ledger.append(self._placed(row | given))
        return self.ledger[-1]

    def _next_id(self, prefix: str, rows: Sequence[Row]) -> str:
        return f"{prefix}{len(rows) + 1:02}-{self.taxpayer}"

    def _placed(self, row: Row) -> Row:
        placed = row | {"taxpayer_id": self.taxpayer, "direction": self.direction}
        if self.direction == "output" and "issued_at" in row:
            names = ("tax_id", "name")
            placed |= {f"buyer_{name}": row.get(f"seller_{name}") for name in names}
            placed |= {f"seller_{name}": row.get(f"buyer_{name}") for name in names}
        return placed


def reference_to(of: Row) -> dict[str, Any]:
    """The plain reference to an invoice: its number, and its code apart."""
    return {"reference": of["invoice_number"], "invoice_code": of["invoice_code"]}


def party_of(of: Row) -> dict[str, Any]:
    side = "seller" if of["direction"] == "input" else "buyer"
    return {"id": of[f"{side}_tax_id"], "name": of[f"{side}_name"]}


def money_of(row: Row) -> Money:
    return row["total_cny"], row["amount_cny"], row["tax_cny"]


def more(money: Money, total: str = "0", tax: str = "0") -> Money:
    """The money, changed by that much; the amount takes what the tax does not."""
    return money[0] + Decimal(total), money[1] + Decimal(total) - Decimal(tax), money[2] + Decimal(tax)


def parted(money: Money, count: int) -> list[Money]:
    """The money in unequal parts that add up to it."""
    parts: list[Money] = []
    rest = money
    for place in range(1, count):
        total, amount, tax = (round(value * place / 7, 2) for value in money)
        parts.append((total, amount, tax))
        rest = (rest[0] - total, rest[1] - amount, rest[2] - tax)
    return [*parts, rest]
