"""Books of several companies, offered as a night finds them: by simulated API, in PostgreSQL and as files."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from stdnum.cn import uscc

from pipelines.demo.deliveries import query_file_name
from pipelines.demo.generator import OUR_TAX_ID, generate_books
from pipelines.demo.writers import write_plain_ledger_csv, write_tax_full_query
from pipelines.model import Direction, Side
from pipelines.routes import ApiListing, ApiRoute, ClientAuth, DatabaseRoute
from pipelines.settings import BEIJING, Source, Taxpayer
from pipelines.simulator import Scenario, SimulatedBooks, Simulator
from pipelines.simulator.books import read_invoices
from pipelines.simulator.scenario import RateLimit
from tests.unit.postgres_server import PostgresServer, run_postgres

FIRST_DAY = date(2026, 8, 1)
LAST_DAY = date(2026, 10, 31)
PAGE_ROWS = 5000
RECORDS_PER_INVOICE = 1.962
"""An invoice and its ledger line, unless it is not booked yet: measured on books without faults."""
COLUMNS = (
    *("posted_on", "voucher_no", "invoice_reference", "invoice_code", "invoice_date", "counterparty_tax_id"),
    *("counterparty_name", "amount_cny", "tax_cny", "total_cny", "summary", "direction"),
)
CREATE = """
CREATE TABLE ledger (line bigint, taxpayer_id text, posted_on date, voucher_no text, invoice_reference text,
 invoice_code text, invoice_date date, counterparty_tax_id text, counterparty_name text, amount_cny numeric(18, 2),
 tax_cny numeric(18, 2), total_cny numeric(18, 2), summary text, direction text, PRIMARY KEY (taxpayer_id, line))
"""
QUERY = (
    f"SELECT {', '.join(COLUMNS)} FROM ledger "
    "WHERE taxpayer_id = '{taxpayer}' AND posted_on BETWEEN :from AND :to ORDER BY line"
)
PARAMS = {"from": "{from}", "to": "{to}", "taxpayer": "{taxpayer}"}
ACCOUNT = Scenario().accounts[0]


@dataclass
class Offer:
    """What the companies have, and where. `records` counts both sides' records by kind of source; `apis` are pairs of
    address and taxpayer, `files` every file that lies in an inbox."""

    as_of: datetime
    taxpayers: list[Taxpayer] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=lambda: {"API": 0, "database": 0, "files": 0})
    invoices: int = 0
    entries: int = 0
    database_url: str = ""
    queries: list[str] = field(default_factory=list)
    apis: list[tuple[str, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def offer_books(stack: ExitStack, root: Path, taxpayers: int, records: int, seed: int) -> Offer:
    """`records` per taxpayer, both sides together. Of three taxpayers two are listed by the API and two keep their
    ledger in the database, so that each kind of source brings a third; `stack` stops the servers."""
    server = stack.enter_context(run_postgres())
    server.run(CREATE)
    offer = Offer(datetime.combine(LAST_DAY, datetime.min.time()), database_url=server.url())
    for place in range(taxpayers):
        books = generate_books(seed + place, round(records / RECORDS_PER_INVOICE), start=FIRST_DAY, fault_rate=0)
        taxpayer, offer.as_of = _tax_id(place), books.as_of
        offer.taxpayers.append(Taxpayer(id=taxpayer, name=f"示例{place + 1}公司"))
        invoice, entry = _rename(books.invoice, taxpayer), _rename(books.entry, taxpayer)
        offer.invoices += invoice.num_rows
        offer.entries += entry.num_rows
        if place % 3 < 2:
            _list_by_api(offer, stack, taxpayer, invoice)
        else:
            _list_by_file(offer, root, taxpayer, invoice)
        if place % 3 != 1:
            _keep_in_database(offer, server, taxpayer, entry)
        else:
            _keep_in_file(offer, root, taxpayer, entry)
    server.run("ANALYZE ledger")
    return offer


def _tax_id(place: int) -> str:
    number = f"91310000MA{place + 1:07}"
    return number + uscc.calc_check_digit(number)


def _rename(table: pa.Table, taxpayer: str) -> pa.Table:
    """The same rows as another company's."""
    for name in ("taxpayer_id", "seller_tax_id", "buyer_tax_id"):
        if name in table.column_names:
            renamed = pc.if_else(pc.equal(table[name], OUR_TAX_ID), taxpayer, table[name])
            table = table.set_column(table.column_names.index(name), name, renamed)
    return table


