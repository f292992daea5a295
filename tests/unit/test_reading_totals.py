"""Rows that add up: subtotals of all kinds are no records, and a total that does not agree says what lies behind it."""

from __future__ import annotations

import pytest

from pipelines.errors import BadInputError
from pipelines.settings import Settings
from tests.unit.source_files import read_ledger

HEADER = "记账日期,凭证号,发票号码,对方名称,不含税金额,价税合计,摘要"
LINE = "2026-08-20,记-1,12345678,甲,100.00,113.00,货"


@pytest.mark.parametrize(
    "label",
    [
        "8月合计", "八月份累计", "2026年8月 合计", "当前合计", "当前累计", "本年累计", "本日合计", "季度合计",
        "材料小计", "过次页", "承前页", "期初余额", "期末余额", "上年结转", '"=""本月合计"""',
    ],
)  # fmt: skip
@pytest.mark.parametrize("row", ["2026-08-31,,,,100.00,113.00,{}", ",{},,,100.00,113.00,", "{},,,,100.00,113.00,"])
def test_a_row_that_adds_up_or_carries_forward_is_no_entry(settings: Settings, label: str, row: str) -> None:
    outcome = read_ledger(settings, LINE, row.format(label), "合计,,,,100.00,113.00,", header=HEADER)
    assert outcome.only["voucher_no"] == "记-1"
    assert outcome.kinds == ["header", "subtotal", "control_total"]


@pytest.mark.parametrize("row", [",,,甲公司 汇总,100.00,113.00,", ",记-1 汇总,,,100.00,113.00,"])
def test_a_groups_total_of_a_spreadsheet_is_a_subtotal(settings: Settings, row: str) -> None:
    assert read_ledger(settings, LINE, row, "总计,,,,100.00,113.00,", header=HEADER).kinds[1] == "subtotal"


def test_a_summary_behind_the_first_columns_is_looked_at_too(settings: Settings) -> None:
    header = "记账日期,凭证号,发票号码,开票日期,对方名称,金额,税额,价税合计,摘要"
    outcome = read_ledger(settings, "2026-08-31,,,,,100.00,13.00,113.00,本月合计", header=header)
    assert outcome.kinds == ["header", "subtotal"]


@pytest.mark.parametrize("summary", ["8月运费汇总", "合计付款", "小计算器"])
def test_an_entry_without_a_number_whose_summary_only_speaks_of_sums_stays(settings: Settings, summary: str) -> None:
    assert read_ledger(settings, f"2026-08-20,,,甲,100.00,113.00,{summary}", header=HEADER).only["summary"] == summary


def test_an_entry_with_a_number_stays_whatever_its_summary(settings: Settings) -> None:
    assert read_ledger(settings, LINE.replace("货", "本月合计"), header=HEADER).only["voucher_no"] == "记-1"


def refusal(settings: Settings, *lines: str) -> str:
    with pytest.raises(BadInputError) as stopped:
        read_ledger(settings, *lines, header=HEADER)
    return str(stopped.value)


def test_a_total_that_differs_names_the_cell_that_is_no_number(settings: Settings) -> None:
    said = refusal(settings, LINE, "2026-08-20,记-2,12345679,甲,200.00,226.O0,货", "合计,,,,300.00,339.00,")
    assert "第 3 行“价税合计”为“226.O0”，不是数字" in said
    assert 'Row 3 holds "226.O0", no number' in said


def test_a_total_that_differs_names_rows_that_were_added_without_a_key(settings: Settings) -> None:
    said = refusal(settings, LINE, ",,,甲公司共计,100.00,113.00,", "合计,,,,100.00,113.00,")
    assert "第 3 行没有发票号码、凭证号、对方名称也相加了，若是小计请删去" in said


def test_words_for_no_tax_lie_behind_no_difference(settings: Settings) -> None:
    header = "记账日期,凭证号,发票号码,对方名称,税额,价税合计,摘要"
    with pytest.raises(BadInputError) as stopped:
        read_ledger(settings, "2026-08-20,记-1,12345678,甲,免税,113.00,", "合计,,,,13.00,113.00,", header=header)
    assert "免税" not in str(stopped.value)


def test_cells_are_added_before_they_are_rounded(settings: Settings) -> None:
    lines = [f"2026-08-20,记-{n},1234567{n},甲,884.9557522123894,1000,货" for n in range(3)]
    outcome = read_ledger(settings, *lines, "合计,,,,2654.8672566371682,3000,", header=HEADER)
    assert outcome.reasons == [("money_fraction", "884.9557522123894")] * 3
