"""Every case of `cases.py`: the items that come out, and what holds for any result.

All cases are judged in one run, each under a taxpayer of its own: so no case may lean on another's records.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import BadInputError
from pipelines.model import CAUSES, Basis
from tests.spec.cases import CASES, FAR, Case
from tests.spec.tables import OURS, Row, covered, entry, invoice, reconcile_rows


def told_apart(rows: list[Row], place: int) -> list[Row]:
    return [
        row
        | {"taxpayer_id": f"{OURS}-{place}"}
        | ({"record_id": f"{place}-{row['record_id']}"} if "record_id" in row else {})
        for row in rows
    ]


def all_rows() -> tuple[list[Row], list[Row], list[Row]]:
    upstream = [row for place, case in enumerate(CASES) for row in told_apart(list(case.upstream), place)]
    ledger = [row for place, case in enumerate(CASES) for row in told_apart(list(case.ledger), place)]
    coverage = [row for place, case in enumerate(CASES) for row in told_apart(list(case.coverage or covered()), place)]
    return upstream, ledger, coverage


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    upstream, ledger, coverage = all_rows()
    return reconcile_rows(tmp_path_factory.mktemp("cases"), upstream, ledger, coverage)


def of_case(items: list[Row], case: Case) -> list[Row]:
    return [item for item in items if item["taxpayer_id"] == f"{OURS}-{CASES.index(case)}"]


def outline(items: list[Row]) -> list[tuple[str, str, list[str]]]:
    return sorted(
        (item["verdict"], item["cause"], sorted(member.split("-", 1)[1] for member in item["members"]))
        for item in items
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case_gives_the_items_that_are_named(case: Case, items: list[Row]) -> None:
    found = of_case(items, case)
    assert outline(found) == sorted((verdict, cause, sorted(ids)) for verdict, cause, ids in case.expect)
    if case.fields:
        assert [item["differing_fields"] for item in found if item["differing_fields"]] == [list(case.fields)]
    if case.why_not:
        assert case.why_not in {item["why_not"] for item in found}


def test_every_sentence_is_filled_in_both_languages(items: list[Row]) -> None:
    for item in items:
        for sentence in (item["explanation_zh"], item["explanation_en"]):
            assert len(sentence) > 10
            assert "{" not in sentence, sentence


def test_every_cause_stands_under_its_verdict_and_a_guess_is_reviewed(items: list[Row]) -> None:
    for item in items:
        assert CAUSES[item["cause"]] == item["verdict"]
        if item["basis"] == Basis.LIKELY:
            assert item["needs_review"]


def test_an_item_left_alone_tells_its_candidates(items: list[Row]) -> None:
    told = [item for item in items if item["why_not"] == "number_differs" and item["verdict"] == "missing_upstream"]
    assert {len(item["candidates"]) for item in told} == {1}


def test_a_coverage_that_nobody_reported_links_nothing(tmp_path: Path) -> None:
    """Two invoices of one amount, one of them booked: the other is only taken if its days are known to be received."""
    upstream, ledger = [invoice("u1"), invoice("u2", FAR)], [entry("l1", None), entry("l2", FAR)]
    assumed = [row | {"fetched_at": None} for row in covered()]
    open_line = [item for item in reconcile_rows(tmp_path, upstream, ledger, assumed) if "l1" in item["members"]]
    assert [(item["cause"], item["why_not"]) for item in open_line] == [("unreadable_reference", "amount_recurs")]
    linked = [item for item in reconcile_rows(tmp_path, upstream, ledger) if "l1" in item["members"]]
    assert [item["cause"] for item in linked] == ["number_absent"]


def test_the_cases_show_every_cause() -> None:
    assert {cause for case in CASES for _, cause, _ in case.expect} == set(CAUSES)


def test_the_order_of_the_rows_changes_nothing(items: list[Row], tmp_path: Path) -> None:
    upstream, ledger, coverage = all_rows()
    assert items == reconcile_rows(tmp_path, upstream[::-1], ledger[::-1], coverage[::-1])
    assert sum(len(item["members"]) for item in items) == len(upstream) + len(ledger)


def test_every_record_stands_in_exactly_one_item_and_sums_are_kept(items: list[Row]) -> None:
    upstream, ledger, _ = all_rows()
    members = [member for item in items for member in item["members"]]
    assert len(members) == len(set(members)) == len(upstream) + len(ledger)
    assert sum(item["upstream_total_cny"] or 0 for item in items) == sum(row["total_cny"] for row in upstream)


def test_a_line_without_money_is_refused_and_never_matched(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no money"):
        reconcile_rows(tmp_path, [invoice("u1")], [entry("l1", total=None)])


@pytest.mark.parametrize("red_id", ["a1", "z1"])
def test_an_item_keeps_its_name_when_the_red_letter_of_its_invoice_comes(tmp_path: Path, red_id: str) -> None:
    blue = invoice("u1", status="red_full")
    red = invoice(red_id, FAR, "-1130.00", original_invoice_number=blue["invoice_number"])
    (before,) = reconcile_rows(tmp_path / "before", [blue], [entry("l1")])
    (after,) = reconcile_rows(tmp_path / "after", [blue, red], [entry("l1")])
    assert after["members"] == {"u1", red_id, "l1"}
    assert after["item_id"] == before["item_id"] == "U:u1"
