"""Whose invoice a row is: its parties, its own direction, and what the settings say beside them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.settings import Settings, Source, Taxpayer
from pipelines.sources.inspect import read_to_parquet
from pipelines.sources.intake import take_in
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import (
    DIGITAL,
    LEDGER_HEADER,
    PERIOD_NAME,
    full_query,
    invoice,
    one_invoice,
    read_bytes,
    text_lines,
    total,
)
from tests.unit.test_intake import FIRST, deliver, made, select

SISTER = Taxpayer(id="91110108MA01C3D4XH", name="北京示例科技有限公司")
CUSTOMER = "91370100MA3ABCDE12"
OUR_SALE = {"数电发票号码": "26112000000000000101", "销方识别号": OUR_TAX_ID, "购方识别号": CUSTOMER}
TO_SISTER = {"销方识别号": OUR_TAX_ID, "购方识别号": SISTER.id}


def with_sister(settings: Settings) -> Settings:
    return settings.model_copy(update={"taxpayers": [*settings.taxpayers, SISTER]})


def read_of(settings: Settings, content: bytes, taxpayer_id: str | None) -> list[dict[str, Any]]:
    """Rows of an export whose source states its taxpayer."""
    path = Path(settings.data_root).parent / PERIOD_NAME
    path.write_bytes(content)
    read_to_parquet(settings, [path], "tax_full_query", path.parent / "out", taxpayer_id=taxpayer_id)
    return pq.read_table(path.parent / "out" / "core_upstream__invoice.parquet").sort_by("direction").to_pylist()


def sides(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["taxpayer_id"], row["direction"]) for row in rows]


# Between two of our own companies


def test_the_buyers_own_export_shows_a_purchase_from_its_sister(settings: Settings) -> None:
    rows = read_of(with_sister(settings), one_invoice(**TO_SISTER), SISTER.id)
    assert sides(rows) == [(SISTER.id, "input")]
    rows = read_of(with_sister(settings), one_invoice(**TO_SISTER), OUR_TAX_ID)
    assert sides(rows) == [(OUR_TAX_ID, "output")]


def test_an_export_of_the_group_shows_the_sale_and_the_purchase(settings: Settings) -> None:
    outcome = read_bytes(with_sister(settings), one_invoice(**TO_SISTER))
    assert sorted(sides(outcome.rows)) == sorted([(OUR_TAX_ID, "output"), (SISTER.id, "input")])
    assert len({row["record_id"] for row in outcome.rows}) == 2
    assert outcome.file.account.rows_kept == 1


def test_the_two_exports_of_the_sisters_name_the_same_records_as_that_of_the_group(settings: Settings) -> None:
    group = {row["record_id"] for row in read_bytes(with_sister(settings), one_invoice(**TO_SISTER)).rows}
    each = [read_of(with_sister(settings), one_invoice(**TO_SISTER), own) for own in (OUR_TAX_ID, SISTER.id)]
    assert group == {row["record_id"] for rows in each for row in rows}


# What the settings say against the row


@pytest.mark.parametrize("buyer", [CUSTOMER, ""])
def test_our_own_sale_is_no_purchase_of_a_source_of_purchases(settings: Settings, buyer: str) -> None:
    rows = [invoice(), invoice(**(OUR_SALE | {"购方识别号": buyer})), total(金额="2000.00", 税额="260.00")]
    outcome = read_bytes(settings, full_query(*rows), direction=Direction.INPUT)
    assert (outcome.only["invoice_number"], outcome.only["taxpayer_id"]) == (DIGITAL, OUR_TAX_ID)
    assert [reason for reason, _ in outcome.reasons] == ["other_side"]
    said = outcome.file.messages[0].zh
    assert "第 3 行“购方识别号”列，应为 来源设置 direction 所说的一方为本企业" in said
    assert CUSTOMER not in said


def test_our_own_purchase_is_no_sale_of_a_source_of_sales(settings: Settings) -> None:
    outcome = read_bytes(settings, one_invoice(), direction=Direction.OUTPUT)
    assert [reason for reason, _ in outcome.reasons] == ["other_side"]


def test_an_invoice_of_our_other_company_is_not_of_the_one_that_the_source_states(settings: Settings) -> None:
    mine = with_sister(settings)
    assert read_of(mine, one_invoice(), SISTER.id) == []
    rejects = pq.read_table(Path(settings.data_root).parent / "out" / "rejects.parquet").to_pylist()
    assert [reject["reason"] for reject in rejects] == ["other_taxpayer"]


def test_a_sale_among_purchases_leaves_no_hole_in_their_days(settings: Settings) -> None:
    source = Source(id="tax", side=Side.UPSTREAM, folder="in/tax", layout="tax_full_query", direction=Direction.INPUT)
    mine = settings.model_copy(update={"sources": [source]})
    rows = [invoice(), invoice(**OUR_SALE), total(金额="2000.00", 税额="260.00")]
    deliver(mine, "tax", PERIOD_NAME, full_query(*rows), made(3))
    take_in(mine, Night(FIRST.replace(day=4)))
    found = "SELECT direction, count(*) FILTER (is_complete) FROM core_upstream__coverage GROUP BY ALL"
    assert select(mine, found) == [("input", 31)]


# What a ledger row says of its direction


def read_directed(settings: Settings, direction: Direction | None, *words: str) -> Any:
    header = LEDGER_HEADER + ",方向"
    lines = [f"2026-08-20,记-{place},1234567{place},甲,100.00,13.00,113.00,货,{w}" for place, w in enumerate(words)]
    return read_bytes(settings, text_lines(header, *lines), "plain_ledger_csv", "账.csv", direction)


def test_a_row_of_the_other_direction_contradicts_its_source(settings: Settings) -> None:
    outcome = read_directed(settings, Direction.INPUT, "进项", "销项", "")
    assert [row["invoice_reference"] for row in outcome.rows] == ["12345670", "12345672"]
    assert outcome.reasons == [("direction_contradicts", "销项")]
    assert "第 3 行“方向”列为“销项”，应为 与来源设置" in outcome.file.messages[0].zh
    assert "fapiao.toml" in outcome.file.messages[0].zh


def test_the_sides_of_an_account_are_no_direction(settings: Settings) -> None:
    outcome = read_directed(settings, Direction.INPUT, "贷", "借")
    assert outcome.reasons == [("debit_or_credit", "贷"), ("debit_or_credit", "借")]
    assert "“方向”列为“贷”" in outcome.file.messages[0].zh
    assert "借方、贷方两列的版式" in outcome.file.messages[0].zh


def test_a_layout_may_say_that_the_debit_side_takes_back(settings: Settings) -> None:
    shipped = Path("pipelines/sources/layouts/plain_ledger_csv.toml").read_text(encoding="utf-8")
    own = settings.data_root / "layouts" / "plain_ledger_csv.toml"
    own.parent.mkdir(parents=True)
    rule = '[[sign.negative_if]]\nfield = "direction"\npattern = "^借"\n'
    own.write_text(f"{shipped}\n{rule}", encoding="utf-8")
    outcome = read_directed(settings, Direction.INPUT, "贷", "借")
    assert [row["total_cny"] for row in outcome.rows] == [Decimal(113), Decimal(-113)]


def test_a_word_that_is_no_direction_is_told_with_its_column(settings: Settings) -> None:
    said = read_directed(settings, None, "采购").file.messages[0]
    assert "第 2 行“方向”列为“采购”，应为 进项或销项" in said.zh
    assert "请更正后重新导出" in said.zh
    assert 'column 方向 holds "采购"' in said.en


def test_a_source_that_says_its_direction_needs_no_known_word(settings: Settings) -> None:
    assert read_directed(settings, Direction.INPUT, "采购").only["direction"] == "input"


def test_where_nothing_says_the_direction_the_setting_is_asked_for(settings: Settings) -> None:
    said = read_directed(settings, None, "").file.messages[0].zh
    assert "第 2 行，应为 进项或销项，或来源设置 direction" in said
    assert "请在 fapiao.toml 中改正此来源的设置" in said
