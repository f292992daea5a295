"""Invoice numbers in the summaries of vouchers: what is taken, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.settings import Settings, Taxpayer
from pipelines.sources.layout import read_layout, shipped_layouts
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import Outcome, read_bytes, workbook

DIGITAL = "26112000000012345678"
VOUCHER_LAYOUTS = ["kingdee_eas", "kingdee_kis", "voucher_list", "yonyou_u8"]
EAS_HEADER = ["公司", "记账日期", "凭证类型", "凭证号", "摘要", "科目编码", "借方", "贷方"]


def read_eas(settings: Settings, *lines: tuple[str, str]) -> Outcome:
    """One payable for each company and summary."""
    rows = [[company, "2026-08-20", "记", str(n), text, "2202", "", "1"] for n, (company, text) in enumerate(lines, 1)]
    return read_bytes(settings, workbook({"Sheet1": [EAS_HEADER, *rows]}), "kingdee_eas", "凭证序时簿.xlsx")


def find_references(settings: Settings, *summaries: str) -> list[str | None]:
    outcome = read_eas(settings, *(("", text) for text in summaries))
    return [row["invoice_reference"] for row in outcome.rows]


TAKEN = {
    f"采购 {DIGITAL}": DIGITAL,
    DIGITAL: DIGITAL,
    f"采购材料{DIGITAL}入库": DIGITAL,
    f"（{DIGITAL}）": DIGITAL,
    f"备注：{DIGITAL}": DIGITAL,
    "FP:12345678": "12345678",
    "fp 12345678": "12345678",
    "FP-12345678 采购": "12345678",
    "票号 12345678": "12345678",
    "采购 No.12345678": "12345678",
    "№12345678": "12345678",
    "invoice 12345678": "12345678",
    "发票12345678": "12345678",
    "发票号码：12345678，采购": "12345678",
    "发票（12345678）": "12345678",
    '发票="01234567"': "01234567",
    "发票１２３４５６７８": "１２３４５６７８",
    "发票12345678 2026-11-01": "12345678",
    "发票12345678 20261101": "12345678",
    "发票12345678、2026年11月1日": "12345678",
    "冲2026-08-01发票12345678": "12345678",
    "发票12345678,13800138000": "12345678",
    "发票12345678 金额1,130.00": "12345678",
    "发票12345678,500.00元": "12345678",
    "发票12345678/100元": "12345678",
    "发票12345678张三": "12345678",
    "发票1234567": "1234567",
    "发票123456789": "123456789",
    "发票2611200000001234567": "2611200000001234567",
    "发票261120000000123456789": "261120000000123456789",
    "发票12345678.0": "12345678.0",
    "发票2.6112e+19": "2.6112e+19",
    "发票2611 2000 0000 1234 5678": "2611 2000 0000 1234 5678",
    "发票261120000000 12345678": "261120000000 12345678",
    "发票1100123140-12345678": "1100123140-12345678",
    "发票代码1100123140号码12345678": "12345678",
    "发票12345678/79/80": "12345678/79/80",
    "发票12345678、79 采购": "12345678、79",
    "发票12345678-12345680": "12345678-12345680",
    "发票12345678、12345679,12345680": "12345678、12345679,12345680",
    f"采购 {DIGITAL}、26112000000012345679": f"{DIGITAL}、26112000000012345679",
    f"发票{DIGITAL}\\26112000000012345679": f"{DIGITAL}\\26112000000012345679",
    "专票12345678": "12345678",
    "普票：12345678": "12345678",
    "增票 12345678": "12345678",
    "电票12345678": "12345678",
    "发票编号：12345678": "12345678",
    "发票后8位12345678": "12345678",
    "发票尾号12345678": "12345678",
    "发票3张12345678、12345679": "12345678、12345679",
    "发票共计２张：12345678、79": "12345678、79",
    "采购 12345678#发票": "12345678",
}

SEVERAL = {
    "材料发票12345678，运费发票12345699": "12345678，运费发票12345699",
    "材料款发票号12345678，运费票号12345699 已付": "12345678，运费票号12345699",
    f"材料{DIGITAL}，运费26112000000012345679": f"{DIGITAL}，运费26112000000012345679",
    "发票12345678（452.00）、12345699（339.00）": "12345678（452.00）、12345699",
    "发票12345678 113元、12345699 226元": "12345678 113元、12345699",
    f"发票{DIGITAL}（材料）26112000000012345679（运费）": f"{DIGITAL}（材料）26112000000012345679",
    "原发票12345678作废，换开发票12345699": "12345678作废，换开发票12345699",
    "发票号12345678（作废）重开12345699": "12345678（作废）重开12345699",
    "发票12345678，合同HT2026001，发票12345699": "12345678，合同HT2026001，发票12345699",
    "20261101发票12345678，20261102发票12345699": "12345678，20261102发票12345699",
    "发票12345678张三，发票12345699李四": "12345678张三，发票12345699",
    "发票代码1100123140号码12345678，发票代码1100123141号码12345699": "12345678，发票代码1100123141号码12345699",
}
"""All numbers of a text are taken, with what stands between them: the join reads the numbers out of it."""

ONE_OF_THEM_OURS = [
    "发票12345678，合同No.12345699", "发票12345678，合同号12345699", "发票12345678 订单PO12345699",
    "发票12345678 订单 12345699", "发票12345678 支票号12345699", "发票12345678 电话13800138000",
    f"发票12345678，付工行账号{DIGITAL}",
    f"发票12345678 银行回单 {DIGITAL}", "发票12345678 凭证记-12 2026-11-01",
    "发票12345678，开票日期：2026-11-01，金额1130.00",
    "发票12345678 20261101付", "发票12345678，20张", "发票12345678 机票12345699", "订单 12345699 发票12345678",
]  # fmt: skip


def test_a_reference_is_taken_as_it_is_typed(settings: Settings) -> None:
    found = dict(zip(TAKEN, find_references(settings, *TAKEN), strict=True))
    assert found == TAKEN


def test_several_numbers_are_taken_from_the_first_to_the_last(settings: Settings) -> None:
    found = dict(zip(SEVERAL, find_references(settings, *SEVERAL), strict=True))
    assert found == SEVERAL


def test_other_numbers_beside_that_of_an_invoice_are_left(settings: Settings) -> None:
    found = dict(zip(ONE_OF_THEM_OURS, find_references(settings, *ONE_OF_THEM_OURS), strict=True))
    assert {text: taken for text, taken in found.items() if taken != "12345678"} == {}


LEFT = [
    "采购 12345678", "2026-11-01 采购", "20261101", "发票20261101", "发票 2026-11-01", "发票2026年11月",
    "发票日期20261101", "电话13800138000", "发票 13800138000", "手机：13800138000", "合同号12345678",
    "合同 No.12345678", "合同HT20261101", f"合同编号：{DIGITAL}", f"订单号 {DIGITAL}", f"账号{DIGITAL}",
    "支票号12345678", "收到发票3张", "发票50000元", "发票1234567元", "发票 1,130.00", "发票12345.67", "付货款1130.00",
    "发票", f"HT{DIGITAL}", f"{DIGITAL}1", "见附件", "机票12345678", "支票12345678", "合同12345678#发票",
    "发票3张 20261101", "发票3张1234567元", "发票编号见附件", "发票后8位不清",
]  # fmt: skip


def test_dates_phones_contracts_accounts_and_money_are_no_reference(settings: Settings) -> None:
    found = dict(zip(LEFT, find_references(settings, *LEFT), strict=True))
    assert {text: taken for text, taken in found.items() if taken is not None} == {}


def test_a_code_beside_the_number_is_taken_too(settings: Settings) -> None:
    row = read_eas(settings, ("", "冲红 对应正数发票代码:011001900111号码:12345678")).only
    assert (row["invoice_code"], row["invoice_reference"]) == ("011001900111", "12345678")


@pytest.mark.parametrize("name", VOUCHER_LAYOUTS)
def test_the_voucher_layouts_share_the_patterns(name: str) -> None:
    shared = {rule.field: rule.shared for rule in shipped_layouts()[name].extract if rule.shared}
    assert shared == {"invoice_reference": "invoice_reference", "invoice_code": "invoice_code"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('shared = "phone"', "known: invoice_reference, invoice_code"),
        ('shared = "invoice_code"\npattern = "(?P<found>x)"', "not both"),
        ("", "not both"),
    ],
)
def test_an_extraction_has_its_own_pattern_or_a_shared_one(tmp_path: Path, rule: str, said: str) -> None:
    text = (
        'name = "own"\nside = "ledger"\ntitle_zh = "自有"\ntitle_en = "own"\nkey_fields = ["voucher_no"]\n'
        '[header]\nrequired = ["posted_on"]\n[fields]\nposted_on = ["日"]\n[[extract]]\nfield = "invoice_reference"\n'
    )
    (tmp_path / "own.toml").write_text(text + rule, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_layout(tmp_path / "own.toml")


# Whose line it is


OTHER = Taxpayer(id="91310000MA1K00009X", name="上海示例（分）公司")


def test_one_file_holds_lines_of_several_companies(settings: Settings) -> None:
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, OTHER]})
    companies = ["北京示例贸易有限公司", "上海示例(分)公司", " 上海示例（分） 公司 "]
    outcome = read_eas(settings, *((company, "发票12345678") for company in companies))
    assert [row["taxpayer_id"] for row in outcome.rows] == [OUR_TAX_ID, OTHER.id, OTHER.id]


def test_a_company_that_is_none_of_ours_is_rejected_even_where_there_is_only_one_of_ours(settings: Settings) -> None:
    outcome = read_eas(settings, ("广州陌生有限公司", "发票12345678"), ("", "发票12345679"))
    assert outcome.reasons == [("taxpayer_unknown", "广州陌生有限公司")]
    assert outcome.only["taxpayer_id"] == OUR_TAX_ID


def test_a_company_of_two_taxpayers_of_one_name_is_not_guessed(settings: Settings) -> None:
    twin = Taxpayer(id=OTHER.id, name="北京示例贸易有限公司")
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, twin]})
    assert read_eas(settings, (twin.name, "发票12345678")).reasons == [("taxpayer_unknown", twin.name)]
