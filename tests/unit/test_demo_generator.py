"""The generator's promises: same seed same books, sums add up, every cause planted, labels that rows bear out."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from stdnum.cn import uscc

from pipelines.demo.faults import FAULT_NAMES
from pipelines.demo.generator import OUR_TAX_ID, Books, generate_books
from pipelines.model import CAUSES, COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE

Row = dict[str, Any]
Pair = tuple[Row, Row]
MONEY = ("amount_cny", "tax_cny", "total_cny")


@pytest.fixture(scope="module")
def books() -> Books:
    return generate_books(7, 3000)


@pytest.fixture(scope="module")
def entries(books: Books) -> dict[str, Row]:
    return {row["record_id"]: row for row in books.entry.to_pylist()}


@pytest.fixture(scope="module")
def invoices(books: Books) -> dict[str, Row]:
    return {row["record_id"]: row for row in books.invoice.to_pylist()}


@pytest.fixture(scope="module")
def truth(books: Books) -> dict[tuple[str, str], Row]:
    return {(row["side"], row["record_id"]): row for row in books.truth_fault.to_pylist()}


@pytest.fixture(scope="module")
def pairs(
    books: Books, entries: dict[str, Row], invoices: dict[str, Row], truth: dict[tuple[str, str], Row]
) -> dict[str, list[Pair]]:
    """(entry, invoice) of every true link, by the fault of the entry."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for link in books.truth_link.to_pylist():
        entry, invoice = entries[link["ledger_record_id"]], invoices[link["upstream_record_id"]]
        found[truth["ledger", entry["record_id"]]["fault"]].append((entry, invoice))
    return found


def their_name(invoice: Row) -> str:
    return str(invoice["seller_name"] if invoice["direction"] == "input" else invoice["buyer_name"])


def money_differs(entry: Row, invoice: Row) -> set[str]:
    return {name for name in MONEY if entry[name] is not None and entry[name] != invoice[name]}


def date_differs(entry: Row, invoice: Row) -> bool:
    return entry["invoice_date"] is not None and entry["invoice_date"] != invoice["issued_at"].date()


def group_by(pairs: list[Pair], side: int) -> list[list[Pair]]:
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair[side]["record_id"]].append(pair)
    return list(groups.values())


def digits_of(money: Decimal) -> list[str]:
    """Without zeros, which a swap may leave in front."""
    return sorted(str(money).replace("0", ""))


def total_of(entry: Row) -> Decimal:
    return Decimal(entry["total_cny"] if entry["total_cny"] is not None else entry["amount_cny"] + entry["tax_cny"])


def test_same_seed_gives_the_same_books_and_another_seed_does_not() -> None:
    first, again, other = generate_books(1, 400), generate_books(1, 400), generate_books(2, 400)
    for name in ("invoice", "entry", "coverage", "truth_link", "truth_fault"):
        assert getattr(first, name).equals(getattr(again, name))
    assert not first.invoice.equals(other.invoice)


def test_tables_have_the_declared_columns(books: Books) -> None:
    assert books.invoice.column_names == UPSTREAM_INVOICE.column_names
    assert books.entry.column_names == LEDGER_ENTRY.column_names
    assert books.coverage.column_names == COVERAGE.column_names


def test_required_columns_hold_no_null(books: Books) -> None:
    for table, data in ((UPSTREAM_INVOICE, books.invoice), (LEDGER_ENTRY, books.entry), (COVERAGE, books.coverage)):
        assert {c.name for c in table.columns if c.is_required and data[c.name].null_count} == set()


def test_record_ids_are_unique_and_each_record_has_one_truth(books: Books, truth: dict[tuple[str, str], Row]) -> None:
    ids = [("upstream", i) for i in books.invoice["record_id"].to_pylist()]
    ids += [("ledger", i) for i in books.entry["record_id"].to_pylist()]
    assert len(set(ids)) == len(ids) == books.truth_fault.num_rows
    assert set(ids) == set(truth)


def test_amount_and_tax_add_up_on_every_invoice(invoices: dict[str, Row]) -> None:
    assert [r for r in invoices.values() if r["amount_cny"] + r["tax_cny"] != r["total_cny"]] == []


def test_amount_and_tax_add_up_on_every_entry_unless_the_tax_is_the_fault(
    entries: dict[str, Row], truth: dict[tuple[str, str], Row]
) -> None:
    off = {
        truth["ledger", r["record_id"]]["fault"]
        for r in entries.values()
        if None not in [r[name] for name in MONEY] and r["amount_cny"] + r["tax_cny"] != r["total_cny"]
    }
    assert off == {"tax_differs"}


def test_every_entry_has_an_amount_or_a_total(entries: dict[str, Row]) -> None:
    assert [r for r in entries.values() if r["amount_cny"] is None and r["total_cny"] is None] == []


