"""A run for an earlier moment gives what was known then, takes nothing in, and leaves no trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipelines import night_log
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.reconcile.nightly import file_periods, reconcile_night
from pipelines.reports.summary import build_findings
from pipelines.settings import Settings
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.unit.source_files import DIGITAL, LEDGER_HEADER, PERIOD_NAME, full_query, invoice, text_lines, total
from tests.unit.test_intake import FIRST, deliver, made, select, with_sources

Rows = list[tuple[Any, ...]]
LINE = f"2026-08-20,记-1,{DIGITAL},上海甲公司,1000.00,130.00,1130.00,货"


def run(settings: Settings, night: int) -> Rows:
    """The stages that decide; items of that moment."""
    at = Night(FIRST + timedelta(days=night))
    night_log.open_night(settings, at)
    take_in(settings, at)
    reconcile_night(settings, at)
    night_log.close_night(settings, at)
    return select(settings, "SELECT * FROM recon__item ORDER BY ALL")


@pytest.fixture
def history(settings: Settings) -> tuple[Settings, list[Rows]]:
    """Night 0: an invoice. Night 1: it is booked. Night 2: it was reversed, and a line was corrected."""
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, full_query(invoice(), total()), made())
    nights = [run(settings, 0)]
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, LINE), made(1))
    nights.append(run(settings, 1))
    reversed_one = full_query(invoice(发票状态="已红冲-全额"), total())
    deliver(settings, "tax", PERIOD_NAME.replace(".xlsx", " (1).xlsx"), reversed_one, made(2))
    nights.append(run(settings, 2))
    return settings, nights


def test_an_earlier_moment_gives_what_was_known_then(history: tuple[Settings, list[Rows]]) -> None:
    settings, nights = history
    assert [row[4] for rows in nights for row in rows] == ["booking_lag", "exact", "dead_invoice_booked"]
    for night in (0, 1, 0, 2, 1):
        assert run(settings, night) == nights[night]


def test_the_next_night_knows_everything_again(history: tuple[Settings, list[Rows]]) -> None:
    settings, _ = history
    run(settings, 0)
    assert [row[4] for row in run(settings, 3)] == ["dead_invoice_booked"]


def test_a_look_back_takes_nothing_in_and_changes_no_finding(history: tuple[Settings, list[Rows]]) -> None:
    settings, nights = history
    findings = select(settings, "SELECT * FROM night__finding ORDER BY ALL")
    sources = select(settings, "SELECT * FROM night__source ORDER BY ALL")
    deliver(settings, "book", "晚到.csv", text_lines(LEDGER_HEADER, LINE.replace("记-1", "记-2")), made(3))
    assert run(settings, 1) == nights[1]
    assert select(settings, "SELECT * FROM night__finding ORDER BY ALL") == findings
    assert select(settings, "SELECT * FROM night__source ORDER BY ALL") == sources
    assert select(settings, "SELECT count(*) FROM raw_file") == [(3,)]


def test_a_file_that_came_late_was_not_known_before_it_came(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, full_query(invoice(), total()), made())
    first = run(settings, 0)
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, LINE), made(-1))
    assert [row[4] for row in run(settings, 1)] == ["exact"]
    assert run(settings, 0) == first


def test_a_line_that_changed_within_one_file_time_is_known_as_it_was(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, full_query(invoice(), total()), made())
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, LINE.replace("1130.00", "1103.00")), made())
    first = run(settings, 0)
    deliver(settings, "book", "账2.csv", text_lines(LEDGER_HEADER, LINE), made())
    assert ([row[4] for row in first], [row[4] for row in run(settings, 1)]) == (["amount_differs"], ["exact"])
    assert run(settings, 0) == first


KNOWN_THEN = (
    *("recon__filed_period", "recon__filed_item", "recon__adjustment", "night__adjustment", "night__finding"),
    *("out__adjustment", "out__open_item", "out__change"),
)


def publish(settings: Settings, night: int) -> dict[str, Rows]:
    """What readers and the report see after that night of what is filed, what has changed since, and what is open."""
    at = Night(FIRST + timedelta(days=night))
    night_log.open_night(settings, at)
    take_in(settings, at)
    reconcile_night(settings, at)
    file_periods(settings, at)
    publish_night(settings, at)
    night_log.close_night(settings, at)
    with open_warehouse(settings) as con:
        build_findings(con, at)
        reported = con.execute("SELECT item_id, cause, first_night FROM report_finding ORDER BY ALL").fetchall()
    published = {name: run_query(settings, f"FROM {name} ORDER BY ALL").rows for name in KNOWN_THEN}
    return published | {"report": reported}


@pytest.fixture
def filed(settings: Settings) -> tuple[Settings, list[dict[str, Rows]]]:
    """Night 1 files August, in night 2 a line comes late, in night 4 the invoice is reversed, in night 5 no longer."""
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, full_query(invoice(), total()), made())
    nights = [publish(settings, 0)]
    settings = settings.model_copy(update={"filed_through": "2026-08"})
    nights.append(publish(settings, 1))
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, LINE), made(2))
    nights += [publish(settings, 2), publish(settings, 3)]
    for night, status in ((4, "已红冲-全额"), (5, "正常")):
        name = PERIOD_NAME.replace(".xlsx", f" ({night}).xlsx")
        deliver(settings, "tax", name, full_query(invoice(发票状态=status), total()), made(night))
        nights.append(publish(settings, night))
    return settings, nights


def test_a_look_back_publishes_what_that_night_published_and_leaves_the_next_one_as_it_was(
    filed: tuple[Settings, list[dict[str, Rows]]],
) -> None:
    settings, nights = filed
    found = [[(row[8], row[11]) for row in night["recon__adjustment"]] for night in nights]
    second, fourth, fifth = (Night(FIRST + timedelta(days=day)).night_id for day in (2, 4, 5))
    assert found == [
        [], [], [("exact", second)], [("exact", second)], [("dead_invoice_booked", fourth)], [("exact", fifth)]
    ]  # fmt: skip
    for night in (4, 0, 3):
        assert publish(settings, night) == nights[night], night
    assert publish(settings, 6)["recon__adjustment"] == nights[5]["recon__adjustment"]
