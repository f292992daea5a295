"""Records that only one side shows: too early to call, missing, or not comparable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.oracle.judging import issued_on
from tests.oracle.reading import read_reference

Row = dict[str, Any]

GRACE = timedelta(hours=48)
BOOKING = timedelta(days=60)
LOOKBACK = timedelta(days=60)
"""A line without an invoice date may be of any day so long before its posting."""

REGIONS = {
    str(region)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (91, 95))
    for region in range(first, last + 1)
}


def cause_of_lone_invoice(invoice: Row, as_of: datetime) -> str:
    if invoice["status"] == "void":
        return "exact"
    if invoice["status"] == "red_full":
        return "red_letter_netted"
    past = datetime.combine(issued_on(invoice), time()) + BOOKING <= as_of
    return "not_booked" if past else "booking_lag"


def cause_of_lone_line(line: Row, coverage: Sequence[Row], as_of: datetime) -> str:
    if is_early(line, as_of):
        return "sync_delay"
    reading = read_reference(line["invoice_reference"])
    if not reading.numbers:
        return "unreadable_reference"
    if not was_received(line, coverage):
        return "upstream_gap"
    return "impossible_number" if any(is_impossible(number, as_of) for number in reading.numbers) else "not_found"


def is_early(line: Row, as_of: datetime) -> bool:
    """Within the grace window of the later of issue and posting."""
    return as_of < datetime.combine(max(line.get("invoice_date") or date.min, line["posted_on"]), time()) + GRACE


def may_conclude(line: Row, coverage: Sequence[Row], as_of: datetime) -> bool:
    """Its invoice would be there if there were one: all days that it may be of were received, and its grace is over."""
    return was_received(line, coverage) and not is_early(line, as_of)


def was_received(line: Row, coverage: Sequence[Row]) -> bool:
    """Its day was fully received; without a day, all days of the asked span that it may be of."""
    received = {row["issue_date"]: row["is_complete"] for row in coverage}
    if line.get("invoice_date"):
        return bool(received.get(line["invoice_date"]))
    posted: date = line["posted_on"]
    possible = [day for day in received if posted - LOOKBACK <= day <= posted]
    return bool(possible) and all(received[day] for day in possible)


def is_impossible(number: str, as_of: datetime) -> bool:
    """No tax system could have issued it: so many digits, that region, or that year."""
    year = int(number[:2])
    if len(number) == 20 and number.startswith("0"):  # a code of twelve digits, and the number
        return number[1:3] not in REGIONS or not as_of.year - 12 <= 2000 + int(number[5:7]) <= as_of.year
    if len(number) == 20 or (len(number) in {16, 17, 18} and 20 < year <= as_of.year % 100):
        return number[2:4] not in REGIONS or year > as_of.year % 100
    # Zeros in front of eight digits count for nothing.
    return len(number.lstrip("0")) > 8 and len(number) != 18
