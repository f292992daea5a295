"""Ten thousand of the same: no rule blows up, and what a bound skipped says so."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.reconcile import cascade
from tests.spec.tables import Row, entry, invoice, reconcile_rows

CROWD = 10_000
AT_MOST_SECONDS = 60
"""A rule that compares every pair of a crowd takes many minutes; the bounded ones take two to seven seconds."""

OTHER = {"id": "91440101MA01OTHER1", "name": "别家公司"}

Count = Counter[tuple[str, str | None]]


def judge(folder: Path, upstream: list[Row], ledger: list[Row]) -> Count:
    """How many items have which cause and which reason for being left alone."""
    started = time.monotonic()
    items = reconcile_rows(folder, upstream, ledger)
    assert time.monotonic() - started < AT_MOST_SECONDS
    return Counter((item["cause"], item["why_not"]) for item in items)


def test_one_amount_of_one_party(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", f"2611200000{2 * n + 1:010}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", f"2631200009{2 * n + 1:010}", "1000.00") for n in range(CROWD)]
    assert judge(tmp_path, upstream, ledger) == {("not_found", None): CROWD, ("not_booked", None): CROWD}


def test_one_amount_of_one_party_and_numbers_that_are_one_error_away(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", f"2611200000{1000 * n + 1:010}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", f"2611200000{1000 * n + 2:010}", "1000.00") for n in range(CROWD)]
    assert judge(tmp_path, upstream, ledger) == {("number_mistyped", None): CROWD}


def wrong_in_number_and_day(count: int) -> tuple[list[Row], list[Row]]:
    upstream = [invoice(f"u{n:05}", f"2611200000{1000 * n + 1:010}", "1000.00") for n in range(count)]
    day = date(2026, 8, 7)
    ledger = [entry(f"l{n:05}", f"2611200000{1000 * n + 2:010}", "1000.00", invoice_date=day) for n in range(count)]
    return upstream, ledger


def test_one_amount_of_one_party_and_numbers_and_days_that_are_wrong(tmp_path: Path) -> None:
    assert judge(tmp_path, *wrong_in_number_and_day(CROWD)) == {("number_mistyped", None): CROWD}


def test_numbers_and_days_that_are_wrong_beyond_the_bound_are_said_to_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = cascade.Parameters.of
    monkeypatch.setattr(cascade.Parameters, "of", lambda *given: replace(usual(*given), max_neighbours=10))
    count = judge(tmp_path, *wrong_in_number_and_day(3))
    assert count == {("not_found", "crowd_skipped"): 3, ("not_booked", None): 3}


def test_invoices_of_other_parties_make_no_crowd_of_wrong_numbers_and_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = cascade.Parameters.of
    monkeypatch.setattr(cascade.Parameters, "of", lambda *given: replace(usual(*given), max_neighbours=100))
    upstream, ledger = wrong_in_number_and_day(3)
    others = [invoice(f"o{n:05}", f"2611200001{n:010}", "1000.00", party=OTHER) for n in range(50)]
    count = judge(tmp_path, [*upstream, *others], ledger)
    assert count == {("number_mistyped", None): 3, ("not_booked", None): 50}


@pytest.mark.parametrize("typed", ["26112000000123400000", "见附件"])
def test_one_amount_of_one_party_off_by_cents_and_numbers_that_are_broken(tmp_path: Path, typed: str) -> None:
    day = date(2026, 8, 10)
    upstream = [invoice(f"u{n:05}", f"261120000001234{n + 1:05}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", typed, "1000.05", invoice_date=day) for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "crowd_skipped"): CROWD, ("not_booked", None): CROWD}


def test_one_amount_of_one_party_without_numbers(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", f"2611200000{2 * n + 1:010}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", "见附件", "1000.00") for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "crowd_skipped"): CROWD, ("not_booked", None): CROWD}


def test_one_amount_and_day_of_another_party_and_lines_without_numbers(tmp_path: Path) -> None:
    day = date(2026, 8, 10)
    upstream = [invoice(f"u{n:05}", f"2611200000{2 * n + 1:010}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", None, "1000.00", party=OTHER, invoice_date=day) for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "crowd_skipped"): CROWD, ("not_booked", None): CROWD}


def test_one_number_of_eight_digits(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", "12345678", f"{100 + n}.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", "12345678", f"{100 + n}.00") for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count["unreadable_reference", "crowd_skipped"] == CROWD
    assert sum(count.values()) == 2 * CROWD


def test_one_number_under_many_codes_is_no_crowd(tmp_path: Path) -> None:
    codes = [f"1100{n:06}" for n in range(300)]
    upstream = [invoice(f"u{code}", "12345678", f"{100 + n}.00", invoice_code=code) for n, code in enumerate(codes)]
    ledger = [entry(f"l{code}", "12345678", f"{100 + n}.00", invoice_code=code) for n, code in enumerate(codes)]
    ledger[0]["total_cny"] += 500
    assert judge(tmp_path, upstream, ledger) == {("exact", None): 299, ("amount_differs", None): 1}


def test_one_invoice_that_is_booked_again_and_again(tmp_path: Path) -> None:
    count = judge(tmp_path, [invoice("u")], [entry(f"l{n:05}") for n in range(CROWD)])
    assert count == {("exact", None): 1, ("booked_twice", None): CROWD - 1}


def test_lines_without_number_of_a_party_with_many_invoices(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", f"2611200000{n:010}", f"{1000 + n % 7}.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", "见附件", f"{2500 + n % 5}.00") for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "sum_skipped"): CROWD, ("not_booked", None): CROWD}


def test_lines_without_number_whose_day_is_wrong(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n:05}", f"2611200000{n:010}", "1000.00") for n in range(CROWD)]
    ledger = [entry(f"l{n:05}", "见附件", "1000.00", invoice_date=date(2026, 8, 12)) for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "crowd_skipped"): CROWD, ("not_booked", None): CROWD}


def test_wrong_numbers_and_sums_beyond_the_bound_are_said_to_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = cascade.Parameters.of
    monkeypatch.setattr(cascade.Parameters, "of", lambda *given: replace(usual(*given), max_neighbours=10))
    upstream = [invoice(f"u{n}", f"2611200000{1000 * n + 1:010}", f"{1000 + n}.00") for n in range(5)]
    ledger = [entry(f"l{n}", f"2611200000{1000 * n + 2:010}", f"{2000 + n}.00") for n in range(5)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("not_found", "crowd_skipped"): 5, ("not_booked", None): 5}


@pytest.mark.parametrize("original", ["12345678", None])
def test_red_letters_that_are_all_alike(tmp_path: Path, original: str | None) -> None:
    def code(number: int) -> str:
        return f"1100{number:06}"

    blue = [invoice(f"u{n:05}", "12345678", "1000.00", status="red_full", invoice_code=code(n)) for n in range(CROWD)]
    late = {"on": date(2026, 8, 10) + timedelta(days=5), "original_invoice_number": original}
    red = [invoice(f"r{n:05}", "87654321", "-1000.00", invoice_code=code(n), **late) for n in range(CROWD)]
    count = judge(tmp_path, [*blue, *red], [])
    assert count == {("red_letter_netted", None): CROWD, ("not_booked", "crowd_skipped"): CROWD}


MANY = 4_000
BLUE = "26112000000123456789"


@pytest.mark.parametrize("step", [0, 1], ids=["of one sum", "of a sum each"])
def test_red_letters_of_one_invoice_that_are_booked_under_its_number(tmp_path: Path, step: int) -> None:
    sums = [f"-{10 + n * step}.00" for n in range(MANY)]
    red = {"on": date(2026, 8, 28), "original_invoice_number": BLUE}
    upstream = [invoice(f"r{n:05}", f"2611200001{n:010}", money, **red) for n, money in enumerate(sums)]
    ledger = [entry(f"l{n:05}", BLUE, money, posted_on=date(2026, 9, 1)) for n, money in enumerate(sums)]
    blue, line = invoice("u", BLUE, "90000000.00", status="red_partial"), entry("l", BLUE, "90000000.00")
    assert judge(tmp_path, [blue, *upstream], [line, *ledger]) == {("exact", None): MANY + 1}


def test_lists_that_all_lack_the_same(tmp_path: Path) -> None:
    upstream = [
        invoice(f"{name}{n:05}", f"{first}{2 * n:010}", money)
        for name, first, money in (("u", "2611200001", "1000.00"), ("v", "2631200001", "500.00"))
        for n in range(CROWD)
    ]
    ledger = [entry(f"l{n:05}", f"2611200001{2 * n:010}、2699200001{2 * n + 1:010}", "1500.00") for n in range(CROWD)]
    assert judge(tmp_path, upstream, ledger) == {
        ("amount_differs", None): CROWD,
        ("not_booked", "crowd_skipped"): CROWD,
    }


def numbered(place: int) -> str:
    return f"2611200000{7919 * place + 12345:010}"


def supplier(place: int) -> dict[str, str]:
    return {"id": f"91310000MA{place:06d}12", "name": f"供应商{place}"}


def test_a_column_of_numbers_that_slipped_by_one_row(tmp_path: Path) -> None:
    """The last line's own invoice is not there, and all others find theirs."""
    rows = range(CROWD)
    upstream = [invoice(f"u{n}", numbered(n), f"{1000 + n}.00", party=supplier(n)) for n in rows]
    ledger = [entry(f"l{n}", numbered(n), f"{1001 + n}.00", party=supplier(n + 1)) for n in rows]
    count = judge(tmp_path, upstream, ledger)
    assert count["number_mistyped", None] + count["digits_lost", None] == CROWD - 1
    assert count["not_found", "number_taken"] == count["not_booked", None] == 1