@pytest.mark.parametrize("invoices_wanted", [300, 3000])
def test_every_cause_and_every_fault_is_planted(invoices_wanted: int) -> None:
    found = generate_books(7, invoices_wanted).truth_fault
    assert set(found["cause"].to_pylist()) == set(CAUSES)
    assert set(found["fault"].to_pylist()) == set(FAULT_NAMES)


def test_every_cause_stands_with_its_own_verdict(books: Books) -> None:
    rows = books.truth_fault.to_pylist()
    assert [r for r in rows if CAUSES[r["cause"]].value != r["verdict"]] == []


def test_tax_ids_have_a_valid_check_digit(invoices: dict[str, Row]) -> None:
    ids = (
        {OUR_TAX_ID} | {r["seller_tax_id"] for r in invoices.values()} | {r["buyer_tax_id"] for r in invoices.values()}
    )
    assert len(ids) > 20
    assert [i for i in ids if not uscc.is_valid(i)] == []


def test_untouched_and_noisy_pairs_agree_in_everything_they_keep(pairs: dict[str, list[Pair]]) -> None:
    clean = [pair for name, group in pairs.items() if name == "none" or name.startswith("noise") for pair in group]
    assert len(clean) > 2000
    assert [pair for pair in clean if money_differs(*pair) or date_differs(*pair)] == []


def test_each_noise_spells_the_number_in_another_way(pairs: dict[str, list[Pair]]) -> None:
    for name in (name for name in FAULT_NAMES if name.startswith("noise") and name != "noise_party_name"):
        for entry, invoice in pairs[name]:
            spelt = (entry["invoice_reference"], entry["invoice_code"])
            assert spelt != (invoice["invoice_number"], invoice["invoice_code"]), name


def test_within_tolerance_is_off_by_one_to_six_cents(pairs: dict[str, list[Pair]]) -> None:
    gaps = [abs(total_of(entry) - invoice["total_cny"]) for entry, invoice in pairs["within_tolerance"]]
    assert gaps
    assert all(Decimal("0.01") <= gap <= Decimal("0.06") for gap in gaps)


@pytest.mark.parametrize("fault", ["amount_transposed", "amount_wrong", "amount_and_date_wrong"])
def test_a_wrong_amount_is_off_by_more_than_the_tolerance(pairs: dict[str, list[Pair]], fault: str) -> None:
    assert pairs[fault]
    assert all(abs(total_of(entry) - invoice["total_cny"]) > Decimal("0.06") for entry, invoice in pairs[fault])


def test_a_transposed_amount_has_the_digits_of_the_true_one(pairs: dict[str, list[Pair]]) -> None:
    with_total = [pair for pair in pairs["amount_transposed"] if pair[0]["total_cny"] is not None]
    same = [digits_of(entry["total_cny"]) == digits_of(invoice["total_cny"]) for entry, invoice in with_total]
    assert sum(same) >= 0.9 * len(same) > 0


def test_wrong_tax_party_and_date_are_the_only_differences(pairs: dict[str, list[Pair]]) -> None:
    assert {frozenset(money_differs(*pair)) for pair in pairs["tax_differs"]} == {frozenset({"tax_cny"})}
    for entry, invoice in pairs["party_differs"]:
        assert entry["counterparty_name"] != their_name(invoice)
        assert not money_differs(entry, invoice)
    for entry, invoice in pairs["date_differs"]:
        assert date_differs(entry, invoice)
        assert not money_differs(entry, invoice)


def test_split_entries_sum_to_their_invoice_unless_the_sum_is_the_fault(pairs: dict[str, list[Pair]]) -> None:
    for fault, is_equal in (("split_entries", True), ("split_sum_off", False)):
        for group in group_by(pairs[fault], 1):
            assert len(group) >= 2
            assert (sum(total_of(entry) for entry, _ in group) == group[0][1]["total_cny"]) is is_equal


def test_a_combined_entry_sums_its_invoices_unless_the_sum_is_the_fault(pairs: dict[str, list[Pair]]) -> None:
    for fault in ("combined_list", "combined_range", "combined_slash", "combined_sum_off"):
        for group in group_by(pairs[fault], 0):
            assert 2 <= len(group) <= 4
            is_equal = sum(invoice["total_cny"] for _, invoice in group) == total_of(group[0][0])
            assert is_equal is (fault != "combined_sum_off")
            assert len({invoice["invoice_code"] for _, invoice in group}) == 1


def test_a_mistyped_number_differs_from_the_true_one_but_not_in_money(pairs: dict[str, list[Pair]]) -> None:
    for fault in ("number_substituted", "number_transposed", "number_inserted", "number_deleted", "number_of_another"):
        for entry, invoice in pairs[fault]:
            assert entry["invoice_reference"] != invoice["invoice_number"]
            assert not money_differs(entry, invoice)


def test_the_number_of_another_invoice_exists_upstream(pairs: dict[str, list[Pair]], invoices: dict[str, Row]) -> None:
    numbers = {row["invoice_number"] for row in invoices.values()}
    assert {entry["invoice_reference"] for entry, _ in pairs["number_of_another"]} <= numbers


