"""Which invoice gets which fault, and what follows upstream: red invoices, repeated rows, late arrivals."""

from __future__ import annotations

import numpy as np

from pipelines.demo.columns import (
    DAY,
    NEVER,
    Array,
    Columns,
    Rng,
    day_of,
    on_gap_days,
    row_count,
    stack_rows,
    take_rows,
)
from pipelines.demo.faults import COMBINED_FAULTS, FAULTS, LONE_FAULTS, RED_FAULTS, fault_code
from pipelines.demo.parties import Parties
from pipelines.demo.population import RED_FULL, RED_PARTIAL, VOID, Span, number_invoices

_OLD_ONLY = ("noise_missing_code", "noise_code_and_number", "void_not_booked", "void_booked")
_DIGITAL_ONLY = (
    *("noise_last_8", "noise_split_12_8", "number_inserted", "number_deleted", "number_and_date_wrong"),
    *("digits_lost_zeros", "digits_lost_float"),
)
_UNBOOKED = ("booking_lag", "not_booked", "booked_late", "sync_delay")
_LARGE_ONLY = ("split_entries", "split_sum_off", "amount_transposed", "amount_wrong", "number_and_amount_wrong")


def draw_posting_days(rng: Rng, issued: Array) -> Array:
    """Most within a week, some after a month, none after 50 days."""
    lag = np.minimum(rng.exponential(1.0, len(issued)) * rng.choice([3, 3, 3, 12], len(issued)), 50)
    posted: Array = day_of(issued) + lag.astype("timedelta64[D]")
    return posted


class FaultPlanner:
    """Hands out invoices to faults: each at most once, in random order, only where the fault can be shown."""

    def __init__(self, rng: Rng, blue: Columns, span: Span, gap: Array) -> None:
        self.rng, self.blue, self.gap = rng, blue, gap
        self.order = rng.permutation(row_count(blue))
        age = (span.today - day_of(blue["issued"])).astype(np.int64)
        self.age = age
        self.is_booked = blue["posted"] <= span.today - np.timedelta64(4, "D")
        self.is_free = ~gap & (age >= 0)
        self.special = self._find_special_rows()
        self.last_digits = _last_digits(blue["number"])

    def can_show(self, name: str) -> Array:
        blue, fits = self.blue, self.is_free & (self.is_booked if name not in _UNBOOKED else True)
        if name in _OLD_ONLY:
            fits &= ~blue["is_digital"]
        if name in _DIGITAL_ONLY:
            fits &= blue["is_digital"]
        if name in _LARGE_ONLY or name.startswith("amount"):
            fits &= blue["total"] > 20_000
        return fits & self.special.get(name, True)

    def _find_special_rows(self) -> dict[str, Array]:
        """What some faults need beyond a booked invoice; a red letter needs a week to come and be booked."""
        blue, age = self.blue, self.age
        recent = 4 if np.any(age[self.is_free] <= 4) else 9999
        is_week_old = age > 7
        return {
            **dict.fromkeys(RED_FAULTS, is_week_old),
            "noise_lost_zeros": ~blue["is_digital"] & (blue["number"].astype("S1") == b"0"),
            "tax_differs": blue["tax"] > 500,
            # With the same party and total the typed number simply is that other invoice: nobody could tell.
            "number_of_another": np.append(
                (blue["burst"][1:] == blue["burst"][:-1]) & (blue["total"][1:] != blue["total"][:-1]), False
            ),
            "booking_lag": (age >= 1) & (age < 57),
            "not_booked": age > 62,
            "booked_late": age > 62,
            "red_full_later": (age < 30) & (age > 4),
            "sync_delay": (age >= 1) & (age <= recent),
        }

    def pick(self, name: str, count: int) -> None:
        shuffled = self.order[self.can_show(name)[self.order]]
        self._assign(shuffled[:count], name)

    def _assign(self, rows: Array, name: str) -> None:
        self.blue["fault"][rows] = fault_code(name)
        self.is_free[rows] = False

    def pick_runs(self, name: str, count: int) -> list[Array]:
        """Runs of two to four neighbours of one burst, kind and day, numbered without a gap."""
        blue, free = self.blue, self.is_free & self.is_booked
        joins = (blue["burst"][1:] == blue["burst"][:-1]) & free[1:] & free[:-1]
        joins &= (np.diff(self.last_digits) == 1) & (blue["code"][1:] == blue["code"][:-1])
        joins &= day_of(blue["issued"])[1:] == day_of(blue["issued"])[:-1]
        starts = np.flatnonzero(joins & ~np.append(False, joins[:-1]))
        runs = []
        for start in self.rng.permutation(starts)[:count]:
            follows = joins[start : start + 3]
            length = 1 + (len(follows) if follows.all() else int(np.argmin(follows)))
            runs.append(np.arange(start, start + length))
            self._assign(runs[-1], name)
        return runs

    def pick_gap(self, share: float) -> None:
        rows = np.flatnonzero(self.gap)
        rows = rows[self.is_booked[rows]] if share < 1 else rows
        self._assign(self.rng.permutation(rows)[: round(len(rows) * share)], "upstream_gap")