def _list_by_api(offer: Offer, stack: ExitStack, taxpayer: str, invoice: pa.Table) -> None:
    scenario = Scenario(now=offer.as_of, largest_page=PAGE_ROWS, rate_limit=RateLimit(requests=100_000))
    books = SimulatedBooks(read_invoices(invoice), invoice.slice(0, 0), invoice)
    simulator = stack.enter_context(Simulator(books, scenario))
    route = ApiRoute(
        base_url=simulator.url,
        auth=ClientAuth(id_env="TAX_API_ID", secret_env="TAX_API_SECRET"),  # noqa: S106 - a variable's name
        listing=ApiListing(path="/invoices", params=PARAMS, page_size=PAGE_ROWS),
        requests_per_second=10_000,
        first_day=FIRST_DAY,
    )
    name = f"tax_{taxpayer}"
    offer.sources.append(
        Source(
            id=name,
            side=Side.UPSTREAM,
            folder=f"inbox/{name}",
            layout="tax_api_pinyin",
            taxpayer_id=taxpayer,
            pull=route,
        )
    )
    offer.records["API"] += invoice.num_rows
    offer.apis.append((simulator.url, taxpayer))


def _list_by_file(offer: Offer, root: Path, taxpayer: str, invoice: pa.Table) -> None:
    for direction in Direction:
        name = f"tax_{direction}_{taxpayer}"
        span = (datetime.combine(FIRST_DAY, datetime.min.time()), datetime.combine(LAST_DAY, datetime.min.time()))
        path = root / "inbox" / name / query_file_name(*span)
        write_tax_full_query(path, invoice.filter(pc.field("direction") == direction.value))
        _add_file(
            offer,
            path,
            Source(
                id=name,
                side=Side.UPSTREAM,
                folder=f"inbox/{name}",
                layout="tax_full_query",
                taxpayer_id=taxpayer,
                direction=direction,
            ),
        )
    offer.records["files"] += invoice.num_rows


def _keep_in_file(offer: Offer, root: Path, taxpayer: str, entry: pa.Table) -> None:
    path = write_plain_ledger_csv(root / "inbox" / f"ledger_{taxpayer}" / "ledger.csv", entry)
    _add_file(offer, path, _ledger(taxpayer))
    offer.records["files"] += entry.num_rows


def _add_file(offer: Offer, path: Path, source: Source) -> None:
    """A file that was made an hour before the night."""
    made = (offer.as_of - timedelta(hours=1)).replace(tzinfo=BEIJING).timestamp()
    os.utime(path, (made, made))
    offer.sources.append(source)
    offer.files.append(path)


def _keep_in_database(offer: Offer, server: PostgresServer, taxpayer: str, entry: pa.Table) -> None:
    lines = entry.select(COLUMNS).add_column(0, "taxpayer_id", pa.array([taxpayer] * entry.num_rows))
    text = io.BytesIO()
    csv.write_csv(lines.add_column(0, "line", pa.array(range(entry.num_rows))), text)
    copied = "COPY ledger FROM STDIN (FORMAT csv, HEADER)"
    with psycopg.connect(server.url().replace("+psycopg", "")) as con, con.cursor().copy(copied) as copy:
        copy.write(text.getvalue())
    query = QUERY.replace("{taxpayer}", taxpayer)
    offer.queries.append(query)
    route: dict[str, Any] = {"url_env": "LEDGER_URL", "query": query, "layout": "plain_ledger_csv"}
    offer.sources.append(_ledger(taxpayer, DatabaseRoute(**route, first_day=FIRST_DAY)))
    offer.records["database"] += entry.num_rows


def _ledger(taxpayer: str, pull: DatabaseRoute | None = None) -> Source:
    name = f"ledger_{taxpayer}"
    return Source(
        id=name, side=Side.LEDGER, folder=f"inbox/{name}", layout="plain_ledger_csv", taxpayer_id=taxpayer, pull=pull
    )
