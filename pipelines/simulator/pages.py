"""One page of a listing, with its declared totals and the faults that meet it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipelines.simulator.books import SimulatedInvoice
from pipelines.simulator.exchange import RefusalError, Reply, Request, answer_data
from pipelines.simulator.listing import Row, sum_money, write_row
from pipelines.simulator.playing import Playing


@dataclass(frozen=True)
class Found:
    """What a question found; `until` is the moment up to which changes are seen."""

    invoices: Sequence[SimulatedInvoice]
    until: datetime


def answer_page(found: Found, request: Request, largest: int, playing: Playing, now: datetime) -> Reply:
    """Page `page` (from 1) or the one behind `cursor`; an empty one behind the end. Raises RefusalError."""
    size = min(request.number("size", 100), largest)
    page = _find_page(request)
    if playing.meet("broken_page", now, page):
        raise RefusalError(500, "500", "系统异常 | internal error")
    data = {"page": page, "size": size, **_declare(found, playing, now)}
    data["next"] = f"c{page + 1}" if page * size < len(found.invoices) else None
    place = "list" if playing.meet("moved_rows", now) else "rows"
    return answer_data({**data, place: _rename(_cut(found, page, size, playing, now), playing, now)})


def _find_page(request: Request) -> int:
    cursor = request.params.get("cursor")
    if not cursor:
        return request.number("page", 1)
    if not (cursor[0] == "c" and cursor[1:].isdecimal()):
        raise RefusalError(400, "400", f"cursor: {cursor!r}")
    return int(cursor[1:])


def _declare(found: Found, playing: Playing, now: datetime) -> dict[str, Any]:
    if playing.meet("no_total", now):
        return {}
    more, dearer = playing.meet("lying_total", now), playing.meet("lying_money", now)
    money = {name: value + Decimal(dearer.by if dearer else 0) for name, value in sum_money(found.invoices).items()}
    return {
        "total": len(found.invoices) + (more.by if more else 0),
        "totals": {name: str(value) for name, value in money.items()},
    }


def _cut(found: Found, page: int, size: int, playing: Playing, now: datetime) -> list[Row]:
    if playing.meet("lost_page", now, page) or playing.meet("lost_page_for_good", now, page):
        return []
    if playing.meet("repeated_page", now, page):
        page = max(1, page - 1)
    first = (page - 1) * size
    if playing.meet("overlapping_page", now, page):
        return [write_row(one, found.until) for one in found.invoices[max(0, first - 1) : first + size]]
    return [write_row(one, found.until) for one in found.invoices[first : first + size]]


def _rename(rows: list[Row], playing: Playing, now: datetime) -> list[Row]:
    fault = playing.meet("renamed_field", now)
    if fault is None:
        return rows
    return [{fault.new if name == fault.old else name: value for name, value in row.items()} for row in rows]
