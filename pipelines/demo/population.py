"""Blue and red invoices of one company over some months: times, parties, money and the numbers they run under.

Hard on purpose: invoices come in bursts with neighbouring numbers, suppliers of one tax bureau interleave, flat fees
and round totals recur, and old 8-digit numbers repeat across codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from pipelines.demo.columns import NEVER, Array, Columns, Rng, day_of, row_count, zero_padded
from pipelines.demo.parties import BUREAUS, OUR_REGION, REGIONS, Parties

STATUSES = ("normal", "void", "red_full", "red_partial")
NORMAL, VOID, RED_FULL, RED_PARTIAL = range(4)
KINDS = (
    *("数电票（增值税专用发票）", "数电票（普通发票）", "增值税专用发票", "增值税普通发票"),
    *("增值税电子专用发票", "增值税电子普通发票"),
)
SPECIAL_KINDS = (0, 2, 4)
"""Kinds whose tax can be deducted."""
_BASES = np.array([1_234, 34_500, 120_300, 1_203_000, 3_450_000, 8_765_000, 23_456_000, 45_678_000])
_BUREAU = np.array([BUREAUS.get(region, region[:2]) for region in REGIONS], dtype="S2")
_OUR_REGION = REGIONS.index(OUR_REGION)


@dataclass(frozen=True)
class Span:
    """Invoices are issued from `start` until before `end`; `as_of` is the moment that faults are planned for."""

    start: datetime
    end: datetime
    as_of: datetime
    lone_counts: dict[str, int] = field(default_factory=dict)
    gap_days: dict[int, list[np.datetime64]] = field(default_factory=dict)

    @property
    def today(self) -> np.datetime64:
        return np.datetime64(self.as_of.date(), "D")

    @property
    def now(self) -> np.datetime64:
        return np.datetime64(self.as_of, "s")


def draw_blue_invoices(rng: Rng, parties: Parties, count: int, span: Span) -> Columns:
    """`count` normal invoices in bursts, sorted by time of issue, money in whole cents, not numbered yet."""
    sizes = rng.geometric(0.55, count)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]
    burst = np.repeat(np.arange(len(sizes)), sizes)[:count]
    party = rng.choice(parties.count, len(sizes), p=parties.weight / parties.weight.sum())
    is_digital = rng.random(len(sizes)) < 0.85
    opened = _draw_opening_times(rng, len(sizes), span)
    position = np.arange(count) - np.searchsorted(burst, burst)
    issued = opened[burst] + (position * 15 + rng.integers(0, 10, count)).astype("timedelta64[s]")
    columns = {
        "party": party[burst].astype(np.int32),
        "burst": burst.astype(np.int32),
        "issued": issued,
        "is_digital": is_digital[burst],
        **_draw_money(rng, parties, party[burst]),
        **_blank_state(count),
    }
    columns["direction"] = parties.direction[columns["party"]]
    columns["kind"] = _draw_kinds(rng, columns["is_digital"], parties.rate[columns["party"]])
    columns["visible"] = (day_of(issued) + np.timedelta64(1, "D")).astype("datetime64[s]")
    return number_invoices(rng, parties, columns)


def _blank_state(count: int) -> Columns:
    return {
        "status": np.zeros(count, np.int8),
        "is_red": np.zeros(count, bool),
        "original": np.full(count, -1, np.int64),
        "flips": np.full(count, NEVER),
        "fault": np.zeros(count, np.int16),
        "is_surplus": np.zeros(count, bool),
    }


def _draw_opening_times(rng: Rng, count: int, span: Span) -> Array:
    """Working hours, few at weekends."""
    days = np.arange(np.datetime64(span.start, "D"), np.datetime64(span.end, "D"))
    is_weekend = (days.astype(np.int64) + 3) % 7 >= 5
    weight = np.where(is_weekend, 0.15, 1.0)
    day = rng.choice(days, count, p=weight / weight.sum())
    second = np.clip(rng.normal(13.5, 2.5, count), 8, 19) * 3600
    return np.sort(day.astype("datetime64[s]") + second.astype("timedelta64[s]"))


def _draw_money(rng: Rng, parties: Parties, party: Array) -> Columns:
    """Cents: flat fees and round totals fix the total, the others fix the amount; tax is rounded half up."""
    count = len(party)
    rate = parties.rate[party]
    varied = np.maximum(1000, np.exp(rng.normal(12.5, 1.6, count)).astype(np.int64))
    is_round = rng.random(count) < 0.12
    round_totals = rng.choice([50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000], count)
    fixed = np.where(parties.fee_cents[party] > 0, parties.fee_cents[party], np.where(is_round, round_totals, 0))
    amount = np.where(fixed > 0, (fixed * 100 + (100 + rate) // 2) // (100 + rate), varied)
    tax = np.where(fixed > 0, fixed - amount, (amount * rate + 50) // 100)
    return {"amount": amount, "tax": tax, "total": amount + tax}


def _draw_kinds(rng: Rng, is_digital: Array, rate: Array) -> Array:
    is_special = (rng.random(len(rate)) < 0.8) & (rate > 0)
    is_electronic = rng.random(len(rate)) < 0.5
    old = np.where(is_electronic, np.where(is_special, 4, 5), np.where(is_special, 2, 3))
    return np.where(is_digital, np.where(is_special, 0, 1), old).astype(np.int8)


def number_invoices(rng: Rng, parties: Parties, columns: Columns, first: int = 0) -> Columns:
    """Add `number` and `code` to rows in order of issue; `first` keeps the sequences of two calls apart."""
    region = np.array([REGIONS.index(str(r)) for r in parties.region])[columns["party"]]
    region = np.where(columns["direction"] == 1, _OUR_REGION, region)
    digital = columns["is_digital"]
    number = np.zeros(row_count(columns), dtype="S20")
    code = np.zeros(row_count(columns), dtype="S12")
    number[digital] = _digital_numbers(rng, columns, region, digital, first)
    number[~digital], code[~digital] = _old_numbers(rng, columns, region, ~digital, first)
    return {**columns, "number": number, "code": code}


def _year_of(moments: Array) -> Array:
    return (moments.astype("datetime64[Y]").astype(np.int64) + 1970) % 100


def _run_sequence(group: Array, gap: Array) -> Array:
    """Running sum of the gaps within each group; rows of a group need not be neighbours."""
    order = np.argsort(group, kind="stable")
    running = np.cumsum(gap[order])
    sorted_group = group[order]
    starts = np.searchsorted(sorted_group, sorted_group)
    result = np.empty(len(group), np.int64)
    result[order] = running - running[starts] + 1
    return result


def _digital_numbers(rng: Rng, columns: Columns, region: Array, rows: Array, first: int) -> Array:
    """Year, bureau, channel 2, 15 digits: one sequence per bureau that all its suppliers draw from."""
    year, region, burst = _year_of(columns["issued"][rows]), region[rows], columns["burst"][rows]
    is_new_burst = np.concatenate([[True], burst[1:] != burst[:-1]]) if len(burst) else np.zeros(0, bool)
    gap = np.where(is_new_burst, rng.geometric(0.08, len(burst)), np.where(rng.random(len(burst)) < 0.85, 1, 2))
    sequence = _run_sequence(year * 100 + region, gap) + 120_004_500 + region * 1_370_011 + first
    parts = (year.astype("S2"), _BUREAU[region], np.full(len(year), b"2"), zero_padded(sequence, 15))
    result = parts[0]
    for part in parts[1:]:
        result = np.char.add(result, part)
    return result


def _old_numbers(rng: Rng, columns: Columns, region: Array, rows: Array, first: int) -> tuple[Array, Array]:
    """8 digits under a code per region and kind; the numbers of different codes overlap."""
    kind, region, burst = columns["kind"][rows], region[rows], columns["burst"][rows]
    codes = np.array([[_old_code(r, k) for k in range(2, 6)] for r in REGIONS], dtype="S12")
    code = codes[region, kind - 2]
    group = region * 4 + kind - 2
    same = np.concatenate([[False], burst[1:] == burst[:-1]]) if len(burst) else np.zeros(0, bool)
    gap = np.where(same, 1, rng.integers(1, 60, len(burst)))
    sequence = _run_sequence(group, gap) + _BASES[group % len(_BASES)] + first
    return zero_padded(sequence, 8), code


def _old_code(region: str, kind: int) -> str:
    year = "26" if int(region) % 200 else "25"
    return {
        2: f"{region}{year}2130",
        3: f"{region}{year}2320",
        4: f"0{region}{year}00113",
        5: f"0{region}{year}00111",
    }[kind]
