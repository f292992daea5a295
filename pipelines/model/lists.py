"""Closed lists: the words of the contract as code."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    UPSTREAM = "upstream"
    LEDGER = "ledger"
    EINVOICE = "einvoice"
    """Files of single invoices: a witness beside the two sides that are joined, never a member of an item."""


class Direction(StrEnum):
    INPUT = "input"
    OUTPUT = "output"


class Status(StrEnum):
    NORMAL = "normal"
    VOID = "void"
    RED_FULL = "red_full"
    RED_PARTIAL = "red_partial"


class Verdict(StrEnum):
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    DUPLICATE = "duplicate"
    PENDING = "pending"
    MISSING_UPSTREAM = "missing_upstream"
    MISSING_LEDGER = "missing_ledger"
    NOT_COMPARED = "not_compared"


class Basis(StrEnum):
    OBSERVED = "observed"
    RULE = "rule"
    LIKELY = "likely"


CAUSES: dict[str, Verdict] = {
    "exact": Verdict.MATCHED,
    "within_tolerance": Verdict.MATCHED,
    "split_entries": Verdict.MATCHED,
    "combined_entry": Verdict.MATCHED,
    "red_letter_netted": Verdict.MATCHED,
    "dead_invoice_booked": Verdict.MISMATCHED,
    "number_mistyped": Verdict.MISMATCHED,
    "digits_lost": Verdict.MISMATCHED,
    "number_absent": Verdict.MISMATCHED,
    "amount_differs": Verdict.MISMATCHED,
    "tax_differs": Verdict.MISMATCHED,
    "party_differs": Verdict.MISMATCHED,
    "date_differs": Verdict.MISMATCHED,
    "booked_twice": Verdict.DUPLICATE,
    "listed_twice": Verdict.DUPLICATE,
    "sync_delay": Verdict.PENDING,
    "booking_lag": Verdict.PENDING,
    "impossible_number": Verdict.MISSING_UPSTREAM,
    "not_found": Verdict.MISSING_UPSTREAM,
    "not_booked": Verdict.MISSING_LEDGER,
    "upstream_gap": Verdict.NOT_COMPARED,
    "unreadable_reference": Verdict.NOT_COMPARED,
}
"""Every cause with the verdict it belongs to. Causes of `mismatched` stand in their order of precedence."""

LIKELY_CAUSES = frozenset({"number_mistyped", "digits_lost", "number_absent"})
"""Causes that rest on a repaired number: the best explanation, never more than that."""

RULED_CAUSES = frozenset(
    {"red_letter_netted", "sync_delay", "booking_lag", "not_found", "not_booked", "impossible_number", "upstream_gap"}
)
"""Causes that a documented rule decides (netting, windows, coverage, structure), not the two sides themselves."""


RULES = (
    *("exact_key", "without_code", "lost_zeros", "last_8", "cut_number", "last_left", "list_sum", "voucher_rest"),
    *("digits_lost", "number_mistyped", "second_error", "another_number", "number_absent", "combined_sum"),
    *("number_list", "reversal_of_blue", "decision"),
)
"""Every value of `recon__item.rule`; docs/rules.md says what each takes as the same invoice."""

GUARDS = (
    *("several_equal", "several_lines", "several_equal_of_line", "amount_recurs", "days_not_received", "party_differs"),
    *("party_unknown", "amount_differs", "date_differs", "number_differs", "number_taken", "list_lacks_it"),
    *("taken_apart", "left_alone", "invoice_left_alone", "not_yet_due", "several_sums", "sum_skipped", "crowd_skipped"),
    *("range_skipped", "impossible_number"),
)
"""Every value of `recon__item.why_not`; docs/findings.md says what each asks of a person."""


def basis_of(cause: str) -> Basis:
    """What a cause rests on; the same for every item of that cause."""
    if cause in LIKELY_CAUSES:
        return Basis.LIKELY
    return Basis.RULE if cause in RULED_CAUSES else Basis.OBSERVED


FINDING_VERDICTS = (
    Verdict.MISMATCHED,
    Verdict.DUPLICATE,
    Verdict.MISSING_UPSTREAM,
    Verdict.MISSING_LEDGER,
    Verdict.NOT_COMPARED,
)
"""Verdicts that ask something of a person. `matched` is done and `pending` only waits."""
