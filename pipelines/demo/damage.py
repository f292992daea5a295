"""How people and spreadsheets spoil an invoice number or a sum: true values in, spoilt ones out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.demo.columns import Array, Rng

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ABSENT_TEXTS = ("见附件", "见清单", "发票后补", "一批", "电子票")
UNREADABLE_TEXTS = ("见附件", "无票", "待补", "手撕票一批", "白条", "收据")


def _blanks(number: str) -> str:
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


NOISE: dict[str, tuple[Callable[[str, str], str], ...]] = {
    "noise_full_width": (lambda number, code: number.translate(_FULL_WIDTH),),
    "noise_blanks": (
        lambda number, code: _blanks(number),
        lambda number, code: f"\t{number}",
        lambda number, code: f" {number} ",
    ),
    "noise_prefix": (
        lambda number, code: f"发票号：{number}",
        lambda number, code: f"No.{number}",
        lambda number, code: f"№{number}",
        lambda number, code: f"发票号码{number}",
    ),
    "noise_formula": (lambda number, code: f'="{number}"',),
    "noise_trailing_zero": (lambda number, code: f"{number}.0",),
    "noise_lost_zeros": (lambda number, code: number.lstrip("0"),),
    "noise_missing_code": (lambda number, code: number,),
    "noise_last_8": (lambda number, code: number[-8:],),
    "noise_code_and_number": (
        lambda number, code: code + number,
        lambda number, code: f"{code} {number}",
        lambda number, code: f"代码{code}号码{number}",
        lambda number, code: f"{code}-{number}",
    ),
    "noise_split_12_8": (lambda number, code: number[12:],),
}
"""Format noise, which is no fault: (number, code) -> text as typed. Several spellings of one kind take turns."""


def add_noise(name: str, numbers: list[str], codes: list[str]) -> list[str]:
    spellings = NOISE[name]
    pairs = zip(numbers, codes, strict=True)
    return [spellings[i % len(spellings)](number, code) for i, (number, code) in enumerate(pairs)]


def substitute_digit(number: str, position: int) -> str:
    return number[:position] + str((int(number[position]) + 1 + position % 8) % 10) + number[position + 1 :]


def transpose_digits(number: str, position: int) -> str:
    """Swap the first two different neighbours from `position` on, going round."""
    places = [(position + i) % (len(number) - 1) for i in range(len(number) - 1)]
    place = next((p for p in places if number[p] != number[p + 1]), None)
    if place is None:
        return substitute_digit(number, position)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def insert_digit(number: str, position: int) -> str:
    return number[:position] + str((position * 7 + 3) % 10) + number[position:]


def delete_digit(number: str, position: int) -> str:
    return number[:position] + number[position + 1 :]


TYPOS: dict[str, Callable[[str, int], str]] = {
    "number_substituted": substitute_digit,
    "number_transposed": transpose_digits,
    "number_inserted": insert_digit,
    "number_deleted": delete_digit,
    "number_and_amount_wrong": substitute_digit,
    "number_and_date_wrong": transpose_digits,
}


def mistype(name: str, rng: Rng, numbers: list[str]) -> list[str]:
    """One slip each, anywhere behind the first two digits and most often near the end."""
    spots = [2 + int((len(n) - 3) * share) for n, share in zip(numbers, rng.beta(2, 1, len(numbers)), strict=True)]
    return [TYPOS[name](number, spot) for number, spot in zip(numbers, spots, strict=True)]


def zero_last_digits(number: str) -> str:
    """What Excel keeps of 20 digits: the first 15."""
    return number[:15] + "00000"


def write_as_float(number: str) -> str:
    return repr(float(int(number)))


def transpose_cents(rng: Rng, cents: Array) -> Array:
    """Swap two neighbouring different digits of each sum; at least 0.09 off, the sign is kept."""
    result = cents + np.where(cents < 0, -10000, 10000)
    size = np.abs(cents)
    is_open = np.ones(len(cents), bool)
    for power in rng.permutation(8):
        low, high = size // 10**power % 10, size // 10 ** (power + 1) % 10
        fits = is_open & (low != high) & (size >= 10 ** (power + 1))
        swapped = size + (low - high) * 9 * 10**power
        result = np.where(fits & (swapped > 0), np.sign(cents) * swapped, result)
        is_open &= ~(fits & (swapped > 0))
    return result


def misstate_cents(rng: Rng, cents: Array) -> Array:
    """Off by a plain sum, as when a line was forgotten."""
    step = rng.choice([1000, 5000, 10000, 25000, 100000, 100], len(cents))
    is_less = (rng.random(len(cents)) < 0.5) & (cents > 2 * step)
    result: Array = cents + np.where(is_less, -step, step)
    return result
