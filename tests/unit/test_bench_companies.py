"""The benchmark of several companies: what is offered is what the floor reads, and its tables say the ratios."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import pytest

from benchmarks.companies import CompaniesNight, LostRecordsError, Part, check_counts, describe, write_plan
from benchmarks.companies_books import Offer, offer_books
from benchmarks.companies_floor import PARTS, month_spans
from benchmarks.measure import Measured
from pipelines.settings import Settings, Taxpayer
from pipelines.warehouse import open_warehouse


def test_the_floor_reads_every_record_that_is_offered(tmp_path: Path) -> None:
    with ExitStack() as stack:
        offer = offer_books(stack, tmp_path / "root", taxpayers=3, records=60, seed=7)
        plan = json.loads(write_plan(tmp_path, offer).read_text(encoding="utf-8"))
        assert {kind: read(plan) for kind, read in PARTS.items()} == offer.records
    assert sum(offer.records.values()) == offer.invoices + offer.entries
    assert all(count > 0 for count in offer.records.values())


def test_the_months_are_asked_for_one_by_one() -> None:
    assert month_spans(date(2026, 8, 31), date(2026, 10, 2)) == [
        (date(2026, 8, 31), date(2026, 8, 31)),
        (date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 10, 2)),
    ]


def test_a_record_that_is_not_in_core_is_an_error(tmp_path: Path) -> None:
    settings = Settings(data_root=tmp_path)
    with open_warehouse(settings):
        pass
    with pytest.raises(LostRecordsError, match=r"\(0, 0, 0\), expected \(1, 0, 1\)"):
        check_counts(settings, Offer(datetime(2026, 11, 3, 2), invoices=1))


def test_the_table_gives_the_night_as_times_of_the_bytes_alone() -> None:
    offer = Offer(datetime(2026, 11, 3, 2), [Taxpayer(id="1", name="甲公司")], invoices=600, entries=400)
    parts = {"API": Part(1.5, 600), "files": Part(0.5, 400)}
    measured = CompaniesNight(offer, Measured(10, 500, "", 8), Measured(2.2, 100, "", 2), parts, {"pull": 3.0})
    lines = describe(measured).splitlines()
    assert "| together | 1,000 | 2.0 |" in lines
    assert "| whole night | 10.0 | 8.0 | 500 | 5.0 |" in lines
    assert "| stage pull | 3.0 | | | 1.5 |" in lines
