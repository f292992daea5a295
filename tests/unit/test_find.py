"""Finding an invoice by what a person has in hand."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines import publish_index
from pipelines.cli.edge import run_command_line
from pipelines.errors import BadInputError, IntegrityError, UsageError
from pipelines.find import build_near_pattern, find_invoices, find_region, list_near_tails, search, tail_range
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import Connection, load_sql, run_sql
from tests.sql.test_plans import SLOW_OPERATORS
from tests.unit.small_warehouse import FIRST, build_warehouse, number_of


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_root=tmp_path_factory.mktemp("find") / "data", threads=2)
    build_warehouse(settings)
    publish_night(settings, FIRST)
    return settings


def found_ids(settings: Settings, text: str = "", **conditions: object) -> list[str]:
    return [item.item_id for item in find_invoices(settings, text, **conditions).items]  # type: ignore[arg-type]


def test_a_full_number_shows_both_sides_with_verdict_and_places(published: Settings) -> None:
    (item,) = find_invoices(published, number_of(2)).items
    assert (item.verdict, item.cause, item.difference_cny) == ("mismatched", "amount_differs", Decimal("27.00"))
    assert item.open_since_night == "20261120T020000"
    assert [(fact.total_cny, fact.source_file, fact.source_row) for fact in item.upstream] == [
        (Decimal("1103.00"), "全量.xlsx", 5)
    ]
    assert [(fact.voucher_no, fact.total_cny, fact.source_row) for fact in item.ledger] == [
        ("记-2", Decimal("1130.00"), 7)
    ]


@pytest.mark.parametrize(
    "text", ["00000004", "2611 2000 0000 0000 0004", "２６１１２０００ 000000000004", "*0?04", "0004.0"]
)
def test_an_end_a_part_and_format_noise_all_lead_there(published: Settings, text: str) -> None:
    assert found_ids(published, text) == ["item4"]


def test_a_number_booked_twice_shows_every_item(published: Settings) -> None:
    assert sorted(found_ids(published, number_of(1))) == ["item1", "item5"]


def test_a_number_that_only_the_books_know_is_found(published: Settings) -> None:
    (item,) = find_invoices(published, number_of(3)).items
    assert (item.upstream, item.ledger[0].voucher_no) == ((), "记-3")


@pytest.mark.parametrize("typed", ["26112000000000000020", "2611200000000000006", "26112000000000009006"])
def test_one_wrong_character_is_forgiven_only_when_asked(published: Settings, typed: str) -> None:
    assert found_ids(published, typed) == []
    assert found_ids(published, typed, fuzzy=True)


def test_the_near_pattern_is_edit_distance_one_exactly() -> None:
    number, chance = "2611200012", random.Random(5)  # noqa: S311 - test inputs
    near = re.compile(build_near_pattern(number))
    con = duckdb.connect()
    for _ in range(3000):
        typed = list(number)
        for _ in range(chance.randrange(3)):
            place = chance.randrange(len(typed))
            typed[place : place + chance.randrange(3)] = chance.choices("0126", k=chance.randrange(3))
        text = "".join(typed)
        row = con.execute("SELECT damerau_levenshtein($a, $b)", {"a": text, "b": number}).fetchone()
        assert row is not None
        assert bool(near.fullmatch(text)) == (row[0] <= 1), text


@pytest.mark.parametrize("party", ["甲供应商(北京)", "甲供应商（北京）有限 公司"])
def test_a_party_is_compared_without_blanks_and_bracket_width(published: Settings, party: str) -> None:
    assert len(found_ids(published, "*", party=party)) == 6


def test_conditions_narrow_each_other(published: Settings) -> None:
    assert found_ids(published, "*", amount=Decimal("-1130")) == ["item2"]
    assert found_ids(published, "*", date_from=date(2026, 8, 1), date_to=date(2026, 8, 31)) == ["item6"]
    assert found_ids(published, number_of(6), date_from=date(2026, 9, 1)) == []
    assert found_ids(published, number_of(6), code="011001900111") == []


def test_an_amount_may_be_a_range_of_total_amount_or_tax(published: Settings) -> None:
    assert found_ids(published, amount=(Decimal(1101), Decimal(1200))) == ["item2"]
    assert len(found_ids(published, amount=Decimal(3))) == 6


def test_the_limit_shows_fewer_and_counts_all(published: Settings) -> None:
    result = find_invoices(published, "*", party="甲供应商", limit=2)
    assert (len(result.items), result.hits) == (2, 6)


def test_a_sum_and_other_conditions_narrow_each_other(published: Settings) -> None:
    range_of_all = (Decimal(1), Decimal(2000))
    assert found_ids(published, amount=range_of_all, date_from=date(2026, 11, 1), status="void") == ["item4"]
    assert found_ids(published, amount=Decimal(80), party="甲供应商") == ["item6"]
    assert found_ids(published, amount=Decimal(80), party="乙供应商") == []


def test_many_sums_lead_to_the_same_items_by_way_of_the_records(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"amount": (Decimal(1), Decimal(200)), "party": "甲供应商", "date_to": date(2026, 11, 9)}
    few = found_ids(published, **wanted)
    monkeypatch.setattr(search, "MANY", 0)
    assert found_ids(published, **wanted) == few != []


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("0004", {"party": "甲", "code": "1", "fuzzy": True}),
        ("", {"amount": Decimal(50), "party": "甲", "status": "void"}),
        ("", {"party": "甲", "date_from": date(2026, 10, 1), "date_to": date(2026, 10, 31)}),
    ],
)
def test_no_question_is_a_nested_loop(
    published: Settings, text: str, conditions: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[str] = []

    def explain_and_run(con: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Connection:
        for statement in con.extract_statements(load_sql(name)):
            values = {key: (parameters or {})[key] for key in statement.named_parameters}
            plans.extend(row[1] for row in con.execute(f"EXPLAIN (FORMAT json) {statement.query}", values).fetchall())
            con.execute(statement, values)
        return con

    monkeypatch.setattr(search, "run_sql", explain_and_run)
    find_invoices(published, text, **conditions)
    assert len(plans) >= 9
    assert [plan for plan in plans for slow in SLOW_OPERATORS if slow in plan] == []


def test_an_index_at_another_place_is_never_published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build_warehouse(settings)

    def shuffled(con: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Connection:
        run_sql(con, name, parameters)
        if name == "publish/find_item":
            con.execute(
                "CREATE OR REPLACE TABLE reader.out_find_item AS FROM reader.out_find_item ORDER BY item_row DESC"
            )
        return con

    monkeypatch.setattr(publish_index, "run_sql", shuffled)
    with pytest.raises(IntegrityError, match="at another place"):
        publish_night(settings, FIRST)


def test_the_status_is_that_of_the_invoice(published: Settings) -> None:
    assert found_ids(published, status="void") == ["item4"]


def test_every_record_of_an_item_stands_in_the_index(published: Settings) -> None:
    indexed = """
        SELECT i.item_id, m.side, r.record_id
        FROM (
            SELECT item_row, 'upstream' AS side, upstream_row AS record_row FROM out_find_item
            UNION ALL SELECT item_row, 'ledger', ledger_row FROM out_find_item
            UNION ALL FROM out_find_further
        ) AS m
        JOIN recon__item AS i ON i.rowid = m.item_row
        JOIN (SELECT rowid AS row_number, 'upstream' AS side, record_id FROM core_upstream__invoice
            UNION ALL SELECT rowid, 'ledger', record_id FROM core_ledger__entry) AS r
            ON r.row_number = m.record_row AND r.side = m.side
    """
    assert sorted(run_query(published, indexed).rows) == sorted(run_query(published, "FROM recon__member").rows)


@pytest.mark.parametrize("number", ["2611200000", "12345678", "1234567", "123456", "1234"])
def test_the_tails_hold_those_of_every_number_that_the_near_pattern_fits(number: str) -> None:
    near, tails = re.compile(build_near_pattern(number)), set(list_near_tails(number))
    chance = random.Random(7)  # noqa: S311 - test inputs
    for _ in range(3000):
        typed = list(chance.choice(["", "11002"]) + number)
        for _ in range(chance.randrange(3)):
            place = chance.randrange(len(typed))
            typed[place : place + chance.randrange(3)] = chance.choices("0126", k=chance.randrange(3))
        text = "".join(typed)
        if near.search(text):
            assert tail_range(text)[0] in tails, text


def test_nothing_found_says_what_was_covered_and_whose_number_it_is(published: Settings) -> None:
    result = find_invoices(published, "26442000000000009999")
    assert (result.items, result.hits) == ((), 0)
    (span,) = result.covered
    assert (span.covered_from, span.covered_to) == (date(2026, 10, 1), date(2026, 11, 29))
    assert span.gap_days == (date(2026, 10, 11),)
    assert result.region is not None
    assert result.region.name_zh == "广东"


def test_nothing_found_says_until_when_to_wait_and_how_to_verify(
    published: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(published.data_root))
    assert run_command_line(["find", "26442000000000009999"]) == 0
    printed = "".join(capsys.readouterr().out.split())
    as_of = find_invoices(published, number_of(1)).as_of
    assert f"{as_of - timedelta(hours=48):%Y-%m-%d%H:%M}之后开具或入账的可能还没有同步" in printed
    assert "查验平台" in printed
    assert "广东" in printed


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("26952000000000000001", "95"),
        ("011001900111", "11"),
        ("4403171130", "4403"),
        ("044031900111", "4403"),
        ("1100171130", "11"),
        ("12345678", None),
        ("2699200000000000?001", None),
    ],
)
def test_the_region_is_read_from_the_digits_that_carry_it(number: str, region: str | None) -> None:
    found = find_region(number)
    assert (found.region_code if found else None) == region


def test_nothing_to_look_for_is_said(published: Settings) -> None:
    with pytest.raises(UsageError):
        find_invoices(published, " -- ")


def test_without_a_published_night_it_says_what_makes_one(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="fapiao nightly"):
        find_invoices(settings, "1")
