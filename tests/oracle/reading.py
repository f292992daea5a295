"""What a ledger reference says, read as a bookkeeper reads it: which numbers it names, whether digits were lost."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SEPARATORS = re.compile(r"[、,;/]")
RANGE = re.compile(r"[自#]?(\d+)[号#]?起?[-~至]#?(\d+)[号#]?止?")
COUNTED = re.compile(r"(\d+)[起等](\d+)张")
SHOWN_AS_FLOAT = re.compile(r"\D*(\d)\.?(\d*)[eE]\+?(\d+)\D*")
PLACEHOLDER = re.compile(r"\d{1,3}|0+")
LONGEST_RANGE = 100
DIGITS_OF_A_FLOAT = 15
"""A spreadsheet keeps 15 digits of a number; the rest turns into zeros."""


@dataclass(frozen=True)
class Reading:
    """`numbers` as typed, digits only; `lost` the digits that a spreadsheet left right when it destroyed the rest."""

    numbers: tuple[str, ...] = ()
    lost: str | None = None

    @property
    def is_too_long(self) -> bool:
        """A range of so many numbers that nobody books it as one line without looking again."""
        return len(self.numbers) > LONGEST_RANGE


def read_reference(text: str | None) -> Reading:
    """The numbers that a reference names, in order, floats in a list last; none of them if nothing can be read.

    A number and how many is a range: the books write it only where all of it makes up the line's money.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text or ""))
    shown = SHOWN_AS_FLOAT.fullmatch(plain)
    if shown:
        return Reading(lost=_first_digits(shown[1] + shown[2], int(shown[3]) + 1))
    plain = re.sub(r"\.0$", "", plain.strip('="')).strip("发票号码:No.")
    if re.fullmatch(PLACEHOLDER, plain):
        return Reading()
    if re.fullmatch(r"\d{15}0{5}", plain):
        return Reading(lost=plain[:DIGITS_OF_A_FLOAT])
    ranged = RANGE.fullmatch(plain)
    if ranged:
        return Reading(_numbers_between(ranged[1], _completed(ranged[2], ranged[1])))
    counted = COUNTED.fullmatch(plain)
    if counted:
        return Reading(_numbers_between(counted[1], str(int(counted[1]) + int(counted[2]) - 1)))
    parts = SEPARATORS.split(plain)
    unknown = [part for part in parts if SHOWN_AS_FLOAT.fullmatch(part)]
    return Reading((*_listed([part for part in parts if part.isdigit()]), *unknown))


def _first_digits(shown: str, length: int) -> str:
    return shown if length == 20 else ""


def may_show(kept: str, number: str) -> bool:
    """Whether a spreadsheet shows these first digits of a number: some cut the rest off, others round."""
    rounded = f"{float(number):.{max(len(kept) - 1, 0)}e}".split("e")[0].replace(".", "")
    return number.startswith(kept) or rounded == kept


def _completed(short: str, before: str) -> str:
    """`79` after `12345678` is `12345679`."""
    return before[: len(before) - len(short)] + short


def _listed(parts: list[str]) -> tuple[str, ...]:
    numbers: list[str] = []
    for part in parts:
        numbers.append(_completed(part, numbers[-1]) if numbers else part)
    return tuple(numbers)


def _numbers_between(first: str, last: str) -> tuple[str, ...]:
    return tuple(str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))


def one_slip_apart(typed: str, meant: str) -> bool:
    """One digit wrong, missing or too many, or two neighbours swapped."""
    return typed != meant and (
        meant in _without_one(typed) or typed in _without_one(meant) or _same_but_one_place(typed, meant)
    )


def _without_one(digits: str) -> set[str]:
    return {digits[:place] + digits[place + 1 :] for place in range(len(digits))}


def _same_but_one_place(typed: str, meant: str) -> bool:
    if len(typed) != len(meant):
        return False
    wrong = [place for place in range(len(meant)) if typed[place] != meant[place]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return typed[wrong[0]] == meant[wrong[1]] and typed[wrong[1]] == meant[wrong[0]]
    return len(wrong) == 1