def _last_digits(numbers: Array) -> Array:
    """The last 8 digits as a whole number; the numbers have 20 or 8."""
    characters = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, numbers.dtype.itemsize)
    is_short = characters[:, 8] == 0
    last = np.where(is_short[:, None], characters[:, :8], characters[:, 12:20]).astype(np.int64) - ord("0")
    value: Array = last @ (10 ** np.arange(7, -1, -1))
    return value


def assign_faults(planner: FaultPlanner, counts: dict[str, int], gap_share: float) -> list[tuple[str, Array]]:
    """Give every fault its invoices (column `fault` of the planner's rows); returns the runs booked in one entry."""
    planner.pick_gap(gap_share)
    runs = [(name, run) for name in COMBINED_FAULTS for run in planner.pick_runs(name, counts[name])]
    special = {"upstream_gap", *COMBINED_FAULTS, *LONE_FAULTS}
    scarce = (*_UNBOOKED, "red_full_later", "noise_lost_zeros", *_OLD_ONLY, "number_of_another")
    rest = [fault.name for fault in FAULTS[1:] if fault.name not in special | set(scarce)]
    for name in (*scarce, *rest):
        planner.pick(name, counts[name])
    return runs


def add_consequences(rng: Rng, parties: Parties, blue: Columns, span: Span) -> Columns:
    """Blue rows with their late arrivals and final states, then their red invoices, then rows listed twice."""
    blue["status"][np.isin(blue["fault"], [fault_code("void_not_booked"), fault_code("void_booked")])] = VOID
    gone = blue["fault"] == fault_code("upstream_gap")
    blue["visible"][gone] = NEVER
    late = blue["fault"] == fault_code("sync_delay")
    blue["visible"][late] = (span.today + DAY).astype("M8[s]")
    _turn_red_in_place(blue, blue["fault"] == fault_code("red_of_old_blue"))
    reds = _draw_reds(rng, parties, blue, span)
    twice = take_rows(blue, blue["fault"] == fault_code("listed_twice"))
    twice["is_surplus"][:] = True
    return stack_rows([blue, reds, twice])


def _turn_red_in_place(blue: Columns, rows: Array) -> None:
    """A red invoice whose blue one was issued before everything that we hold."""
    for name in ("amount", "tax", "total"):
        blue[name][rows] *= -1
    blue["is_red"][rows] = True
    blue["original_number"][rows] = [b"24" + number[2:] for number in blue["number"][rows]]


def _draw_reds(rng: Rng, parties: Parties, blue: Columns, span: Span) -> Columns:
    rows = np.flatnonzero(np.isin(blue["fault"], [fault_code(name) for name in RED_FAULTS]))
    reds = take_rows(blue, rows)
    is_later = reds["fault"] == fault_code("red_full_later")
    is_partial = reds["fault"] == fault_code("red_partial")
    reds["issued"] = np.where(is_later, span.now + np.timedelta64(9 * 3600, "s"), _draw_red_times(rng, reds, span))
    share = np.where(is_partial, rng.integers(20, 80, len(rows)), 100)
    for name in ("amount", "tax"):
        reds[name] = -(reds[name] * share // 100)
    reds["total"] = reds["amount"] + reds["tax"]
    reds["visible"] = (day_of(reds["issued"]) + np.timedelta64(1, "D")).astype("datetime64[s]")
    reds["original"], reds["original_number"] = rows, reds["number"].copy()
    reds["is_red"][:] = True
    blue["flips"][rows] = reds["visible"]
    blue["status"][rows] = np.where(is_partial, RED_PARTIAL, RED_FULL)
    return _number_reds(rng, parties, reds, span)


def _draw_red_times(rng: Rng, reds: Columns, span: Span) -> Array:
    """Log-normal lag, median 6 days for purchases and 26 for sales (as measured); before today, on no gap day."""
    median = np.where(reds["direction"] == 0, 6.0, 26.0)
    lag_days = median * np.exp(rng.normal(0, 1.3, len(median)))
    room_days = (span.now - np.timedelta64(3 * 86400, "s") - reds["issued"]).astype(np.int64) / 86400
    lag_days = np.where(lag_days < room_days, lag_days, room_days * rng.uniform(0.2, 0.95, len(median)))
    times: Array = reds["issued"] + (lag_days * 86400).astype("timedelta64[s]")
    for _ in range(max((len(days) for days in span.gap_days.values()), default=0)):
        times = np.where(on_gap_days(reds["direction"], day_of(times), span.gap_days), times + DAY, times)
    return times


def _number_reds(rng: Rng, parties: Parties, reds: Columns, span: Span) -> Columns:
    reds = take_rows(reds, np.argsort(reds["issued"], kind="stable"))
    reds["burst"] = np.arange(len(reds["burst"]), dtype=np.int32)
    reds["posted"] = np.minimum(
        day_of(reds["issued"]) + rng.integers(0, 3, len(reds["burst"])).astype("timedelta64[D]"),
        np.maximum(day_of(reds["issued"]), span.today - np.timedelta64(2, "D")),
    )
    later = reds["fault"] == fault_code("red_full_later")
    reds["posted"][later] = span.today + np.timedelta64(1, "D")
    numbered = number_invoices(rng, parties, {k: v for k, v in reds.items() if k not in {"number", "code"}}, 50_000_000)
    return {name: numbered[name] for name in reds}
