"""Nothing is called unbooked before a ledger that is due every night has come."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.cli.diagnoses import diagnose_filing
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Source
from pipelines.warehouse import open_warehouse
from tests.spec.tables import OURS, invoice
from tests.unit.test_decisions import NIGHTS, see

OLD = date(2026, 8, 21)


def judge(settings: Settings, **source: Any) -> tuple[str, date | None, str]:
    """Cause, due day and sentence of an old purchase; the ledger of `source` is due every night and never came."""
    book = {"id": "book", "side": "ledger", "folder": "inbox/book", "expected": "nightly", "taxpayer_id": OURS}
    settings.sources = [Source.model_validate(book | source)]
    see(settings, [invoice("u1", on=OLD)])
    reconcile_night(settings, NIGHTS[3])
    with open_warehouse(settings, read_only=True) as con:
        (row,) = con.execute("SELECT cause, due_on, explanation_en FROM recon__item").fetchall()
    return row


@pytest.mark.parametrize("direction", ["input", None])
def test_a_ledger_that_never_came_leaves_old_invoices_pending(settings: Settings, direction: str | None) -> None:
    cause, due_on, said = judge(settings, direction=direction)
    assert (cause, due_on) == ("booking_lag", date(2026, 11, 25))
    assert "no ledger has been received since" in said


@pytest.mark.parametrize(
    "source", [{"direction": "output"}, {"expected": "none"}, {"taxpayer_id": "91310000MA1FL0AB12"}]
)
def test_a_ledger_of_another_company_or_one_that_is_not_due_holds_nothing_back(
    settings: Settings, source: dict[str, str]
) -> None:
    assert judge(settings, **source)[0] == "not_booked"


@pytest.mark.parametrize(("month", "states"), [(None, []), ("2026-08", ["ok"]), ("2062-08", ["warn"])])
def test_the_doctor_sees_a_filed_month_that_is_not_over(
    settings: Settings, month: str | None, states: list[str]
) -> None:
    settings.filed_through = month
    assert [found.state for found in diagnose_filing(settings)] == states
