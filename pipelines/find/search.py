"""Where is this invoice? What both sides say about it, its verdict, and for each fact the file and row it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pipelines.errors import BadInputError, UsageError
from pipelines.find.facts import CoveredSpan, EntryFact, FindResult, FoundItem, HistoryEvent, InvoiceFact, WitnessFact
from pipelines.find.history import find_open_night, tell_history
from pipelines.find.number import clean_number, clean_party, number_conditions
from pipelines.find.region import find_region
from pipelines.query import open_published
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

MAX_ITEMS = 20
"""Items shown in full where nothing else is asked: each is read from some forty places of the file."""
MANY = 20_000
"""Candidates above which looking at every record is faster than fetching those of the candidates."""

Fact = TypeVar("Fact")


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
    limit: int = MAX_ITEMS,
) -> FindResult:
    """Look an invoice up in the published database.

    `text` is a full number (code and number in one is fine), the end of one, or a part with `?` (one character) and `*`
    (any); `fuzzy` also takes one wrong, missing, surplus or swapped character. Dates are those of issue, or of posting
    where the ledger keeps no other. `amount`, one or a range, is compared with the total, the amount and the
    tax, without sign. `status` is that of the invoice, so what is only booked has none. The `limit` best are shown.
    UsageError for a text without a digit or letter and without another condition; BadInputError if nothing was
    published.
    """
    number = clean_number(text)
    if not number.strip("?*") and not any((code, date_from, date_to, party, amount, status)):
        raise UsageError(
            "没有可查的内容 | There is nothing to look for.",
            found=repr(text),
            expected="号码或其后几位 | a number or its end",
        )
    if date_from and date_to and date_from > date_to:
        raise UsageError(
            "起始日晚于截止日 | --from is after --to.",
            where="--from, --to",
            found=f"{date_from} > {date_to}",
            expected="起始日不晚于截止日 | a first day that is not after the last",
        )
    conditions = _clean_conditions(code, date_from, date_to, party, amount, status)
    with open_published(settings) as con:
        _require_index(con, settings)
        _list_candidates(con, number, fuzzy, conditions)
        hits = run_sql(con, "find/find_best", {"limit": limit}).fetchall()
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


def _clean_conditions(
    code: str | None,
    date_from: date | None,
    date_to: date | None,
    party: str | None,
    amount: Decimal | tuple[Decimal, Decimal] | None,
    status: str | None,
) -> dict[str, object]:
    """As SQL compares them; None for what is not asked."""
    low, high = amount if isinstance(amount, tuple) else (amount, amount)
    return {
        "code": clean_number(code) if code else None,
        "date_from": date_from,
        "date_to": date_to,
        "party": clean_party(party) if party else None,
        "amount_from": abs(low) if low is not None else None,
        "amount_to": abs(high) if high is not None else None,
        "status": status,
    }


def _list_candidates(con: Connection, number: str, fuzzy: bool, conditions: dict[str, object]) -> None:
    """Fill `find_candidate` by what leads there fastest: the number, else the sum, else a look at every record."""
    asked = {name for name, value in conditions.items() if value is not None}
    widest = {"date_from": conditions["date_from"] or date.min, "date_to": conditions["date_to"] or date.max}
    wanted = conditions | widest
    if number.strip("?*"):
        run_sql(con, "find/find_by_number", number_conditions(number, fuzzy))
        _narrow(con, wanted, asked)
        return
    others = asked - {"amount_from", "amount_to"}
    if others < asked:
        run_sql(con, "find/find_by_amount", wanted)
        if not others or _count_candidates(con) <= MANY:
            _narrow(con, wanted, others)
            return
    run_sql(con, "find/find_by_record", wanted)


def _narrow(con: Connection, wanted: dict[str, object], asked: set[str]) -> None:
    if asked:
        run_sql(con, "find/find_narrow", wanted)


def _count_candidates(con: Connection) -> int:
    count: int = con.execute("SELECT count(*) FROM find_candidate").fetchall()[0][0]
    return count


def _require_index(con: Connection, settings: Settings) -> None:
    """BadInputError if readers get the masked file, or if a version before the index published the database."""
    if settings.readers_see == "masked":
        raise BadInputError(
            "遮蔽后的数据库里没有真实号码，不能查票 | The masked database holds no real numbers to look up.",
            where=settings.masked_path,
            found="readers_see = masked",
            expected="未遮蔽的数据库 | the open database",
            next_step="请有权看原始数据的同事查 | ask somebody who may see the open database",
        )
    if not con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'out_find_event'").fetchone():
        raise BadInputError(
            "已发布的数据库没有查票索引 | The published database has no index to look invoices up by.",
            where=settings.published_path,
            found="a database that an earlier version published",
            next_step="运行 `fapiao nightly` 重新发布 | `fapiao nightly` publishes it anew",
        )


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
    """Items with both sides and history, in the order of the rows."""
    members = run_sql(con, "find/find_member", {"item_rows": item_rows}).fetchall()
    upstream = _read_side(con, "upstream", members, InvoiceFact)
    ledger = _read_side(con, "ledger", members, EntryFact)
    stored = _group(run_sql(con, "find/find_history", {"item_rows": item_rows}).fetchall(), HistoryEvent)
    run_sql(con, "find/find_item", {"item_rows": item_rows})
    names = [column[0] for column in con.description or []][1:]
    found = {row: dict(zip(names, values, strict=True)) for row, *values in con.fetchall()}
    return tuple(
        FoundItem(
            **found[row],
            open_since_night=find_open_night(stored[row], found[row]["cause"]),
            upstream=tuple(upstream[row]),
            ledger=tuple(ledger[row]),
            history=tell_history(stored[row], upstream[row], ledger[row]),
        )
        for row in item_rows
    )


def _read_side(
    con: Connection, side: str, members: Sequence[tuple[str, int, int]], kind: Callable[..., Fact]
) -> dict[int, list[Fact]]:
    """The facts of one side per item row."""
    item_rows = {record_row: item_row for of_side, record_row, item_row in members if of_side == side}
    records = run_sql(con, f"find/find_{side}", {"record_rows": list(item_rows)}).fetchall()
    return _group([(item_rows[record_row], *fact) for record_row, *fact in records], kind)


def _group(rows: Sequence[tuple[Any, ...]], kind: Callable[..., Fact]) -> dict[int, list[Fact]]:
    """The facts per item row, which is the first column."""
    facts: dict[int, list[Fact]] = defaultdict(list)
    for item_row, *fact in rows:
        facts[item_row].append(kind(*fact))
    return facts
