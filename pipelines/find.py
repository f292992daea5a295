"""Where is this invoice? What both sides say about it, its verdict, and for each fact the file and row it came from."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from pipelines.errors import BadInputError, UsageError
from pipelines.query import open_published
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

MAX_ITEMS = 50
TAIL = 8
"""Digits that `out_find_number` is sorted by."""
WHOLE_BELOW = 6


@dataclass(frozen=True)
class InvoiceFact:
    """What the tax system says. Money in CNY."""

    record_id: str
    invoice_code: str | None
    invoice_number: str
    kind: str | None
    issued_at: datetime
    seller_name: str | None
    buyer_name: str | None
    amount_cny: Decimal
    tax_cny: Decimal
    total_cny: Decimal
    status: str
    is_red: bool
    observed_at: datetime
    source_id: str | None
    source_file: str | None
    source_row: int | None


@dataclass(frozen=True)
class EntryFact:
    """What the books say. Money in CNY; None where the ledger does not keep it."""

    record_id: str
    posted_on: date
    voucher_no: str | None
    invoice_reference: str | None
    invoice_code: str | None
    invoice_date: date | None
    counterparty_name: str | None
    amount_cny: Decimal | None
    tax_cny: Decimal | None
    total_cny: Decimal | None
    summary: str | None
    source_id: str | None
    source_file: str | None
    source_row: int | None


@dataclass(frozen=True)
class FoundItem:
    """One item with both sides. `open_since_night` is None for what is no finding."""

    item_id: str
    taxpayer_id: str
    direction: str
    verdict: str
    cause: str
    basis: str
    needs_review: bool
    difference_cny: Decimal | None
    due_on: date | None
    open_since_night: str | None
    explanation_zh: str
    explanation_en: str
    upstream: tuple[InvoiceFact, ...]
    ledger: tuple[EntryFact, ...]


@dataclass(frozen=True)
class WitnessFact:
    """What e-invoice files say. Money in CNY; `item_id` is None where neither side has the invoice."""

    item_id: str | None
    invoice_number: str | None
    issued_at: datetime | None
    total_cny: Decimal | None
    source_files: str
    explanation_zh: str
    explanation_en: str


@dataclass(frozen=True)
class CoveredSpan:
    """First and last day of issue that were fully received, and the days between that were not."""

    taxpayer_id: str
    direction: str
    covered_from: date
    covered_to: date
    gap_days: tuple[date, ...]


@dataclass(frozen=True)
class Region:
    """The tax bureau that a number belongs to by its digits."""

    region_code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class FindResult:
    """`items` best first, at most 50 of `hits`; `witnesses`: e-invoice files of these items or of the number. `covered`
    (empty: nothing was ever fully received) and `region` (None: the digits do not tell) say where else to look when
    nothing was found, `grace_hours` how long an invoice may come after its issue or posting."""

    number: str
    items: tuple[FoundItem, ...]
    hits: int
    witnesses: tuple[WitnessFact, ...]
    covered: tuple[CoveredSpan, ...]
    region: Region | None
    grace_hours: int
    as_of: datetime


def find_invoices(
    settings: Settings,
    text: str = "",
    *,
    code: str | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    party: str | None = None,
    amount: Decimal | tuple[Decimal, Decimal] | None = None,
    status: str | None = None,
    fuzzy: bool = False,
) -> FindResult:
    """Look an invoice up in the published database.

    `text` is a full number (code and number in one is fine), the end of one, or a part with `?` (one character) and `*`
    (any); `fuzzy` also takes one wrong, missing, surplus or swapped character. Dates are those of issue, or of posting
    where the ledger keeps no other. `amount`, one or a range, is compared with the total, the amount and the
    tax, without sign. `status` is that of the invoice, so what is only booked has none.
    UsageError for a text without a digit or letter and without another condition; BadInputError if nothing was
    published.
    """
    number = clean_number(text)
    if not number.strip("?*") and not any((code, date_from, date_to, party, amount, status)):
        raise UsageError(
            "没有可查的内容 | There is nothing to look for.", found=repr(text), expected="a number or its end"
        )
    low, high = amount if isinstance(amount, tuple) else (amount, amount)
    narrowing = {
        "code": clean_number(code) if code else None,
        "date_from": date_from,
        "date_to": date_to,
        "party": clean_party(party) if party else None,
        "amount_from": abs(low) if low is not None else None,
        "amount_to": abs(high) if high is not None else None,
        "status": status,
    }
    is_narrowed = any(value is not None for value in narrowing.values())
    wanted = {**narrowing, **_number_conditions(number, fuzzy), "is_narrowed": is_narrowed, "limit": MAX_ITEMS}
    with open_published(settings) as con:
        _require_index(con, settings)
        hits = run_sql(con, "find/find_named" if number.strip("?*") else "find/find_fitting", wanted).fetchall()
        items = _read_items(con, [row[0] for row in hits])
        return FindResult(
            number=number,
            items=items,
            hits=hits[0][1] if hits else 0,
            witnesses=_read_witnesses(con, items, number),
            covered=_read_coverage(con),
            region=find_region(number),
            grace_hours=settings.sync_grace_hours,
            as_of=_read_as_of(con),
        )


def _require_index(con: Connection, settings: Settings) -> None:
    """BadInputError if readers get the masked file, or if a version before the index published the database."""
    if settings.readers_see == "masked":
        raise BadInputError(
            "遮蔽后的数据库里没有真实号码，不能查票 | The masked database holds no real numbers to look up.",
            where=settings.masked_path,
            found="readers_see = masked",
            expected="the open database",
            next_step="请有权看原始数据的同事查 | ask somebody who may see the open database",
        )
    if not con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'out_find_number'").fetchone():
        raise BadInputError(
            "已发布的数据库没有查票索引 | The published database has no index to look invoices up by.",
            where=settings.published_path,
            found="a database that an earlier version published",
            next_step="运行 `fapiao nightly` 重新发布 | `fapiao nightly` publishes it anew",
        )


def _number_conditions(number: str, fuzzy: bool) -> dict[str, object]:
    """What `find_named` needs of a cleaned number, as typed with its wildcards."""
    is_near = fuzzy and number.isalnum()
    tail_from, tail_to = tail_range(re.split(r"[?*]", number)[-1])
    return {
        "number": number.replace("?", "").replace("*", ""),
        "pattern": build_pattern(number),
        "tail_from": tail_from,
        "tail_to": tail_to,
        "near": build_near_pattern(number) if is_near else None,
        "near_tails": list_near_tails(number) if is_near else [],
    }


def tail_range(ending: str) -> tuple[int, int]:
    """First and last `out_find_number.tail` of the numbers that end so; the empty stretch if it holds a letter."""
    backwards = ending[-TAIL:][::-1]
    if backwards and not backwards.isdecimal():
        return 0, -1
    return int(backwards.ljust(TAIL, "0")), int(backwards.ljust(TAIL, "9"))


def list_near_tails(number: str) -> list[int]:
    """Tails that a number at edit distance one can have. Below six characters only whole numbers count as near."""
    tails = {-1}
    for variant in _list_variants(number):
        first, last = tail_range(variant)
        tails.update(range(first, last + 1) if len(number) >= WHOLE_BELOW else (first,))
    return sorted(tails)


def _list_variants(number: str) -> set[str]:
    places = range(len(number))
    gaps = (*places, len(number))
    return {
        number,
        *(number[:i] + number[i + 1 :] for i in places),
        *(number[:i] + digit + number[i + 1 :] for i in places for digit in "0123456789"),
        *(number[:i] + digit + number[i:] for i in gaps for digit in "0123456789"),
        *(number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in places[:-1]),
    }


def clean_number(text: str) -> str:
    """Half width, upper case, without blanks, quotes and punctuation; `?` and `*` stay."""
    return re.sub(r"[^0-9A-Z?*]", "", unicodedata.normalize("NFKC", text).upper().removesuffix(".0"))


def clean_party(name: str) -> str:
    """A name as it is compared: half-width brackets, upper case, no blanks."""
    return re.sub(r"\s", "", name.translate(str.maketrans("（）", "()")).upper())


def build_pattern(number: str) -> str:
    """LIKE pattern: as typed if it holds `?` or `*`, else the number or the end of one."""
    if set(number) & {"?", "*"}:
        return number.replace("?", "_").replace("*", "%")
    return f"%{number}"


def build_near_pattern(number: str) -> str:
    """Regular expression of every text at edit distance one: a character wrong, missing, surplus, or two swapped.

    From six characters on it also fits the end of a longer number. One expression over all rows is far cheaper than an
    edit distance per row (measured at 1 million x 1 million records: 19 s for the distances).
    """
    places = range(len(number))
    near = [
        *(f"{number[:i]}.?{number[i + 1 :]}" for i in places),
        *(f"{number[:i]}.{number[i:]}" for i in (*places, len(number))),
        *(f"{number[:i]}{number[i + 1]}{number[i]}{number[i + 2 :]}" for i in places[:-1]),
    ]
    return f"{'' if len(number) >= WHOLE_BELOW else '^'}(?:{'|'.join(near)})$"


def _read_as_of(con: Connection) -> datetime:
    as_of: datetime = con.execute("SELECT as_of FROM out__night").fetchall()[0][0]
    return as_of


def _read_coverage(con: Connection) -> tuple[CoveredSpan, ...]:
    rows = run_sql(con, "find/find_coverage").fetchall()
    return tuple(CoveredSpan(who, direction, first, last, tuple(gaps)) for who, direction, first, last, gaps in rows)


def _read_witnesses(con: Connection, items: tuple[FoundItem, ...], number: str) -> tuple[WitnessFact, ...]:
    wanted = {"item_ids": [item.item_id for item in items], "number": number}
    return tuple(WitnessFact(*row) for row in run_sql(con, "find/find_witness", wanted).fetchall())


def _read_items(con: Connection, item_rows: list[int]) -> tuple[FoundItem, ...]:
    """Items with both sides, in the order of the rows."""
    wanted = {"item_rows": item_rows}
    upstream = _group_facts(run_sql(con, "find/find_upstream", wanted).fetchall())
    ledger = _group_facts(run_sql(con, "find/find_ledger", wanted).fetchall())
    run_sql(con, "find/find_item", wanted)
    names = [column[0] for column in con.description or []][1:]
    found = {row: dict(zip(names, values, strict=True)) for row, *values in con.fetchall()}
    return tuple(
        FoundItem(
            **found[row],
            upstream=tuple(InvoiceFact(*fact) for fact in upstream[found[row]["item_id"]]),
            ledger=tuple(EntryFact(*fact) for fact in ledger[found[row]["item_id"]]),
        )
        for row in item_rows
    )


def _group_facts(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    facts: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for item_id, *fact in rows:
        facts[item_id].append(tuple(fact))
    return facts


def find_region(number: str) -> Region | None:
    """The bureau that a number belongs to: digits 3-4 of a 20-digit number, 2-5 of a 12-digit code that begins with 0,
    1-4 of a 10-digit code. None if the digits do not tell, or name no known region."""
    known = read_regions()
    return next((known[code] for code in _list_region_codes(number) if code in known), None)


def _list_region_codes(number: str) -> list[str]:
    if not number.isdecimal():
        return []
    length, first = len(number), number[0]
    if length == 20 and first != "0":
        return [number[2:4]]
    digits = number[1:5] if length in (12, 20) and first == "0" else number[:4] if length in (10, 18) else ""
    return [digits, digits[:2]] if digits else []


def read_regions() -> dict[str, Region]:
    """Shipped regions by code, 2 or 4 digits."""
    source = resources.files("pipelines").joinpath("reference", "regions.csv")
    lines = source.read_text(encoding="utf-8").splitlines()
    return {row["region_code"]: Region(**row) for row in csv.DictReader(lines)}
