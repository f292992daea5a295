"""A company whose list from the tax system lacks some invoices, and a verification service that knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.demo.parties import OUR_NAME
from pipelines.demo.writers import write_plain_ledger_csv, write_tax_full_query
from pipelines.model import Side
from pipelines.night import Night
from pipelines.night_log import close_night, open_night
from pipelines.pull.stage import pull_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.routes_verification import VerificationService
from pipelines.settings import Settings, Source, Taxpayer
from pipelines.simulator import Scenario, SimulatedBooks, Simulator, make_books
from pipelines.simulator.books import OUR_TAX_ID
from pipelines.simulator.scenario import Account
from pipelines.sources.intake import take_in
from pipelines.verification.stage import Verified, verify_night
from pipelines.warehouse import connect

NIGHT = Night(datetime(2026, 11, 20, 2))
SECRET = "hunter2hunter2"  # noqa: S105 - invented, opens nothing
BIG, SMALL, CODED = "26112000000120004530", "26112000000120004501", "00001235"
HIDDEN = (BIG, SMALL, CODED)
"""Booked with their date, known to the service, not on the tax system's list: 6,662.43, 817.45 and 408.16."""
FORGED = "26112000000999999999"
"""Booked, 8,888.00, and known to nobody."""
BIG_DAY = "2026-09-18"


def later(days: int) -> Night:
    return Night(NIGHT.as_of + timedelta(days=days))


def make_company() -> SimulatedBooks:
    return make_books(seed=7, invoices=30, months=2)


@contextmanager
def serve(books: SimulatedBooks | None = None, **scenario: Any) -> Iterator[Simulator]:
    accounts = (Account(id="app", secret=SECRET, kind="client"),)
    declared = Scenario(now=NIGHT.as_of, accounts=accounts, **scenario)
    with Simulator(books or make_company(), declared) as simulator:
        yield simulator


def settings_of(root: Path, url: str, **given: Any) -> Settings:
    declared: dict[str, Any] = {
        "base_url": url,
        "auth": {"kind": "client", "id_env": "VERIFY_ID", "secret_env": "VERIFY_SECRET"},
        "requests_per_second": 1000,
        "longest_wait_seconds": 0.05,
        "timeout_seconds": 5,
    }
    return Settings(
        data_root=root,
        taxpayers=[Taxpayer(id=OUR_TAX_ID, name=OUR_NAME)],
        sources=[
            Source(id="tax", side=Side.UPSTREAM, folder="inbox/tax", layout="tax_full_query", taxpayer_id=OUR_TAX_ID),
            Source(id="book", side=Side.LEDGER, folder="inbox/book", layout="plain_ledger_csv", taxpayer_id=OUR_TAX_ID),
        ],
        verification=VerificationService(**(declared | given)),
        threads=2,
        settle_seconds=0,
    )


def write_files(settings: Settings, hidden: Iterable[str] = HIDDEN, name: str = "") -> None:
    """The list without the hidden invoices, and the ledger with the forged line."""
    books = make_company()
    listed = [row for row in books.upstream.to_pylist() if row["invoice_number"] not in hidden]
    entries = books.entry.to_pylist()
    (model,) = (row for row in entries if row["invoice_reference"] == BIG)
    forged = model | {
        "record_id": "forged",
        "voucher_no": "记-900",
        "invoice_reference": FORGED,
        "invoice_date": date(2026, 9, 20),
        "posted_on": date(2026, 9, 21),
        "amount_cny": model["amount_cny"] * 0 + 8000,
        "tax_cny": model["tax_cny"] * 0 + 888,
        "total_cny": None,
    }
    tax = settings.data_root / "inbox/tax" / f"全量发票查询导出结果（20260901-20261110）{name}.xlsx"
    write_tax_full_query(tax, pa.Table.from_pylist(listed, books.upstream.schema))
    ledger = pa.Table.from_pylist([*entries, forged], books.entry.schema)
    write_plain_ledger_csv(settings.data_root / "inbox/book/ledger.csv", ledger)


def prepare_night(settings: Settings, night: Night = NIGHT) -> None:
    """The stages before the second opinion."""
    open_night(settings, night)
    pull_night(settings, night)
    take_in(settings, night)
    reconcile_night(settings, night)


def ask(settings: Settings, night: Night = NIGHT) -> Verified:
    """The second opinion, and the end of the night."""
    verified = verify_night(settings, night)
    close_night(settings, night)
    return verified


def run_night(settings: Settings, night: Night) -> Verified:
    prepare_night(settings, night)
    return ask(settings, night)


def select(settings: Settings, sql: str, *values: object) -> list[tuple[Any, ...]]:
    con = connect(settings.warehouse_path, settings, read_only=True)
    try:
        return con.execute(sql, list(values)).fetchall()
    finally:
        con.close()


def item_of(settings: Settings, number: str) -> tuple[str, str, str]:
    """Cause and both sentences of the item of the line that cites the number."""
    ((cause, zh, en),) = select(
        settings,
        "SELECT cause, explanation_zh, explanation_en FROM recon__item JOIN recon__member USING (item_id) "
        "JOIN core_ledger__entry l USING (record_id) WHERE side = 'ledger' AND invoice_reference = ?",
        number,
    )
    return cause, zh, en


def outcomes(settings: Settings) -> dict[str, str]:
    return dict(select(settings, "SELECT asked_number, outcome FROM core_verification__answer"))


def made_out_to(books: SimulatedBooks, number: str, tax_id: str) -> SimulatedBooks:
    """The same books, but that invoice names another buyer."""
    changed = [replace(one, buyer_tax_id=tax_id) if one.number == number else one for one in books.invoices]
    return replace(books, invoices=tuple(changed))
