"""Every case of `cases.py`: the items that come out, and what holds for any result."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import CAUSES
from tests.spec.cases import CASES, Case
from tests.spec.tables import AS_OF, Row, reconcile_rows


def run_case(case: Case, folder: Path) -> list[Row]:
    return reconcile_rows(folder, case.upstream, case.ledger, case.coverage, case.as_of or AS_OF)


def outline(items: list[Row]) -> list[tuple[str, str, list[str]]]:
    return sorted((item["verdict"], item["cause"], sorted(item["members"])) for item in items)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case_gives_the_items_that_are_named(case: Case, tmp_path: Path) -> None:
    items = run_case(case, tmp_path)
    assert outline(items) == sorted((verdict, cause, sorted(ids)) for verdict, cause, ids in case.expect)
    if case.fields:
        assert [item["differing_fields"] for item in items if item["differing_fields"]] == [list(case.fields)]
    if case.why_not:
        assert case.why_not in {item["why_not"] for item in items}


def test_every_sentence_is_filled_in_both_languages(tmp_path: Path) -> None:
    for place, case in enumerate(CASES):
        for item in run_case(case, tmp_path / str(place)):
            for sentence in (item["explanation_zh"], item["explanation_en"]):
                assert len(sentence) > 10, case.title
                assert "{" not in sentence, (case.title, sentence)


def test_the_cases_show_every_cause() -> None:
    assert {cause for case in CASES for _, cause, _ in case.expect} == set(CAUSES)


def test_reversing_the_rows_changes_no_item(tmp_path: Path) -> None:
    upstream = [row | {"record_id": f"{n}-{row['record_id']}"} for n, c in enumerate(CASES) for row in c.upstream]
    ledger = [row | {"record_id": f"{n}-{row['record_id']}"} for n, c in enumerate(CASES) for row in c.ledger]
    forward = reconcile_rows(tmp_path / "a", upstream, ledger)
    backward = reconcile_rows(tmp_path / "b", upstream[::-1], ledger[::-1])
    assert forward == backward
    assert sum(len(item["members"]) for item in forward) == len(upstream) + len(ledger)
