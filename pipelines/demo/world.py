"""One invented company over time: everything that is ever issued and posted, and what is seen of it at a moment.

The truth at a moment follows from what both sides show by then: a late invoice is `sync_delay` tonight and `exact`
tomorrow, a reversed one is `exact` until its red invoice arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from pipelines.demo.columns import DAY, Array, Columns, day_of, on_gap_days, row_count
from pipelines.demo.entries import build_ledger, has_fault, linked_causes
from pipelines.demo.faults import FAULTS, LAYOUT_SHARES, LAYOUTS, cause_code, planned_counts
from pipelines.demo.parties import Parties, make_parties
from pipelines.demo.planting import FaultPlanner, add_consequences, assign_faults, draw_posting_days
from pipelines.demo.population import NORMAL, RED_FULL, VOID, Span, draw_blue_invoices

BOOKING_WINDOW_DAYS = 60
GRACE_HOURS = 48
LOOKBACK_DAYS = 60
RECURRENCE_DAYS = 60


@dataclass(frozen=True)
class World:
    """`links` are all true pairs (position of the entry, position of the invoice)."""

    parties: Parties
    span: Span
    upstream: Columns
    entries: Columns
    links: Array


@dataclass(frozen=True)
class Sight:
    """What a night knows: `upstream_until` per direction and `entries_until` per layout are the moments of the last
    export that arrived; `complete_until` is the last day per direction that an export covers for good."""

    as_of: datetime
    upstream_until: tuple[datetime, datetime]
    entries_until: tuple[datetime, ...]
    complete_until: tuple[np.datetime64, np.datetime64]
    gap_days: dict[int, list[np.datetime64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Truth:
    """Masks of what is seen, the cause that a perfect reconciliation gives to each row, and whether it could."""

    sees_invoice: Array
    sees_entry: Array
    status: Array
    invoice_cause: Array
    entry_cause: Array
    invoice_resolvable: Array
    entry_resolvable: Array


def build_world(
    seed: int, invoices: int, span: Span, fault_rate: float = 0.2, gap_share: float = 0.5, parties: int | None = None
) -> World:
    """`invoices` blue ones (their red ones come on top), issued within the span; the same seed gives the same world.

    `gap_share` is the share of the invoices of a gap day that never arrives.
    """
    rng = np.random.default_rng(seed)
    counts = planned_counts(invoices, fault_rate)
    span = Span(span.start, span.end, span.as_of, counts, span.gap_days)
    people = make_parties(rng, parties or int(np.clip(invoices // 50, 24, 20_000)), LAYOUT_SHARES)
    blue = draw_blue_invoices(rng, people, invoices, span)
    blue["posted"] = draw_posting_days(rng, blue["issued"])
    blue["original_number"] = np.zeros(invoices, dtype="S20")
    gap = on_gap_days(blue["direction"], day_of(blue["issued"]), span.gap_days)
    runs = assign_faults(FaultPlanner(rng, blue, span, gap), counts, gap_share)
    upstream = add_consequences(rng, people, blue, span)
    ledger = build_ledger(rng, people, upstream, runs, span)
    return World(people, span, upstream, ledger.entries, ledger.links)


def look(world: World, sight: Sight) -> Truth:
    """Everything that is true at the moment, aligned with the rows of the world."""
    upstream, entries = world.upstream, world.entries
    until = np.array(sight.upstream_until, "M8[s]")[upstream["direction"]]
    sees_invoice = upstream["visible"] <= until
    sees_entry = entries["visible"] <= np.array(sight.entries_until, "M8[s]")[entries["layout"]]
    status = np.where((upstream["status"] == VOID) | (upstream["flips"] <= until), upstream["status"], NORMAL)
    links = world.links[sees_entry[world.links[:, 0]] & sees_invoice[world.links[:, 1]]]
    is_booked, is_known = np.zeros(row_count(upstream), bool), np.zeros(row_count(entries), bool)
    is_booked[links[:, 1]] = is_known[links[:, 0]] = True
    invoice_cause = np.where(
        is_booked | upstream["is_surplus"], linked_causes(upstream), _unbooked_causes(upstream, status, sight)
    )
    entry_cause = np.where(is_known, linked_causes(entries), _unknown_causes(entries, sight))
    _judge_reversals(world, status, is_booked, links, invoice_cause, entry_cause)
    entry_resolvable = _can_be_repaired(world, sees_invoice, is_known)
    invoice_resolvable = np.ones(row_count(upstream), bool)
    _spread_doubt(world, links, invoice_resolvable, entry_resolvable)
    return Truth(sees_invoice, sees_entry, status, invoice_cause, entry_cause, invoice_resolvable, entry_resolvable)


def _unbooked_causes(upstream: Columns, status: Array, sight: Sight) -> Array:
    due = day_of(upstream["issued"]) + BOOKING_WINDOW_DAYS * DAY
    is_early = np.datetime64(sight.as_of, "s") < due.astype("M8[s]")
    open_cause = np.where(is_early, cause_code("booking_lag"), cause_code("not_booked"))
    return np.where(status == VOID, cause_code("exact"), open_cause)


def _unknown_causes(entries: Columns, sight: Sight) -> Array:
    """Entries without an invoice: too early, invented, or not to be told because a day was not received."""
    day = np.where(np.isnat(entries["dated"]), entries["posted"], entries["dated"])
    latest = np.maximum(day, entries["posted"]).astype("M8[s]")
    is_early = latest + np.timedelta64(GRACE_HOURS, "h") > np.datetime64(sight.as_of, "s")
    until = np.array(sight.complete_until, "M8[D]")[entries["direction"]]
    is_covered = (day <= until) & ~on_gap_days(entries["direction"], day, sight.gap_days)
    is_covered &= ~(np.isnat(entries["dated"]) & _has_gap_before(entries, sight))
    lone = np.where(entries["of"] < 0, linked_causes(entries), cause_code("not_found"))
    late = np.where(is_covered, lone, cause_code("upstream_gap"))
    late = np.where(lone == cause_code("unreadable_reference"), lone, late)
    return np.where(is_early, cause_code("sync_delay"), late)


def _has_gap_before(entries: Columns, sight: Sight) -> Array:
    result = np.zeros(row_count(entries), bool)
    for direction, days in sight.gap_days.items():
        for day in days:
            lag = (entries["posted"] - day).astype(np.int64)
            result |= (entries["direction"] == direction) & (lag >= 0) & (lag <= LOOKBACK_DAYS)
    return result


def _judge_reversals(
    world: World, status: Array, is_booked: Array, links: Array, invoice_cause: Array, entry_cause: Array
) -> None:
    """Both or neither booked cancel; a blue one that stands alone on the books is dead. Void and booked is dead too."""
    upstream = world.upstream
    reds = np.flatnonzero(upstream["original"] >= 0)
    blues = upstream["original"][reds]
    is_dead_pair = status[blues] == RED_FULL
    reds, blues = reds[is_dead_pair], blues[is_dead_pair]
    cause = np.where(
        is_booked[blues] == is_booked[reds], cause_code("red_letter_netted"), cause_code("dead_invoice_booked")
    )
    touched = np.zeros(row_count(upstream), bool)
    for rows in (reds, blues):
        invoice_cause[rows] = cause
        touched[rows] = True
    mine = links[touched[links[:, 1]]]
    entry_cause[mine[:, 0]] = invoice_cause[mine[:, 1]]
    later_booked = has_fault(upstream, "red_full_later", "red_full_both_booked", "red_full_blue_booked")
    unflipped = later_booked & is_booked & ~touched
    invoice_cause[unflipped] = cause_code("exact")
    mine = links[unflipped[links[:, 1]]]
    entry_cause[mine[:, 0]] = cause_code("exact")


def _can_be_repaired(world: World, sees_invoice: Array, is_known: Array) -> Array:
    """False where only a guess could link: the party has that total again within 60 days, or money is wrong too."""
    entries, upstream = world.entries, world.upstream
    is_guarded = np.array([fault.is_guarded for fault in FAULTS])[entries["fault"]]
    is_hopeless = np.array([fault.is_hopeless for fault in FAULTS])[entries["fault"]]
    is_crowded = find_recurring_totals(upstream, sees_invoice)[np.maximum(entries["of"], 0)] & (entries["of"] >= 0)
    return ~(is_known & (is_hopeless | (is_guarded & is_crowded)))


def _spread_doubt(world: World, links: Array, invoice_resolvable: Array, entry_resolvable: Array) -> None:
    """What cannot be told of an entry cannot be told of its invoice, nor of the other invoice that it names."""
    named_wrongly = ~entry_resolvable & has_fault(world.entries, "number_of_another")
    invoice_resolvable[links[~entry_resolvable[links[:, 0]], 1]] = False
    invoice_resolvable[world.entries["of"][named_wrongly] + 1] = False
    entry_resolvable[links[~invoice_resolvable[links[:, 1]], 0]] = False


def find_recurring_totals(upstream: Columns, sees_invoice: Array) -> Array:
    """Invoices whose party has another invoice with the same total within 60 days."""
    rows = np.flatnonzero(sees_invoice & ~upstream["is_surplus"])
    order = rows[np.lexsort((upstream["issued"][rows], upstream["total"][rows], upstream["party"][rows]))]
    days = day_of(upstream["issued"][order]).astype(np.int64)
    same = (np.diff(upstream["party"][order]) == 0) & (np.diff(upstream["total"][order]) == 0)
    near = same & (np.diff(days) <= RECURRENCE_DAYS)
    result = np.zeros(row_count(upstream), bool)
    result[order[1:][near]] = True
    result[order[:-1][near]] = True
    return result


def settled_until(exported_at: datetime) -> np.datetime64:
    """The last day of which an export of that moment is final: the day began at least the grace window before it."""
    return np.datetime64((exported_at - timedelta(hours=GRACE_HOURS)).date(), "D")


def see_everything(world: World) -> Sight:
    """The sight of a night at `as_of` on which every export arrived."""
    as_of = world.span.as_of
    complete = settled_until(as_of)
    return Sight(as_of, (as_of, as_of), (as_of,) * len(LAYOUTS), (complete, complete), world.span.gap_days)