def test_a_chain_of_lines_that_fall_back_to_the_numbers_that_they_cite(tmp_path: Path) -> None:
    rows = range(CROWD)
    upstream = [invoice(f"u{n}", numbered(n), f"{1000 + n}.00") for n in rows]
    ledger = [entry(f"l{n}", numbered(n), f"{1001 + n}.00") for n in rows]
    assert judge(tmp_path, upstream, ledger) == {("amount_differs", None): CROWD}


def test_lists_that_overlap_in_a_chain_are_one_item(tmp_path: Path) -> None:
    upstream = [invoice(f"u{n}", numbered(n), "100.00") for n in range(CROWD + 1)]
    ledger = [entry(f"l{n}", f"{numbered(n)}、{numbered(n + 1)}", "200.00") for n in range(CROWD)]
    assert judge(tmp_path, upstream, ledger) == {("amount_differs", None): 1}


@pytest.mark.parametrize("typed", ["12345678", "12345679"])
def test_one_number_under_many_codes_of_one_party_and_amount(tmp_path: Path, typed: str) -> None:
    upstream = [invoice(f"u{n}", "12345678", "100.00", invoice_code=f"1100{n:06}") for n in range(CROWD)]
    ledger = [entry(f"l{n}", typed, "100.00") for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert sum(n for (_, why_not), n in count.items() if why_not == "crowd_skipped") == CROWD
    assert count["not_booked", None] == CROWD


def test_sums_of_a_name_that_many_parties_have(tmp_path: Path) -> None:
    alike = [supplier(n) | {"name": "甲公司"} for n in range(CROWD)]
    upstream = [invoice(f"u{n}", numbered(n), f"{100 + n}.00", party=alike[n]) for n in range(CROWD)]
    nameless = {"id": None, "name": "甲公司"}
    ledger = [entry(f"l{n}", None, f"{100_000 + n}.00", party=nameless) for n in range(CROWD)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "sum_skipped"): CROWD, ("not_booked", None): CROWD}


def test_sets_of_equal_invoices_are_counted_and_not_listed(tmp_path: Path) -> None:
    """Of twenty invoices of 100.00 there are 184,756 sets of ten."""
    upstream = [invoice(f"u{n}", numbered(n), "100.00", party=supplier(n // 20)) for n in range(20 * 500)]
    ledger = [entry(f"l{n}", None, "1000.00", party=supplier(n)) for n in range(500)]
    count = judge(tmp_path, upstream, ledger)
    assert count == {("unreadable_reference", "several_sums"): 500, ("not_booked", "several_sums"): 20 * 500}


def test_a_sum_that_too_many_lists_lack_is_said_to_be_skipped(tmp_path: Path) -> None:
    upstream = [invoice("u", "26312000000000000055", "55.00")]
    ledger = []
    for n in range(101):
        upstream += [invoice(f"a{n}", numbered(2 * n), "100.00"), invoice(f"b{n}", numbered(2 * n + 1), "110.00")]
        ledger += [entry(f"l{n}", f"{numbered(2 * n)}、{numbered(2 * n + 1)}", "265.00")]
    assert judge(tmp_path, upstream, ledger) == {("amount_differs", None): 101, ("not_booked", "crowd_skipped"): 1}
