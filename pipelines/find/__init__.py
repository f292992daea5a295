"""Where is this invoice? Facts of both sides, verdict, history, and for each the file and row it came from."""

from pipelines.find.facts import (
    CoveredSpan,
    EntryFact,
    FindResult,
    FoundItem,
    HistoryEvent,
    InvoiceFact,
    Region,
    WitnessFact,
)
from pipelines.find.number import (
    build_near_pattern,
    build_pattern,
    clean_number,
    clean_party,
    list_near_tails,
    tail_range,
)
from pipelines.find.region import find_region, read_regions
from pipelines.find.search import MAX_ITEMS, find_invoices

__all__ = [
    "MAX_ITEMS",
    "CoveredSpan",
    "EntryFact",
    "FindResult",
    "FoundItem",
    "HistoryEvent",
    "InvoiceFact",
    "Region",
    "WitnessFact",
    "build_near_pattern",
    "build_pattern",
    "clean_number",
    "clean_party",
    "find_invoices",
    "find_region",
    "list_near_tails",
    "read_regions",
    "tail_range",
]
