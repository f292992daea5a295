"""The closed list of planted faults: what each is called, what a perfect reconciliation says of it, how often it is."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.model import CAUSES

CAUSE_NAMES = tuple(CAUSES)

LAYOUTS = (
    "plain_ledger_csv",
    "kingdee_kis",
    "kingdee_eas",
    "voucher_list",
    "yonyou_u8",
    "yonyou_u9c_ap",
    "input_invoice_register",
)
CSV, KIS, EAS, VOUCHER_LIST, U8, U9C, REGISTER = range(len(LAYOUTS))
JOURNALS = (KIS, EAS, VOUCHER_LIST, U8)
"""Layouts whose lines are journal entries: the number stands in the text, there is no tax id, date, amount or tax."""
LAYOUT_SHARES = ((0.30, 0.22, 0.10, 0.06, 0.10, 0.07, 0.15), (0.40, 0.30, 0.12, 0.06, 0.12, 0.0, 0.0))
"""Shares of the layouts among suppliers and among customers."""

ANY, TEXT, TABLE, PLAIN = (
    (CSV, *JOURNALS, U9C, REGISTER),
    (CSV, *JOURNALS),
    (CSV, REGISTER),
    (CSV,),
)


@dataclass(frozen=True)
class Fault:
    """`cause` is the verdict's cause once both sides are there; `share` is relative; `homes` are the layouts that can
    show it; `is_guarded` marks repairs that are impossible in a crowd of equal amounts."""

    name: str
    cause: str
    share: float
    homes: tuple[int, ...] = ANY
    is_guarded: bool = False
    is_hopeless: bool = False


FAULTS = (
    Fault("none", "exact", 0),
    Fault("noise_full_width", "exact", 2, TABLE),
    Fault("noise_blanks", "exact", 2, TABLE),
    Fault("noise_prefix", "exact", 2, TABLE),
    Fault("noise_formula", "exact", 2, PLAIN),
    Fault("noise_trailing_zero", "exact", 2, PLAIN),
    Fault("noise_lost_zeros", "exact", 2, TABLE),
    Fault("noise_missing_code", "exact", 2, TABLE),
    Fault("noise_last_8", "exact", 3, TEXT),
    Fault("noise_code_and_number", "exact", 2, TABLE),
    Fault("noise_split_12_8", "exact", 2, TABLE),
    Fault("noise_party_name", "exact", 3, TEXT),
    Fault("within_tolerance", "within_tolerance", 4),
    Fault("split_entries", "split_entries", 4, TEXT),
    Fault("split_sum_off", "amount_differs", 1, TEXT),
    Fault("combined_list", "combined_entry", 2, TEXT),
    Fault("combined_range", "combined_entry", 1.5, TEXT),
    Fault("combined_slash", "combined_entry", 1.5, TEXT),
    Fault("combined_sum_off", "amount_differs", 0.5, TEXT),
    Fault("red_full_both_booked", "red_letter_netted", 4),
    Fault("red_full_none_booked", "red_letter_netted", 2),
    Fault("red_full_blue_booked", "dead_invoice_booked", 2),
    Fault("red_full_later", "exact", 1),
    Fault("red_partial", "exact", 2),
    Fault("red_of_old_blue", "exact", 1),
    Fault("void_not_booked", "exact", 2),
    Fault("void_booked", "dead_invoice_booked", 1.5),
    Fault("amount_transposed", "amount_differs", 3),
    Fault("amount_wrong", "amount_differs", 2),
    Fault("amount_and_date_wrong", "amount_differs", 1, TABLE),
    Fault("tax_differs", "tax_differs", 3, PLAIN),
    Fault("party_differs", "party_differs", 3, TEXT),
    Fault("party_and_date_wrong", "party_differs", 0.7, TABLE),
    Fault("date_differs", "date_differs", 3, TABLE),
    Fault("number_substituted", "number_mistyped", 3, TEXT, is_guarded=True),
    Fault("number_transposed", "number_mistyped", 3, TEXT, is_guarded=True),
    Fault("number_inserted", "number_mistyped", 2, TEXT, is_guarded=True),
    Fault("number_deleted", "number_mistyped", 2, TEXT, is_guarded=True),
    Fault("number_of_another", "number_mistyped", 3, TEXT, is_guarded=True),
    Fault("number_and_amount_wrong", "number_mistyped", 1, TEXT, is_guarded=True, is_hopeless=True),
    Fault("number_and_date_wrong", "number_mistyped", 1, TABLE, is_guarded=True),
    Fault("digits_lost_zeros", "digits_lost", 3, TABLE, is_guarded=True),
    Fault("digits_lost_float", "digits_lost", 2, TABLE, is_guarded=True),
    Fault("number_absent_null", "number_absent", 3, PLAIN, is_guarded=True),
    Fault("number_absent_text", "number_absent", 3, TEXT, is_guarded=True),
    Fault("booked_twice", "booked_twice", 4, TEXT),
    Fault("listed_twice", "listed_twice", 2),
    Fault("sync_delay", "exact", 4, TEXT),
    Fault("booking_lag", "exact", 4),
    Fault("not_booked", "exact", 4),
    Fault("booked_late", "exact", 1.5, TEXT),
    Fault("upstream_gap", "exact", 3, PLAIN),
    Fault("not_found", "not_found", 3, PLAIN),
    Fault("impossible_region", "impossible_number", 1, PLAIN),
    Fault("impossible_year", "impossible_number", 1, PLAIN),
    Fault("impossible_length", "impossible_number", 1, PLAIN),
    Fault("unreadable_reference", "unreadable_reference", 3, TEXT),
)
"""For `booked_twice` and `listed_twice` the cause is that of the surplus record; the first stays matched. Faults whose
cause is `exact` though they are one-sided today (sync_delay, not_booked, upstream_gap, ...) are judged by date while
one side is not there. A full red letter without its red invoice is still `exact`."""

FAULT_NAMES = tuple(fault.name for fault in FAULTS)
LONE_FAULTS = ("not_found", "impossible_region", "impossible_year", "impossible_length", "unreadable_reference")
COMBINED_FAULTS = ("combined_list", "combined_range", "combined_slash", "combined_sum_off")
RED_FAULTS = ("red_full_both_booked", "red_full_none_booked", "red_full_blue_booked", "red_full_later", "red_partial")


def fault_code(name: str) -> int:
    return FAULT_NAMES.index(name)


def cause_code(name: str) -> int:
    return CAUSE_NAMES.index(name)


def planned_counts(invoices: int, fault_rate: float) -> dict[str, int]:
    """How many of each to plant: shares of `invoices * fault_rate`, at least two each from 200 invoices on."""
    total = sum(fault.share for fault in FAULTS)
    least = 2 if invoices >= 200 and fault_rate > 0 else 0
    return {f.name: max(least, round(invoices * fault_rate * f.share / total)) for f in FAULTS if f.share}
