"""Days that a verified, unlisted invoice shows not to be received: which ones, and what finding them costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.model import COVERAGE, UPSTREAM_INVOICE, VERIFICATION_ANSWER
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, ensure_tables, run_sql

AS_OF = datetime(2026, 11, 20)
INVOICES, ANSWERS = 400_000, 1_000


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Connection]:
    con = connect(":memory:", Settings(data_root=tmp_path, threads=2))
    ensure_tables(con, (COVERAGE, UPSTREAM_INVOICE, VERIFICATION_ANSWER))
    con.execute(
        "INSERT INTO core_upstream__coverage BY NAME SELECT 'T' AS taxpayer_id, 'input' AS direction, "
        "DATE '2026-01-01' + CAST(i AS INTEGER) AS issue_date, TRUE AS is_complete FROM range(100) t(i)"
    )
    yield con
    con.close()


def list_invoice(con: Connection, code: str | None, number: str, paper: str | None = None) -> None:
    con.execute(
        "INSERT INTO core_upstream__invoice BY NAME SELECT 'u' AS record_id, 'T' AS taxpayer_id, 'input' AS direction, "
        "$code AS invoice_code, $number AS invoice_number, $paper AS paper_number, TIMESTAMP '2026-01-05' AS "
        "issued_at, 1 AS amount_cny, 0 AS tax_cny, 1 AS total_cny, 'normal' AS status, FALSE AS is_red, "
        "TIMESTAMP '2026-01-06' AS observed_at",
        {"code": code, "number": number, "paper": paper},
    )


def verify_invoice(con: Connection, code: str | None, number: str, **changed: object) -> None:
    values = {"outcome": "consistent", "is_ours": True, "received_at": AS_OF, "taxpayer": "T", **changed}
    con.execute(
        "INSERT INTO core_verification__answer BY NAME SELECT 'a' AS answer_id, $taxpayer AS taxpayer_id, 'input' AS "
        "direction, ['l'] AS ledger_ids, $code AS asked_code, $number AS asked_number, DATE '2026-01-05' AS asked_on, "
        "$outcome AS outcome, $is_ours AS is_ours, 1 AS requests, $received_at AS asked_at, 'f' AS file_id, "
        "$received_at AS received_at",
        {"code": code, "number": number, **values},
    )


def days_lost(con: Connection) -> int:
    run_sql(con, "core/core_upstream__unlisted", {"as_of": AS_OF})
    row = con.execute("SELECT count(*) FROM core_upstream__coverage WHERE NOT is_complete").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize(
    ("listed", "asked", "lost"),
    [
        ((None, "2611" * 5), (None, "2611" * 5), 0),
        ((None, "2612" * 5), (None, "2611" * 5), 1),
        (("1100262130", "00001234"), ("1100262130", "00001234"), 0),
        (("1100262230", "00001234"), ("1100262130", "00001234"), 1),
        ((None, "00001234"), ("1100262130", "00001234"), 0),
        (("1100262130", "2611" * 5, "00001234"), ("1100262130", "00001234"), 0),
    ],
    ids=["listed", "another", "listed with code", "another code", "listed without code", "printed on paper"],
)
def test_a_day_is_lost_unless_that_invoice_is_listed(
    con: Connection, listed: tuple[str | None, str], asked: tuple[str | None, str], lost: int
) -> None:
    list_invoice(con, *listed)
    verify_invoice(con, *asked)
    assert days_lost(con) == lost


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "differs"},
        {"is_ours": False},
        {"is_ours": None},
        {"received_at": datetime(2026, 11, 21)},
        {"taxpayer": "S"},
    ],
    ids=["differs", "somebody else's", "parties untold", "later", "another of ours"],
)
def test_what_proves_nothing_of_the_day_leaves_it(con: Connection, changed: dict[str, object]) -> None:
    verify_invoice(con, None, "2611" * 5, **changed)
    assert days_lost(con) == 0


def test_a_thousand_answers_cost_a_few_passes_over_the_invoices(con: Connection) -> None:
    con.execute(
        "INSERT INTO core_upstream__invoice BY NAME SELECT 'u' || i AS record_id, 'T' AS taxpayer_id, 'input' AS "
        "direction, '2611' || lpad(CAST(i AS VARCHAR), 16, '0') AS invoice_number, TIMESTAMP '2026-01-05' AS "
        "issued_at, 1 AS amount_cny, 0 AS tax_cny, 1 AS total_cny, 'normal' AS status, FALSE AS is_red, "
        "TIMESTAMP '2026-01-06' AS observed_at FROM range($n) t(i)",
        {"n": INVOICES},
    )
    con.execute(
        "INSERT INTO core_verification__answer BY NAME SELECT 'a' || i AS answer_id, 'T' AS taxpayer_id, 'input' AS "
        "direction, ['l'] AS ledger_ids, '2611' || lpad(CAST(2 * i * $step AS VARCHAR), 16, '0') AS asked_number, DATE "
        "'2026-01-01' + CAST(i % 100 AS INTEGER) AS asked_on, 'consistent' AS outcome, TRUE AS is_ours, 1 AS requests, "
        "$at AS asked_at, 'f' AS file_id, $at AS received_at FROM range($n) t(i)",
        {"n": ANSWERS, "step": INVOICES // ANSWERS, "at": AS_OF},
    )
    one_pass = seconds_of(lambda: con.execute("SELECT count(DISTINCT invoice_number) FROM core_upstream__invoice"))
    assert seconds_of(lambda: run_sql(con, "core/core_upstream__unlisted", {"as_of": AS_OF})) < 8 * one_pass
    assert days_lost(con) == 100


def seconds_of(step: Callable[[], Connection]) -> float:
    """The best of three, so that a busy machine does not decide."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        step().fetchall()
        taken.append(time.perf_counter() - start)
    return min(taken)