def test_lost_digits_keep_the_head_of_the_number(pairs: dict[str, list[Pair]]) -> None:
    for entry, invoice in pairs["digits_lost_zeros"]:
        assert entry["invoice_reference"] == invoice["invoice_number"][:15] + "00000"
    for entry, invoice in pairs["digits_lost_float"]:
        assert float(entry["invoice_reference"]) == float(int(invoice["invoice_number"]))


def test_a_surplus_booking_is_posted_later_than_the_first(
    pairs: dict[str, list[Pair]], truth: dict[tuple[str, str], Row]
) -> None:
    for group in group_by(pairs["booked_twice"], 1):
        causes = {truth["ledger", e["record_id"]]["cause"]: e["posted_on"] for e, _ in group}
        assert causes["booked_twice"] > causes["exact"]


def test_reversed_invoices_cancel_and_say_so(invoices: dict[str, Row], truth: dict[tuple[str, str], Row]) -> None:
    by_number = {row["invoice_number"]: row for row in invoices.values()}
    reds = [r for r in invoices.values() if truth["upstream", r["record_id"]]["fault"] == "red_full_none_booked"]
    reds = [r for r in reds if r["is_red"]]
    assert reds
    for red in reds:
        blue = by_number[red["original_invoice_number"]]
        assert blue["status"] == "red_full"
        assert blue["total_cny"] + red["total_cny"] == 0
        assert blue["issued_at"] < red["issued_at"]
        assert red["original_invoice_number"] in red["remark"]


def test_entries_without_an_invoice_name_none(
    entries: dict[str, Row], invoices: dict[str, Row], truth: dict[tuple[str, str], Row]
) -> None:
    numbers = {row["invoice_number"] for row in invoices.values()}
    lone = [
        e for e in entries.values() if truth["ledger", e["record_id"]]["cause"] in {"not_found", "impossible_number"}
    ]
    assert lone
    assert [e for e in lone if e["invoice_reference"] in numbers] == []


def test_a_missing_invoice_was_issued_on_a_fully_received_day(
    books: Books, entries: dict[str, Row], truth: dict[tuple[str, str], Row]
) -> None:
    complete = {(r["direction"], r["issue_date"]) for r in books.coverage.to_pylist() if r["is_complete"]}
    for entry in entries.values():
        cause = truth["ledger", entry["record_id"]]["cause"]
        day = (entry["direction"], entry["invoice_date"])
        assert cause not in {"not_found", "impossible_number"} or day in complete
        assert cause != "upstream_gap" or day not in complete


def test_guarded_repairs_in_a_crowd_are_marked_as_unresolvable(
    pairs: dict[str, list[Pair]], invoices: dict[str, Row], truth: dict[tuple[str, str], Row]
) -> None:
    crowd = defaultdict(list)
    for row in invoices.values():
        crowd[their_name(row), row["direction"], row["total_cny"]].append(row["issued_at"].date())
    for entry, invoice in pairs["number_absent_text"]:
        days = crowd[their_name(invoice), invoice["direction"], invoice["total_cny"]]
        near = [day for day in days if abs((day - invoice["issued_at"].date()).days) <= 60]
        assert truth["ledger", entry["record_id"]]["is_resolvable"] is (len(near) == 1)


def test_the_population_is_hard(invoices: dict[str, Row]) -> None:
    blue = [row for row in invoices.values() if not row["is_red"]]
    numbers = sorted(int(r["invoice_number"]) for r in blue if len(r["invoice_number"]) == 20)
    neighbours = sum(b - a == 1 for a, b in pairwise(numbers))
    old = Counter(r["invoice_number"] for r in blue if r["invoice_code"])
    sums = Counter((their_name(r), r["total_cny"]) for r in blue)
    assert neighbours > 0.2 * len(numbers)
    assert sum(count > 1 for count in old.values()) > 5
    assert sum(count for count in sums.values() if count > 1) > 0.2 * len(blue)
    assert 0.1 < sum(old.values()) / len(blue) < 0.2
    assert 0.55 < sum(r["direction"] == "input" for r in blue) / len(blue) < 0.85


def test_months_years_and_moments_can_be_chosen() -> None:
    books = generate_books(3, 400, start=date(2025, 12, 1), months=2, as_of=datetime(2026, 1, 15, 2))
    issued = books.invoice["issued_at"].to_pylist()
    assert date(2025, 12, 1) <= min(issued).date()
    assert max(issued) < datetime(2026, 1, 15, 2)
    heads = {n[:2] for n in books.invoice["invoice_number"].to_pylist() if len(n) == 20}
    assert heads == {"25", "26"}


def test_without_faults_nothing_disagrees() -> None:
    causes = set(generate_books(3, 500, fault_rate=0).truth_fault["cause"].to_pylist())
    assert causes == {"exact", "booking_lag"}
