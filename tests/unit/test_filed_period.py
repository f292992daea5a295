"""A filed month is never rewritten: what comes late is an adjustment to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.reconcile.decisions import withdraw
from pipelines.reconcile.nightly import file_periods, reconcile_night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.spec.tables import OTHER, entry, invoice
from tests.unit.test_decisions import NIGHTS, make, see

FAR = "26312000000987654321"


def judge(settings: Settings, night: int, filed_through: str | None = "2026-08") -> list[tuple[Any, ...]]:
    """Adjustments after that night."""
    filing = settings.model_copy(update={"filed_through": filed_through})
    reconcile_night(filing, NIGHTS[night])
    file_periods(filing, NIGHTS[night])
    return select(
        settings,
        "SELECT kind, filed_cause, found_cause, upstream_change_cny, ledger_change_cny, first_night "
        "FROM recon__adjustment ORDER BY ALL",
    )


def select(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings, read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def filed(settings: Settings) -> Settings:
    see(settings, [invoice("u1"), invoice("u2", FAR, "226.00", on=date(2026, 9, 5))], [entry("l1")])
    assert judge(settings, 0) == []
    return settings


def test_only_the_filed_month_is_kept(filed: Settings) -> None:
    assert select(filed, "SELECT period, cause, record_ids FROM recon__filed_item") == [
        ("2026-08", "exact", ["l1", "u1"])
    ]


def test_a_late_arrival_is_an_adjustment_and_the_filed_result_stays(filed: Settings) -> None:
    before = select(filed, "SELECT * FROM recon__filed_item")
    see(filed, ledger=[entry("l9", "26312000000111111111", "500.00", party=OTHER)])
    late = ("arrived", None, "not_found", Decimal(0), Decimal("500.00"), NIGHTS[1].night_id)
    assert judge(filed, 1) == [late]
    assert judge(filed, 2) == [late]
    assert select(filed, "SELECT * FROM recon__filed_item") == before


def test_a_later_reversal_is_an_adjustment(filed: Settings) -> None:
    see(filed, [invoice("u1", status="red_full")])
    assert judge(filed, 1) == [("changed", "exact", "dead_invoice_booked", Decimal(0), Decimal(0), NIGHTS[1].night_id)]


def test_an_adjustment_goes_when_the_item_is_again_what_was_filed(filed: Settings) -> None:
    see(filed, ledger=[entry("l1", total="1103.00")])
    assert [row[:3] for row in judge(filed, 1)] == [("changed", "exact", "amount_differs")]
    see(filed, ledger=[entry("l1")])
    assert judge(filed, 2) == []


def test_nothing_is_filed_unless_it_is_said(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1")])
    assert judge(settings, 0, None) == []
    assert select(settings, "SELECT count(*) FROM recon__filed_period") == [(0,)]


@pytest.mark.parametrize("posted_on", [date(2026, 7, 20), date(2026, 6, 1)])
def test_what_arrives_in_a_filed_month_of_which_nothing_was_known_is_an_adjustment(
    filed: Settings, posted_on: date
) -> None:
    see(filed, ledger=[entry("l9", "26312000000111111111", "500.00", party=OTHER, posted_on=posted_on)])
    assert [row[:3] for row in judge(filed, 1)] == [("arrived", None, "not_found")]
    assert select(filed, "SELECT DISTINCT period FROM recon__filed_item") == [("2026-08",)]


def test_months_are_filed_one_after_the_other(filed: Settings) -> None:
    assert judge(filed, 1, "2026-09") == []
    assert select(filed, "SELECT period, filed_night FROM recon__filed_period ORDER BY 1") == [
        ("2026-08", NIGHTS[0].night_id), ("2026-09", NIGHTS[1].night_id)
    ]  # fmt: skip


def test_a_month_that_is_called_filed_no_longer_has_no_adjustments(filed: Settings) -> None:
    assert judge(filed, 1, "2026-07") == []


def test_a_night_that_is_not_published_files_nothing(settings: Settings) -> None:
    see(settings, [invoice("u1")], [entry("l1")])
    reconcile_night(settings.model_copy(update={"filed_through": "2026-08"}), NIGHTS[0])
    assert select(settings, "SELECT count(*) FROM recon__filed_period") == [(0,)]


def test_months_of_which_nothing_is_known_are_filed_with_those_around_them(filed: Settings) -> None:
    assert judge(filed, 1, "2026-10") == []
    assert select(filed, "SELECT period FROM recon__filed_period ORDER BY 1") == [
        ("2026-08",), ("2026-09",), ("2026-10",)
    ]  # fmt: skip


@pytest.mark.parametrize("slip", ["2026-11", "2062-08"])
def test_a_month_that_is_not_over_is_not_filed(filed: Settings, slip: str) -> None:
    see(filed, ledger=[entry("l9", "26312000000111111111", "500.00", party=OTHER)])
    assert [row[0] for row in judge(filed, 1, slip)] == ["arrived"]
    assert select(filed, "SELECT period FROM recon__filed_period") == [("2026-08",)]
    judge(filed, 2, "2026-09")
    assert select(filed, "SELECT period FROM recon__filed_period ORDER BY 1") == [("2026-08",), ("2026-09",)]


def publish(settings: Settings, night: int) -> list[tuple[Any, ...]]:
    """What readers see of adjustments after that night is judged and published."""
    judge(settings, night)
    at = NIGHTS[night]
    with open_warehouse(settings) as con:
        con.execute("DELETE FROM night__run WHERE night_id = $id", {"id": at.night_id})
        con.execute(
            "INSERT INTO night__run BY NAME SELECT $id AS night_id, $at AS as_of, $at AS started_at, "
            "$at AS finished_at, TRUE AS is_published",
            {"id": at.night_id, "at": at.as_of},
        )
    publish_night(settings, at)
    return run_query(settings, "SELECT period, kind, found_cause, filed_night FROM out__adjustment").rows


def test_readers_see_what_arrives_in_months_before_the_first_filed_one(filed: Settings) -> None:
    see(filed, ledger=[entry("l9", "26312000000111111111", "500.00", party=OTHER, posted_on=date(2026, 7, 20))])
    assert publish(filed, 1) == [("2026-07", "arrived", "not_found", NIGHTS[0].night_id)]


def test_a_look_back_to_before_a_withdrawal_shows_the_decision_in_force(filed: Settings) -> None:
    made = make(filed, "leave_alone", ["u1"], [])
    publish(filed, 2)
    withdraw(filed, made, withdrawn_by="李会计", reason="看错了")
    with open_warehouse(filed) as con:
        con.execute("UPDATE decisions SET withdrawn_at = $at", {"at": NIGHTS[3].as_of})
    found = "SELECT state, is_honoured FROM out__decision"
    publish(filed, 4)
    assert run_query(filed, found).rows == [("withdrawn", False)]
    publish(filed, 2)
    assert run_query(filed, found).rows == [("honoured", True)]
