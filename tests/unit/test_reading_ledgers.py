"""Ledger layouts on the files that these systems really write, one trap each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.errors import BadInputError
from pipelines.model import Direction
from pipelines.settings import Settings, Taxpayer
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import Outcome, Row, patch_workbook, place, read_bytes, text_lines, workbook

OTHER = Taxpayer(id="91310000MA1K00009X", name="上海示例（分）公司")

EAS_HEADER = [
    "公司", "记账日期", "期间", "凭证类型", "凭证号", "状态", "制单", "审核", "出纳", "过账", "摘要",
    "科目编码", "科目名称", "币别",
    "核算项目", "原币金额", "借方", "贷方", "业务日期", "来源系统", "审核退回", "来源类型",
    "参考信息", "附件", "计量单位", "数量", "制单人", "结算号",
]  # fmt: skip
EAS_LINE: dict[str, Any] = {
    "公司": "北京示例贸易有限公司", "记账日期": "2026-05-20", "期间": "2026.5", "凭证类型": "记", "凭证号": "0012",
    "状态": "已过账",
    "摘要": "采购 发票12345678", "科目编码": "2202.01", "科目名称": "应付账款", "币别": "人民币",
    "核算项目": "供应商:上海甲公司;部门:采购", "原币金额": 1130.0, "贷方": 1130.0,
}  # fmt: skip


def eas(**changes: Any) -> Row:
    return place(EAS_LINE | changes, EAS_HEADER)


def read_eas(settings: Settings, *rows: Row) -> Outcome:
    return read_bytes(settings, workbook({"Sheet1": [EAS_HEADER, *rows]}), "kingdee_eas", "凭证序时簿.xlsx")


# Kingdee EAS


def test_eas_gives_voucher_party_and_direction_of_a_payable(settings: Settings) -> None:
    row = read_eas(settings, eas()).only
    assert (row["voucher_no"], row["counterparty_name"], row["direction"]) == ("记-0012", "上海甲公司", "input")
    assert (row["posted_on"], row["total_cny"]) == (date(2026, 5, 20), Decimal("1130.00"))


def test_eas_is_read_whole_although_its_dimension_names_one_cell(settings: Settings) -> None:
    content = workbook({"Sheet1": [EAS_HEADER, eas(), eas(凭证号="0013")]})
    content = patch_workbook(content, b'<dimension ref="A1:AB3"/>', b'<dimension ref="A1"/>')
    assert len(read_bytes(settings, content, "kingdee_eas", "凭证序时簿.xlsx").rows) == 2


@pytest.mark.parametrize("period", ["2026.5", "2026.05", 2026.5])
def test_an_eas_period_is_kept_aside_and_is_no_date(settings: Settings, period: object) -> None:
    row = read_eas(settings, eas(期间=period)).only
    assert row["posted_on"] == date(2026, 5, 20)


def test_an_account_that_became_a_float_still_names_its_account(settings: Settings) -> None:
    rows = [eas(科目编码=2202.1), eas(科目编码=2202.0, 凭证号="0013"), eas(科目编码=6601.3, 凭证号="0014")]
    outcome = read_eas(settings, *rows)
    assert [row["voucher_no"] for row in outcome.rows] == ["记-0012", "记-0013"]
    assert outcome.kinds == ["header", "other_account"]


def test_an_account_in_a_formula_names_its_account(settings: Settings) -> None:
    assert read_eas(settings, eas(科目编码='="2202.01"')).only["direction"] == "input"


def test_a_receivable_grows_on_the_debit_side(settings: Settings) -> None:
    row = read_eas(settings, eas(科目编码="1122", 借方=1130.0, 贷方="", 核算项目="客户：乙公司")).only
    assert (row["direction"], row["total_cny"], row["counterparty_name"]) == ("output", Decimal(1130), "乙公司")


def test_a_payment_is_a_settlement_and_a_reversal_is_not(settings: Settings) -> None:
    payment = eas(摘要="付货款", 借方=1130.0, 贷方="")
    reversal = eas(摘要="红字冲销 发票12345678", 借方=1130.0, 贷方="", 凭证号="0013")
    outcome = read_eas(settings, payment, reversal)
    assert (outcome.only["voucher_no"], outcome.only["total_cny"]) == ("记-0013", Decimal("-1130.00"))
    assert outcome.kinds == ["header", "settlement"]


@pytest.mark.parametrize(
    "summary",
    ["预付款冲应付", "付款冲应付", "付货款冲账", "冲预付账款", "往来对冲", "冲抵", "冲往来", "冲瑞和货款",
     "付货款（补付前次退回）", "预付账款冲销应付账款", "冲销付货款"],
)  # fmt: skip
def test_a_payment_or_an_offset_is_a_settlement_although_it_says_chong(settings: Settings, summary: str) -> None:
    line = eas(摘要=f"{summary} 发票号26112000000000012345", 借方=1130.0, 贷方="")
    outcome = read_eas(settings, line, eas(摘要=summary, 借方=1130.0, 贷方="", 凭证号="0013"))
    assert (outcome.rows, outcome.kinds) == ([], ["header", "settlement", "settlement"])


def test_a_receipt_that_is_offset_is_a_settlement(settings: Settings) -> None:
    outcome = read_eas(settings, eas(摘要="收客户货款冲应收", 科目编码="1122", 核算项目="客户：乙公司"))
    assert outcome.kinds == ["header", "settlement"]


@pytest.mark.parametrize(
    "summary",
    ["负数发票", "供应商折让", "商业折扣", "销货退回", "退货退款 红字发票", "红冲应付账款", "收到红字发票冲应付",
     "已付款发票红冲", "冲8月15日", "退货冲货款", "冲销记-6"],
)  # fmt: skip
def test_a_red_letter_on_the_other_side_is_an_entry(settings: Settings, summary: str) -> None:
    row = read_eas(settings, eas(摘要=f"{summary} 发票26112000000000012345", 借方=1130.0, 贷方="")).only
    assert (row["total_cny"], row["invoice_reference"]) == (Decimal(-1130), "26112000000000012345")


@pytest.mark.parametrize(
    "summary", ["付款被银行退回", "冲销付款", "付货款退票", "收瑞和退回多付款", "退货款", "撤销付材料款", "银行退汇"]
)
def test_a_payment_that_came_back_is_no_second_booking(settings: Settings, summary: str) -> None:
    outcome = read_eas(settings, eas(摘要=f"{summary} 发票号26112000000000012345"))
    assert (outcome.rows, outcome.kinds) == ([], ["header", "settlement"])


@pytest.mark.parametrize("summary", ["付退票费", "付货款", "退货换货", "退火炉款"])
def test_a_booking_stays_one_whatever_its_goods_are_called(settings: Settings, summary: str) -> None:
    assert read_eas(settings, eas(摘要=f"{summary} 发票12345678")).only["total_cny"] == Decimal(1130)


@pytest.mark.parametrize("summary", ["冲销付款", "冲销记-9", "红字冲销"])
def test_a_negative_line_on_the_other_side_takes_back_a_payment(settings: Settings, summary: str) -> None:
    outcome = read_eas(settings, eas(摘要=f"{summary} 发票12345678", 借方=-1130.0, 贷方=""))
    assert outcome.kinds == ["header", "settlement"]
    goods = read_eas(settings, eas(摘要="冲销退货 红字发票12345678", 借方=-1130.0, 贷方=""))
    assert goods.only["total_cny"] == Decimal(1130)


# Accruals


@pytest.mark.parametrize(
    "changes",
    [
        {"摘要": "货到票未到 暂估入库"},
        {"摘要": "冲8月暂估", "贷方": -1130.0},
        {"摘要": "冲暂估", "借方": 1130.0, "贷方": ""},
        {"摘要": "8月材料", "科目名称": "应付账款-暂估"},
        {"摘要": "8月材料", "科目编码": "2202.02 暂估应付"},
        {"摘要": "发票到 冲暂估 发票12345678", "借方": 1000.0, "贷方": ""},
    ],
)
def test_an_accrual_refers_to_no_invoice_nor_does_its_end(settings: Settings, changes: dict[str, Any]) -> None:
    outcome = read_eas(settings, eas(**changes))
    assert (outcome.rows, outcome.kinds) == ([], ["header", "accrual"])


def test_an_accrual_that_cites_its_number_is_an_entry_and_so_is_its_end(settings: Settings) -> None:
    accrual = eas(摘要="暂估 发票12345678")
    ended = eas(摘要="冲暂估 发票12345678", 借方=1130.0, 贷方="", 凭证号="0013")
    other = eas(摘要="冲暂估 发票12345679", 借方=565.0, 贷方="", 凭证号="0013")
    outcome = read_eas(settings, accrual, ended, other)
    assert [row["total_cny"] for row in outcome.rows] == [Decimal(1130), Decimal(-1130)]
    assert outcome.kinds == ["header", "accrual"]


@pytest.mark.parametrize("summary", ["发票到 冲暂估", "暂估转应付"])
def test_the_booking_that_ends_an_accrual_is_an_entry(settings: Settings, summary: str) -> None:
    ended = eas(摘要=f"{summary} 发票12345678", 科目编码="2202.02", 借方=1000.0, 贷方="")
    outcome = read_eas(settings, ended, eas(摘要=f"{summary} 发票12345678"))
    assert (outcome.only["total_cny"], outcome.kinds) == (Decimal(1130), ["header", "accrual"])
    assert read_eas(settings, eas(摘要=summary)).only["invoice_reference"] is None


def test_a_red_line_on_its_own_side_is_negative(settings: Settings) -> None:
    assert read_eas(settings, eas(贷方=-978.0)).only["total_cny"] == Decimal("-978.00")


def test_an_eas_total_is_compared_and_a_wrong_one_stops_the_file(settings: Settings) -> None:
    outcome = read_eas(settings, eas(), place({"公司": "合 计：", "借方": 0, "贷方": 1130.0}, EAS_HEADER))
    assert outcome.kinds == ["header", "control_total"]
    with pytest.raises(BadInputError, match=r"贷方 合计为 1,000\.00"):
        read_eas(settings, eas(), place({"公司": "合计", "贷方": 1000.0}, EAS_HEADER))


# Small-business voucher list


LIST_HEADER = [
    "记账日期", "凭证类型", "凭证号", "分录行号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额",
    "客户编码", "客户名称", "供应商编码", "供应商名称",
]  # fmt: skip
LIST_LINE: dict[str, Any] = {
    "记账日期": "2026-08-20", "凭证类型": "记", "凭证号": 1.0, "分录行号": 2.0, "摘要": "采购 发票12345678",
    "科目编码": "2202", "科目名称": "应付账款", "借方金额": "", "贷方金额": "1,130.00",
    "供应商编码": "S01", "供应商名称": "甲公司",
}  # fmt: skip
LIST_TOTAL: dict[str, Any] = {"记账日期": "合计", "借方金额": "0.00", "贷方金额": "1,130.00"}


def voucher(**changes: Any) -> Row:
    return place(LIST_LINE | changes, LIST_HEADER)


def read_list(settings: Settings, *rows: Row, **total: Any) -> Outcome:
    sheet = [["凭证序时簿"], ["单位：示例", "", "2026年8月"], LIST_HEADER, *rows]
    content = workbook({"Sheet1": [*sheet, place(LIST_TOTAL | total, LIST_HEADER)]})
    return read_bytes(settings, content, "voucher_list", "凭证.xlsx")


def test_a_voucher_list_has_its_header_on_row_3(settings: Settings) -> None:
    outcome = read_list(settings, voucher())
    assert (outcome.only["source_row"], outcome.only["voucher_no"]) == (4, "记-1")
    assert outcome.kinds == ["title", "title", "header", "control_total"]


def test_a_voucher_list_takes_the_customer_where_there_is_no_supplier(settings: Settings) -> None:
    line = voucher(科目编码="1122", 借方金额="100", 贷方金额="", 客户名称="乙公司", 供应商名称="--")
    row = read_list(settings, line, 借方金额="100.00", 贷方金额="0.00").only
    assert (row["counterparty_name"], row["direction"]) == ("乙公司", "output")


def test_escapes_of_excel_in_a_summary_are_blanks(settings: Settings) -> None:
    row = read_list(settings, voucher(摘要="采购_x000D_\n发票12345678_x000D_")).only
    assert (row["summary"], row["invoice_reference"]) == ("采购 发票12345678", "12345678")


def test_a_voucher_list_without_its_total_row_was_cut(settings: Settings) -> None:
    content = workbook({"Sheet1": [LIST_HEADER, voucher()]})
    with pytest.raises(BadInputError, match="没有合计行"):
        read_bytes(settings, content, "voucher_list", "凭证.xlsx")


def test_a_page_total_is_a_subtotal_and_not_compared(settings: Settings) -> None:
    page = place({"摘要": "本页小计", "贷方金额": "565.00"}, LIST_HEADER)
    outcome = read_list(settings, voucher(), page)
    assert outcome.kinds == ["title", "title", "header", "subtotal", "control_total"]


# Yonyou U8


U8_HEADER = "iperiod,csign,ino_id,inid,dbill_date,cdigest,ccode,md,mc,ccus_id,csup_id,cname,coutno_id,iyear"


def read_u8(settings: Settings, *lines: str) -> Outcome:
    return read_bytes(settings, text_lines(U8_HEADER, *lines, encoding="gbk"), "yonyou_u8", "GL_accvouch.csv")


def test_u8_joins_sign_and_number_of_a_voucher(settings: Settings) -> None:
    row = read_u8(
        settings, "8,记,12,2,2026-08-20 00:00:00.000,采购 发票12345678,220201,0,1130.0000,,S01,甲公司,,2026"
    ).only
    assert (row["voucher_no"], row["posted_on"], row["total_cny"]) == ("记-12", date(2026, 8, 20), Decimal(1130))
    assert (row["invoice_reference"], row["counterparty_name"]) == ("12345678", "甲公司")


def test_u8_zeros_of_the_database_on_the_own_side_are_a_settlement(settings: Settings) -> None:
    outcome = read_u8(settings, "8,付,3,1,2026-08-20,付款,2202,1130.0000,0.0000,,S01,甲,,2026")
    assert (outcome.rows, outcome.kinds) == ([], ["header", "settlement"])


def test_u8_nulls_of_the_database_are_nothing(settings: Settings) -> None:
    lines = ["8,记,12,2,2026-08-20,采购 发票12345678,2202,NULL,1130.00,NULL,S01,NULL,NULL,2026"]
    outcome = read_u8(settings, *lines, "8,付,3,1,2026-08-20,付款,2202,1130.00,NULL,NULL,S01,甲,NULL,2026")
    assert (outcome.only["total_cny"], outcome.only["counterparty_name"]) == (Decimal(1130), None)
    assert outcome.kinds == ["header", "settlement"]


def test_u8_money_beyond_two_decimals_is_rejected(settings: Settings) -> None:
    outcome = read_u8(settings, "8,记,3,1,2026-08-20,采购,2202,0,1130.0050,,S01,甲,,2026")
    assert outcome.reasons == [("money_fraction", "1130.0050")]


# Register of purchase invoices


REGISTER_HEADER = (
    "所属公司,项目名称,是否勾选,发票代码,发票号码,开票日期,税额,有效抵扣税额,销方名称,销方税号,金额,用途,发票类型"
)


def read_register(settings: Settings, *lines: str) -> Outcome:
    return read_bytes(settings, text_lines(REGISTER_HEADER, *lines), "input_invoice_register", "进项发票台账.csv")


def test_a_register_is_of_purchases_and_dated_by_its_invoices(settings: Settings) -> None:
    line = (
        "北京示例贸易有限公司,办公,是,1100123140,\t01234567,2026年8月17日,13.00,13.00,甲公司,"
        "91310000MA1K00001X,100.00,抵扣,专票"
    )
    row = read_register(settings, line).only
    assert (row["direction"], row["posted_on"], row["invoice_date"]) == ("input", date(2026, 8, 17), date(2026, 8, 17))
    assert (row["invoice_code"], row["invoice_reference"]) == ("1100123140", "01234567")
    assert (row["amount_cny"], row["tax_cny"], row["summary"]) == (Decimal(100), Decimal(13), "抵扣")


def test_a_register_keeps_negatives_in_brackets_and_numbers_as_typed(settings: Settings) -> None:
    line = ",,,,12345678/79,20260817,(1.30),,甲,,(10.00),,"
    row = read_register(settings, line).only
    assert (row["invoice_reference"], row["amount_cny"], row["tax_cny"]) == (
        "12345678/79",
        Decimal(-10),
        Decimal("-1.30"),
    )


@pytest.mark.parametrize("word", ["免税", "不征税", "***"])
def test_a_word_instead_of_the_tax_leaves_it_open(settings: Settings, word: str) -> None:
    row = read_register(settings, f",,,,12345678,20260817,{word},,甲,,100,,").only
    assert (row["amount_cny"], row["tax_cny"]) == (Decimal(100), None)


def test_a_formula_that_found_nothing_is_a_missing_value(settings: Settings) -> None:
    header = "发票代码,发票号码,开票日期,入账日期,税额,销方名称,销方税号,金额"
    line = "#N/A,#REF!,#N/A,20260820,13,#N/A,#NAME?,100"
    row = read_bytes(settings, text_lines(header, line), "input_invoice_register", "台账.csv").only
    named = ("invoice_code", "invoice_reference", "invoice_date", "counterparty_name", "counterparty_tax_id")
    assert [row[name] for name in named] == [None] * 5


def test_money_that_a_formula_lost_is_rejected(settings: Settings) -> None:
    assert read_register(settings, ",,,,12345678,20260817,13,,甲,,#REF!,,").reasons == [("money_unreadable", "#REF!")]


@pytest.mark.parametrize("title", ["数电票号码", "数电发票号码", "全电发票号码"])
def test_a_register_keeps_digital_and_paper_numbers_in_two_columns(settings: Settings, title: str) -> None:
    header = f"发票代码,发票号码,{title},开票日期,税额,销方名称,金额"
    lines = [",,26112000000000012345,20260817,13,甲,100", "1100123140,01234567,,20260817,13,甲,100"]
    outcome = read_bytes(settings, text_lines(header, *lines), "input_invoice_register", "台账.csv")
    assert [row["invoice_reference"] for row in outcome.rows] == ["26112000000000012345", "01234567"]
    assert outcome.file.messages == ()


@pytest.mark.parametrize("title", ["数电票号码", "数电发票号码", "全电发票号码"])
def test_a_ledger_list_takes_the_digital_number_before_the_paper_one(settings: Settings, title: str) -> None:
    header = f"记账日期,发票号码,{title},价税合计"
    lines = [
        "20260817,12345678,26112000000000012345,113",
        "20260817,,26112000000000012346,113",
        "20260817,12345679,--,113",
    ]
    outcome = read_bytes(settings, text_lines(header, *lines), "plain_ledger_csv", "账.csv", Direction.INPUT)
    found = [row["invoice_reference"] for row in outcome.rows]
    assert found == ["26112000000000012345", "26112000000000012346", "12345679"]


def test_a_column_of_numbers_that_nobody_knows_is_told(settings: Settings) -> None:
    header = "记账日期,全电票号码,被红冲蓝字发票号码,价税合计"
    outcome = read_bytes(
        settings, text_lines(header, "20260817,12345678,,113"), "plain_ledger_csv", "账.csv", Direction.INPUT
    )
    none, unread = outcome.file.messages
    assert none.zh.startswith("文件 账.csv 没有发票号码列，各行按没有号码核对")
    assert unread.zh.startswith("文件 账.csv 的列“全电票号码”没有读取")


def test_a_general_ledger_keeps_its_numbers_in_its_summaries_and_says_nothing(settings: Settings) -> None:
    assert read_eas(settings, eas()).file.messages == ()


def test_a_register_total_is_no_record(settings: Settings) -> None:
    outcome = read_register(settings, ",,,,12345678,20260817,13,,甲,,100,,", "合计,,,,,,13,,,,100,,")
    assert (len(outcome.rows), outcome.kinds) == (1, ["header", "control_total"])


# What is refused, and what is left aside


def test_a_line_whose_direction_nobody_says_is_rejected(settings: Settings) -> None:
    content = text_lines("记账日期,发票号码,金额,方向", "2026-08-20,12345678,100,", "2026-08-20,12345679,100,其他")
    outcome = read_bytes(settings, content, "plain_ledger_csv", "账.csv")
    assert outcome.reasons == [("direction_unknown", None), ("direction_unknown", "其他")]
    assert "来源设置 direction" in outcome.rejects[0]["expected"]


def test_a_line_that_may_be_of_either_company_is_rejected(settings: Settings) -> None:
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, OTHER]})
    content = text_lines("记账日期,发票号码,金额,本企业税号", "2026-08-20,1,1,", f"2026-08-20,2,1,{OUR_TAX_ID}")
    outcome = read_bytes(settings, content, "plain_ledger_csv", "账.csv", Direction.INPUT)
    assert outcome.reasons == [("taxpayer_unknown", None)]
    assert outcome.only["taxpayer_id"] == OUR_TAX_ID


def test_a_void_row_of_a_layout_that_leaves_it_aside_is_a_note(settings: Settings) -> None:
    content = text_lines(
        "发票号码,开票日期,金额,发票状态", "12345678,2020-01-02,1, 作废发票", "12345679,2020-01-02,1,有效发票"
    )
    outcome = read_bytes(settings, content, "cumcm_ledger", "credit.csv", Direction.INPUT)
    assert (outcome.only["invoice_reference"], outcome.kinds) == ("12345679", ["header", "note"])
