"""Where an invoice was issued, by the digits of its number."""

from __future__ import annotations

import csv
from importlib import resources

from pipelines.find.facts import Region


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
