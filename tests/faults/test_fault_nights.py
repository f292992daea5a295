"""Every fault of the simulated tax system, one night each and one night after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.simulator import FaultKind, SimulatedBooks, make_books
from tests.faults.fault_nights import HEAD, PAGE, PLAYED, play, write_page

SHORT = ("busy", "expired_token", "server_error", "cut_short", "lost_page", "repeated_page", "overlapping_page")
"""Overcome within the night."""
LATE = "late_sync"
"""No fault that can be seen: the list is whole, and what is late comes on the next night."""


@pytest.fixture(scope="module")
def books() -> SimulatedBooks:
    return make_books(seed=7, invoices=40)


def test_the_page_has_a_row_for_every_fault_that_is_played() -> None:
    page = PAGE.read_text(encoding="utf-8")
    head, rows = page[: len(HEAD)], page[len(HEAD) :]
    assert head == HEAD
    assert [row.split("`")[1] for row in rows.splitlines()] == [kind.id for kind in PLAYED]


@pytest.mark.parametrize("kind", PLAYED, ids=lambda kind: kind.id)
def test_no_fault_makes_a_false_finding_or_loses_an_invoice(
    kind: FaultKind, books: SimulatedBooks, tmp_path: Path
) -> None:
    faulty, after = play(kind, books, tmp_path)
    assert (faulty.called_missing, after.called_missing) == (0, 0)
    assert (after.state, after.lost, after.alerts) == ("pulled", 0, ())
    if kind.id in (*SHORT, LATE):
        assert (faulty.state, faulty.alerts) == ("pulled", ())
        assert faulty.lost == 0 or kind.id == LATE
    else:
        assert faulty.state in {"failed", "incomplete", "maintenance"}
        assert "pull:tax_api" in faulty.alerts
        assert faulty.message_zh
        assert faulty.message_en
        assert write_page([(kind, faulty, after)]).splitlines()[-1] in PAGE.read_text(encoding="utf-8")
