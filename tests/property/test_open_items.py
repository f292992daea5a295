"""A night that judges only what is open or changed ends up with the rows of one that judges everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE, Side, Table
from pipelines.night import Night
from pipelines.reconcile.nightly import judge_due
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, ensure_tables
from tests.spec.tables import ARROW_TYPES, OTHER, SUPPLIER, Row, covered, entry, invoice

FIRST = date(2026, 8, 1)
NUMBERS = [
    *(f"261120000001234567{n:02d}" for n in range(12)),
    *(f"26312000{n}0098765432" for n in range(3)),
    *(f"123456{n:02d}" for n in range(8)),
]
TOTALS = ["113.00", "113.00", "113.00", "226.00", "1130.00", "1103.00"]
HISTORIES = 8
NIGHTS = 4


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Connection]:
    opened = connect(":memory:", Settings(data_root=tmp_path, threads=1))
    ensure_tables(opened)
    yield opened
    opened.close()


def any_invoice(chance: random.Random, record_id: str) -> Row:
    number = chance.choice(NUMBERS)
    row = invoice(
        record_id,
        number,
        chance.choice(TOTALS),
        on=FIRST + timedelta(days=chance.randrange(20)),
        party=chance.choice([SUPPLIER, OTHER]),
        status=chance.choices(["normal", "void", "red_full", "red_partial"], [8, 1, 2, 1])[0],
        invoice_code=chance.choice([None, "1100212130"]) if len(number) == 8 else None,
    )
    if chance.random() < 0.15:
        row |= {name: -row[name] for name in ("amount_cny", "tax_cny", "total_cny")}
        row |= {"is_red": True, "status": "normal", "original_invoice_number": chance.choice([*NUMBERS, None])}
    return row


def damaged(chance: random.Random, number: str) -> str | None:
    place = chance.randrange(len(number))
    return chance.choices(
        [number, number[-8:], number[:place] + "7" + number[place + 1 :], None, f"{number}、{chance.choice(NUMBERS)}",
         number[:15] + "00000", number[:place] + number[place + 1 :], number[:16], number[6:]],
        [10, 2, 2, 1, 1, 1, 1, 2, 1],
    )[0]  # fmt: skip


def any_entry(chance: random.Random, record_id: str) -> Row:
    posted = FIRST + timedelta(days=chance.randrange(25))
    return entry(
        record_id,
        damaged(chance, chance.choice(NUMBERS)),
        chance.choice(["", "", "", "-"]) + chance.choice(TOTALS),
        posted_on=posted,
        invoice_date=chance.choice([None, posted - timedelta(days=chance.randrange(5))]),
        party=chance.choice([SUPPLIER, OTHER, None]),
        invoice_code=chance.choice([None, None, "1100212130"]),
    )


def write(con: Connection, table: Table, rows: list[Row]) -> None:
    schema = pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in table.columns])
    given = [{name: row.get(name) for name in schema.names} for row in rows]
    con.register("given", pa.Table.from_pylist(given, schema))
    con.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM given")
    con.unregister("given")


def see(con: Connection, table: Table, side: Side, rows: list[Row]) -> None:
    """Replace the state of these records, as new sightings would."""
    ids = [[row["record_id"]] for row in rows]
    con.executemany(f"DELETE FROM {table.name} WHERE record_id = ?", ids)
    con.executemany(f"INSERT INTO core_change VALUES ('{side}', ?)", ids)
    write(con, table, rows)


def result(con: Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    return con.execute("FROM recon__item ORDER BY ALL").fetchall(), con.execute(
        "FROM recon__member ORDER BY ALL"
    ).fetchall()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_nights_of_open_items_equal_a_full_judgement(con: Connection, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - worlds, not secrets
    settings = Settings(data_root=tmp_path, threads=1)
    write(con, COVERAGE, covered(FIRST, FIRST + timedelta(days=40), [FIRST + timedelta(days=6)]))
    for night in range(NIGHTS):
        for table, side, make in (
            (UPSTREAM_INVOICE, Side.UPSTREAM, any_invoice),
            (LEDGER_ENTRY, Side.LEDGER, any_entry),
        ):
            ids = chance.sample(range(14), chance.randrange(1, 8))
            see(con, table, side, [make(chance, f"{side[0]}{number}") for number in ids])
        as_of = Night(datetime(2026, 8, 26, 2) + timedelta(days=night * 25))
        judge_due(con, settings, as_of)
        found = result(con)
        con.execute("DELETE FROM recon__state")
        judge_due(con, settings, as_of)
        assert found == result(con)
        (left,) = con.execute("SELECT count(*) FROM core_change").fetchone() or (None,)
        assert left == 0


def test_a_cleared_pair_is_carried_and_not_judged_again(con: Connection, tmp_path: Path) -> None:
    settings = Settings(data_root=tmp_path, threads=1)
    see(con, UPSTREAM_INVOICE, Side.UPSTREAM, [invoice("u1")])
    see(con, LEDGER_ENTRY, Side.LEDGER, [entry("l1")])
    judge_due(con, settings, Night(datetime(2026, 9, 1)))
    con.execute("UPDATE recon__item SET explanation_en = 'as it was'")
    judge_due(con, settings, Night(datetime(2026, 9, 2)))
    assert con.execute("SELECT explanation_en FROM recon__item").fetchall() == [("as it was",)]
    see(con, LEDGER_ENTRY, Side.LEDGER, [entry("l1", total="1103.00")])
    judge_due(con, settings, Night(datetime(2026, 9, 3)))
    assert con.execute("SELECT cause FROM recon__item").fetchall() == [("amount_differs",)]
