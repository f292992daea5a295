"""The life of an item: when its records were first seen, what of them changed, when it was a finding."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.find.facts import EntryFact, HistoryEvent, InvoiceFact
from pipelines.night import Night

ORDER = {"seen": 0, "booked": 1, "changed": 2, "gone": 3, "found": 4}
"""At one moment: files come before the night that judged them, a finding ends before another begins."""


def tell_history(
    stored: Sequence[HistoryEvent], upstream: Sequence[InvoiceFact], ledger: Sequence[EntryFact]
) -> tuple[HistoryEvent, ...]:
    """Oldest first. A record that is not in `stored` had one state only: it was first seen as it is."""
    told = {(event.side, event.record_id) for event in stored if event.record_id}
    events = [
        *stored,
        *(_first_sight(fact) for fact in upstream if ("upstream", fact.record_id) not in told),
        *(_first_booking(fact) for fact in ledger if ("ledger", fact.record_id) not in told),
    ]
    return tuple(sorted(events, key=lambda event: (event.happened_at, ORDER[event.event])))


def find_open_night(stored: Sequence[HistoryEvent], cause: str) -> str | None:
    """The night since which an item has been a finding of that cause; None if it is none."""
    begun = [event.happened_at for event in stored if event.event == "found" and event.value_after == cause]
    ended = [event for event in stored if event.event == "gone" and event.value_before == cause]
    return Night(max(begun)).night_id if len(begun) > len(ended) else None


def _first_sight(fact: InvoiceFact) -> HistoryEvent:
    place = (fact.source_file, fact.source_row)
    return HistoryEvent(fact.observed_at, "seen", "upstream", fact.record_id, "status", None, fact.status, *place)


def _first_booking(fact: EntryFact) -> HistoryEvent:
    place, day = (fact.source_file, fact.source_row), fact.posted_on.isoformat()
    return HistoryEvent(fact.observed_at, "booked", "ledger", fact.record_id, "posted_on", None, day, *place)
