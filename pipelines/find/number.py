"""A number as people type it, and the stretches of the index that it can stand in."""

from __future__ import annotations

import re
import unicodedata

TAIL = 8
"""Digits that `out_find_number` is sorted by."""
WHOLE_BELOW = 6


def number_conditions(number: str, fuzzy: bool) -> dict[str, object]:
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
