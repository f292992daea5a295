"""The smaller files of the tax side: selection and confirmed use for deduction, one trap each."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines.errors import BadInputError
from pipelines.model import Direction, Side
from pipelines.settings import Settings, Source
from pipelines.sources.reasons import StoppedFileError
from pipelines.sources.recognise import read_with_layout
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import (
    BASE_SHEET,
    DIGITAL,
    FULL_HEADER,
    PERIOD_NAME,
    SELLER,
    Outcome,
    Row,
    full_query,
    invoice,
    patch_workbook,
    place,
    read_bytes,
    text_lines,
    total,
    workbook,
)

SELECTION_HEADER = [
    "序号", "是否勾选*", "数电票号码", "发票代码", "发票号码", "开票日期*", "金额*", "票面税额*", "有效抵扣税额*",
    "购买方识别号*", "销售方纳税人名称", "销售方纳税人识别号", "发票来源", "票种*", "发票状态", "红字锁定标志",
    "转内销证明编号", "业务类型", "勾选时间", "发票风险等级", "风险状态",
]  # fmt: skip
SELECTED: dict[str, Any] = {
    "序号": "1", "是否勾选*": "是", "数电票号码": DIGITAL, "开票日期*": "2026-08-17", "金额*": "1000.00",
    "票面税额*": "130.00", "有效抵扣税额*": "130.00", "购买方识别号*": OUR_TAX_ID, "销售方纳税人名称": "甲公司",
    "销售方纳税人识别号": SELLER, "票种*": "81", "发票状态": "正常", "红字锁定标志": "--",
    "勾选时间": "2026-09-01 10:00:00",
}  # fmt: skip

USAGE_HEADER = [
    "序号", "勾选状态", "发票来源", "转内销证明编号", "数电发票号码", "发票代码", "发票号码", "开票日期",
    "销售方纳税人识别号", "销售方纳税人名称", "金额", "税额", "有效抵扣税额", "票种", "票种标签", "发票状态",
    "勾选时间", "发票风险等级", "风险状态",
]  # fmt: skip
USED: dict[str, Any] = {
    "序号": "1", "勾选状态": "已勾选", "数电发票号码": DIGITAL, "开票日期": "2026-08-17",
    "销售方纳税人识别号": SELLER, "销售方纳税人名称": "甲公司", "金额": "1000.00", "税额": "130.00", "票种": "01",
    "发票状态": "正常",
}  # fmt: skip
USAGE_TOP = [["用途确认信息"], [f"纳税人识别号：{OUR_TAX_ID}", "纳税人名称：示例", "税款所属期：202608"]]


def selected(**changes: Any) -> Row:
    return place(SELECTED | changes, SELECTION_HEADER)


def read_selection(settings: Settings, *rows: Row) -> Outcome:
    content = workbook({"Sheet1": [SELECTION_HEADER, *rows]})
    return read_bytes(settings, content, "tax_deduction_selection", "抵扣勾选增值税发票信息.xlsx")


def used(**changes: Any) -> Row:
    return place(USED | changes, USAGE_HEADER)


def read_usage(settings: Settings, *rows: Row, top: list[Row] = USAGE_TOP, sheet: str = "发票") -> Outcome:
    content = workbook({sheet: [*top, USAGE_HEADER, *rows]})
    return read_bytes(settings, content, "tax_usage_confirmation", "用途确认信息.xlsx")


# Selection for deduction


def test_a_selected_invoice_has_the_stars_of_its_header_ignored_and_its_total_added(settings: Settings) -> None:
    row = read_selection(settings, selected()).only
    assert (row["issued_at"], row["amount_cny"], row["tax_cny"]) == (datetime(2026, 8, 17), Decimal(1000), Decimal(130))
    assert (row["total_cny"], row["direction"], row["kind"]) == (Decimal(1130), "input", "数电票（增值税专用发票）")


def test_the_tax_on_the_invoice_counts_and_not_the_part_that_may_be_deducted(settings: Settings) -> None:
    row = read_selection(settings, place(SELECTED | {"有效抵扣税额*": "65.00"}, SELECTION_HEADER)).only
    assert row["tax_cny"] == Decimal(130)


def test_an_old_invoice_of_the_selection_keeps_code_and_zeros(settings: Settings) -> None:
    typed = [("1100123140", "\t01234567"), (1100123140, 1234567.0), ('="1100123140"', '="01234567"')]
    rows = [selected(数电票号码="--", 发票代码=code, 发票号码=number) for code, number in typed]
    outcome = read_selection(settings, *rows)
    found = [(row["invoice_code"], row["invoice_number"]) for row in outcome.rows]
    assert found == [("1100123140", "01234567")] * len(typed)


def test_the_number_on_the_paper_is_kept_beside_the_20_digits(settings: Settings) -> None:
    outcome = read_selection(settings, selected(发票代码="144032000111", 发票号码="1234567"))
    row = outcome.only
    assert (row["invoice_number"], row["invoice_code"], row["paper_number"]) == (DIGITAL, "144032000111", "01234567")


def test_a_file_without_the_code_of_the_paper_names_the_same_record(settings: Settings) -> None:
    with_paper = read_selection(settings, selected(发票代码="144032000111", 发票号码="12345678"))
    assert with_paper.only["record_id"] == read_selection(settings, selected()).only["record_id"]


def test_digits_that_the_selection_lost_are_rejected(settings: Settings) -> None:
    outcome = read_selection(settings, selected(数电票号码=2.6112e19))
    assert outcome.reasons == [("digits_lost", "2.6112e+19")]


def test_the_selection_is_read_whole_although_its_dimension_names_one_cell(settings: Settings) -> None:
    content = workbook({"Sheet1": [SELECTION_HEADER, selected(), selected(数电票号码="26112000000000012346")]})
    content = patch_workbook(content, b'<dimension ref="A1:U3"/>', b'<dimension ref="A1"/>')
    assert len(read_bytes(settings, content, "tax_deduction_selection", "勾选.xlsx").rows) == 2


def test_a_red_invoice_of_the_selection_is_red_by_its_money(settings: Settings) -> None:
    changes = {"金额*": "(1,000.00)", "票面税额*": "-130", "发票状态": "正常"}
    row = read_selection(settings, place(SELECTED | changes, SELECTION_HEADER)).only
    assert (row["is_red"], row["total_cny"]) == (True, Decimal(-1130))


def test_a_total_below_the_selection_is_no_invoice(settings: Settings) -> None:
    outcome = read_selection(settings, selected(), [""], place({"序号": "合计", "金额*": "1000.00"}, SELECTION_HEADER))
    assert outcome.kinds == ["header", "blank", "control_total"]
    with pytest.raises(BadInputError, match="合计与明细不符"):
        read_selection(settings, selected(), place({"序号": "合计", "金额*": "999.00"}, SELECTION_HEADER))


def test_a_selection_without_a_buyer_needs_the_sources_taxpayer(settings: Settings) -> None:
    outcome = read_selection(settings, place(SELECTED | {"购买方识别号*": ""}, SELECTION_HEADER))
    assert outcome.reasons == [("taxpayer_unknown", None)]
    assert "设置 taxpayers" in outcome.rejects[0]["expected"]


# Confirmed use


def test_confirmed_use_takes_taxpayer_from_row_2_and_leaves_the_titles_aside(settings: Settings) -> None:
    outcome = read_usage(settings, used())
    assert (outcome.only["taxpayer_id"], outcome.only["buyer_tax_id"], outcome.only["source_row"]) == (
        OUR_TAX_ID,
        OUR_TAX_ID,
        4,
    )
    assert outcome.kinds == ["title", "title", "header"]


def test_the_tax_period_of_confirmed_use_is_no_period_of_issue(settings: Settings) -> None:
    assert read_usage(settings, used(开票日期="2026-03-02")).file.period is None


def test_confirmed_use_without_its_title_rows_is_rejected_row_by_row(settings: Settings) -> None:
    outcome = read_usage(settings, used(), top=[["用途确认信息"], ["导出时间 2026-09-01"]])
    assert outcome.reasons == [("taxpayer_unknown", None)]


def test_other_sheets_of_confirmed_use_are_left_aside_and_counted(settings: Settings) -> None:
    content = workbook({"发票": [*USAGE_TOP, USAGE_HEADER, used()], "海关缴款书": [["序号", "缴款书号码"], ["1", "2"]]})
    outcome = read_bytes(settings, content, "tax_usage_confirmation", "用途确认信息.xlsx")
    assert len(outcome.rows) == 1
    assert outcome.kinds.count("other_sheet") == 1


def test_a_status_that_flipped_is_read_in_every_wording(settings: Settings) -> None:
    rows = [used(发票状态="全额红冲"), used(发票状态="已红冲-部分"), used(发票状态="02")]
    assert [row["status"] for row in read_usage(settings, *rows).rows] == ["red_full", "red_partial", "void"]


def test_a_date_of_confirmed_use_may_be_a_serial_or_a_bare_day(settings: Settings) -> None:
    rows = [used(开票日期=46251.0), used(开票日期="20260817"), used(开票日期="2026.8.17")]
    found = [row["issued_at"].date() for row in read_usage(settings, *rows).rows]
    assert found == [date(2026, 8, 17)] * 3


@pytest.mark.parametrize("name", ["tax_deduction_selection", "tax_usage_confirmation"])
def test_auto_knows_the_file_by_its_columns(settings: Settings, name: str) -> None:
    sheets = {
        "tax_deduction_selection": {"Sheet1": [SELECTION_HEADER, selected()]},
        "tax_usage_confirmation": {"发票": [*USAGE_TOP, USAGE_HEADER, used()]},
    }
    layout, _ = read_with_layout("文件.xlsx", workbook(sheets[name]), "auto", Side.UPSTREAM, settings)
    assert layout.name == name


def test_these_files_are_of_purchases_whatever_the_source_leaves_open(settings: Settings) -> None:
    source = Source(id="tax", side=Side.UPSTREAM, folder="in", layout="tax_usage_confirmation")
    assert source.direction is None
    assert read_usage(settings, used()).only["direction"] == Direction.INPUT


# A file that says nothing of statuses


@pytest.mark.parametrize("name", ["tax_full_query", "tax_deduction_selection", "tax_usage_confirmation"])
def test_an_export_without_its_column_of_statuses_is_stopped(settings: Settings, name: str) -> None:
    """Its void and reversed invoices would look like those in force."""
    sheets = {
        "tax_full_query": {BASE_SHEET: [FULL_HEADER, invoice(), total()]},
        "tax_deduction_selection": {"Sheet1": [SELECTION_HEADER, selected()]},
        "tax_usage_confirmation": {"发票": [*USAGE_TOP, USAGE_HEADER, used()]},
    }
    renamed = {
        sheet: [["票据情况" if cell == "发票状态" else cell for cell in row] for row in rows]
        for sheet, rows in sheets[name].items()
    }
    content = workbook(renamed)
    with pytest.raises(BadInputError, match="应有 .*发票状态"):
        read_bytes(settings, content, name)
    with pytest.raises(StoppedFileError, match="needs the column 发票状态"):
        read_with_layout(PERIOD_NAME, content, "auto", Side.UPSTREAM, settings)


def test_a_status_under_its_short_name_counts(settings: Settings) -> None:
    header = ["状态" if title == "发票状态" else title for title in FULL_HEADER]
    content = full_query(invoice(header, 状态="已作废"), total(header), header=header)
    assert read_bytes(settings, content).only["status"] == "void"


def test_a_plain_list_without_statuses_says_what_that_means(settings: Settings) -> None:
    content = text_lines("发票号码,开票日期,购方识别号,金额", f"{DIGITAL},2026-08-17,{OUR_TAX_ID},100.00")
    outcome = read_bytes(settings, content, "plain_upstream_csv", "清单20260801-20260831.csv")
    assert outcome.only["status"] == "normal"
    assert "没有发票状态列" in outcome.file.messages[0].zh
