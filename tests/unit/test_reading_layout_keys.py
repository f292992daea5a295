"""What a layout says of its cells: placeholders, forms of dates, words for a status, signs, and accounts."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

import pytest

from pipelines.errors import BadInputError, UsageError
from pipelines.model import Direction
from pipelines.settings import Settings
from tests.conftest import OUR_TAX_ID
from tests.conventions.pages import ROOT
from tests.unit.source_files import SELLER, Outcome, read_bytes, text_lines

NUMBER = "26112000000000012345"
UPSTREAM = """
name = "own"
side = "upstream"
title_zh = "自有"
title_en = "own"
key_fields = ["invoice_number"]
{keys}
[header]
required = ["invoice_number", "issued_at", "amount"]
[fields]
invoice_number = ["号码"]
issued_at = ["日期"]
amount = ["金额"]
tax = ["税额"]
total = ["合计额"]
seller_tax_id = ["销方"]
buyer_tax_id = ["购方"]
status = ["状态"]
is_positive = ["正数"]
remark = ["备注"]
[control]
columns = ["amount"]
{tables}
"""
LEDGER = """
name = "own"
side = "ledger"
title_zh = "自有"
title_en = "own"
key_fields = ["voucher_no"]
{keys}
[header]
required = ["posted_on"]
[fields]
posted_on = ["日期"]
voucher_no = ["凭证"]
summary = ["摘要"]
account_code = ["科目"]
amount = ["金额"]
total = ["合计额"]
debit = ["借"]
credit = ["贷"]
[control]
columns = ["amount"]
{tables}
"""
UPSTREAM_HEADER = "号码,日期,金额,税额,合计额,销方,购方,状态,正数,备注"


def write_own(settings: Settings, text: str, keys: str, tables: str) -> None:
    folder = settings.data_root / "layouts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.toml").write_text(text.format(keys=keys, tables=tables), encoding="utf-8")


def read_invoices(settings: Settings, *lines: str, keys: str = "", tables: str = "") -> Outcome:
    write_own(settings, UPSTREAM, keys, tables)
    return read_bytes(settings, text_lines(UPSTREAM_HEADER, *lines), "own", "票.csv")


def read_lines(settings: Settings, header: str, *lines: str, keys: str = "", tables: str = "") -> Outcome:
    write_own(settings, LEDGER, keys, tables)
    return read_bytes(settings, text_lines(header, *lines), "own", "账.csv", Direction.INPUT)


def own_invoice(**changes: str) -> str:
    values = {
        "号码": NUMBER, "日期": "2026-08-17", "金额": "1000.00", "税额": "130.00", "合计额": "1130.00",
        "销方": SELLER, "购方": OUR_TAX_ID, "状态": "正常", "正数": "是", "备注": "",
    }  # fmt: skip
    return ",".join((values | changes).values())


# Placeholders


def test_a_placeholder_of_the_layout_is_nothing(settings: Settings) -> None:
    line = own_invoice(状态="/", 备注=" 无 ", 税额="/", 合计额="无")
    row = read_invoices(settings, line, keys='placeholders = ["无", "/"]').only
    assert (row["status"], row["remark"], row["tax_cny"]) == ("normal", None, Decimal("0.00"))


def test_without_the_layouts_word_the_same_cell_is_a_value(settings: Settings) -> None:
    assert read_invoices(settings, own_invoice(备注="无")).only["remark"] == "无"


def test_a_placeholder_in_a_voucher_cell_is_filled_forward(settings: Settings) -> None:
    keys = 'placeholders = ["〃"]\nfill_forward = ["posted_on", "voucher_no"]'
    outcome = read_lines(settings, "日期,凭证,金额", "2026-08-20,记-1,100", "〃,〃,50", keys=keys)
    assert [row["voucher_no"] for row in outcome.rows] == ["记-1", "记-1"]


def test_a_line_whose_own_side_holds_a_placeholder_is_a_settlement(settings: Settings) -> None:
    tables = '[[entry]]\naccount_prefix = "2202"\ndirection = "input"\ntotal = "credit-debit"'
    lines = ["2026-08-20,记-1,2202,100,无,付款", "2026-08-20,记-2,2202,--,100,采购"]
    outcome = read_lines(settings, "日期,凭证,科目,借,贷,摘要", *lines, keys='placeholders = ["无"]', tables=tables)
    assert (outcome.only["voucher_no"], outcome.kinds) == ("记-2", ["header", "settlement"])


# Dates


def test_a_form_of_the_layout_is_tried_before_the_built_in_ones(settings: Settings) -> None:
    typed = {"17/08/2026": 17, "2026-08-18": 18, "20260819": 19}
    lines = [own_invoice(日期=text) for text in typed]
    outcome = read_invoices(settings, *lines, keys='date_formats = ["%d/%m/%Y"]')
    assert [row["issued_at"] for row in outcome.rows] == [datetime(2026, 8, day) for day in typed.values()]


def test_a_form_that_reads_another_century_is_no_date(settings: Settings) -> None:
    outcome = read_invoices(settings, own_invoice(日期="17/08/0226"), keys='date_formats = ["%d/%m/%Y"]')
    assert outcome.reasons == [("date_unreadable", "17/08/0226")]


def test_a_ledger_reads_its_own_form_of_dates(settings: Settings) -> None:
    keys = 'date_formats = ["%m-%d-%y", "%d.%m.%Y %H:%M"]'
    outcome = read_lines(settings, "日期,凭证,金额", "08-20-26,记-1,1", "21.08.2026 09:30,记-2,1", keys=keys)
    assert [row["posted_on"] for row in outcome.rows] == [date(2026, 8, 20), date(2026, 8, 21)]


# Statuses


def test_own_words_for_a_status_win_over_the_known_ones(settings: Settings) -> None:
    words = '[status]\n"已冲红" = "red_full"\n"正常" = "void"'
    outcome = read_invoices(settings, own_invoice(状态="已冲红"), own_invoice(), own_invoice(状态="作废"), tables=words)
    assert [row["status"] for row in outcome.rows] == ["red_full", "void", "void"]


def test_the_words_of_one_file_are_not_those_of_the_next(settings: Settings) -> None:
    read_invoices(settings, own_invoice(状态="已冲红"), tables='[status]\n"已冲红" = "red_full"')
    assert read_invoices(settings, own_invoice(状态="已冲红")).reasons == [("status_unknown", "已冲红")]


# Signs


def test_a_column_stored_with_the_opposite_sign_is_turned(settings: Settings) -> None:
    lines = [own_invoice(金额="-1000.00", 税额="-130.00"), "合计,,-1000.00"]
    row = read_invoices(settings, *lines, tables='[sign]\nnegate = ["amount", "tax"]').only
    assert (row["amount_cny"], row["tax_cny"], row["total_cny"]) == (Decimal(1000), Decimal(130), Decimal(1130))
    assert row["is_red"] is False


RED = '[[sign.negative_if]]\nfield = "is_positive"\npattern = "^否$"'
RED_LINE = own_invoice(号码="26112000000000012346", 正数="否")


@pytest.mark.parametrize("stated", ["2000.00", "0.00"])
def test_a_red_row_shown_positive_is_negative_and_the_total_agrees_either_way(settings: Settings, stated: str) -> None:
    outcome = read_invoices(settings, own_invoice(), RED_LINE, f"合计,,{stated}", tables=RED)
    blue, red = outcome.rows
    assert (blue["total_cny"], blue["is_red"]) == (Decimal("1130.00"), False)
    assert (red["amount_cny"], red["tax_cny"], red["total_cny"]) == (Decimal(-1000), Decimal(-130), Decimal(-1130))
    assert red["is_red"] is True


def test_a_total_that_agrees_with_neither_sum_stops_the_file(settings: Settings) -> None:
    with pytest.raises(BadInputError, match=r"1,000\.00.*2,000\.00"):
        read_invoices(settings, own_invoice(), RED_LINE, "合计,,1000.00", tables=RED)


def test_a_red_row_that_is_negative_already_stays_as_it_is(settings: Settings) -> None:
    line = own_invoice(正数="否", 金额="-1000.00", 税额="-130.00", 合计额="-1130.00")
    assert read_invoices(settings, line, tables=RED).only["total_cny"] == Decimal("-1130.00")


def test_a_summary_makes_a_ledger_line_negative(settings: Settings) -> None:
    rule = '[[sign.negative_if]]\nfield = "summary"\npattern = "^红字"'
    lines = ["2026-08-20,记-1,100,113,红字 退货", "2026-08-20,记-2,100,113,采购"]
    outcome = read_lines(settings, "日期,凭证,金额,合计额,摘要", *lines, tables=rule)
    found = [(row["amount_cny"], row["total_cny"]) for row in outcome.rows]
    assert found == [(Decimal(-100), Decimal(-113)), (Decimal(100), Decimal(113))]


def test_a_marked_line_of_a_general_ledger_is_negative_on_either_side(settings: Settings) -> None:
    entry = '[[entry]]\naccount_prefix = "2202"\ndirection = "input"\ntotal = "credit-debit"\n'
    rule = '[[sign.negative_if]]\nfield = "summary"\npattern = "红字"'
    lines = ["2026-08-20,记-1,2202,,100,红字冲销", "2026-08-20,记-2,2202,70,,红字冲销"]
    outcome = read_lines(settings, "日期,凭证,科目,借,贷,摘要", *lines, tables=entry + rule)
    assert [row["total_cny"] for row in outcome.rows] == [Decimal(-100), Decimal(-70)]


# Accounts of a general ledger: the examples of docs/layouts.md


CITED = '\n[[extract]]\nfield = "invoice_reference"\nshared = "invoice_reference"\n'
PAID, EARNED = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "layouts.md").read_text(encoding="utf-8"), re.DOTALL)
OWED = """
[[entry]]
account_prefix = "1122"
direction = "output"
total = "debit-credit"
"""


def read_accounts(settings: Settings, entries: str, *lines: str) -> Outcome:
    """Lines of voucher, account, debit, credit and summary, all of one day."""
    write_own(settings, LEDGER, "", entries + CITED)
    dated = [f"2026-08-31,{line}" for line in lines]
    return read_bytes(settings, text_lines("日期,凭证,科目,借,贷,摘要", *dated), "own", "账.csv")


def sums(outcome: Outcome) -> list[tuple[str, Decimal]]:
    return [(row["direction"], row["total_cny"]) for row in outcome.rows]


def test_revenue_and_its_tax_are_entries_of_the_credit_side(settings: Settings) -> None:
    lines = [f"记-1,1002,113,,销售 发票{NUMBER}", f"记-1,6001,,100,销售 发票{NUMBER}"]
    outcome = read_accounts(settings, EARNED, *lines, f"记-1,2221.01.06,,13,销售 发票{NUMBER}")
    assert sums(outcome) == [("output", Decimal(100)), ("output", Decimal(13))]
    assert {row["invoice_reference"] for row in outcome.rows} == {NUMBER}
    assert outcome.kinds == ["header", "other_account"]


def test_cost_and_its_tax_are_entries_of_the_debit_side(settings: Settings) -> None:
    lines = [f"记-1,6602.03,100,,办公费 发票{NUMBER}", f"记-1,2221.01.01,13,,办公费 发票{NUMBER}"]
    outcome = read_accounts(settings, EARNED, *lines, f"记-1,1002,,113,办公费 发票{NUMBER}")
    assert sums(outcome) == [("input", Decimal(100)), ("input", Decimal(13))]


@pytest.mark.parametrize("money", [",-100", "100,"])
def test_a_return_takes_revenue_back_on_either_side(settings: Settings, money: str) -> None:
    outcome = read_accounts(settings, EARNED, f"记-1,6001,{money},销售退回 红字发票{NUMBER}")
    assert sums(outcome) == [("output", Decimal(-100))]


@pytest.mark.parametrize("account", ["6001,100,", "6001,,-100", "6001,,100", "6602,,100", "6602,-100,"])
@pytest.mark.parametrize("summary", ["结转本期损益", "期末结转", "冲回多结转的损益"])
def test_what_is_carried_forward_is_no_sale_and_no_purchase(settings: Settings, account: str, summary: str) -> None:
    outcome = read_accounts(settings, EARNED, f"记-99,{account},{summary}", f"记-99,4103,100,,{summary}")
    assert (outcome.rows, outcome.kinds) == ([], ["header", "settlement", "other_account"])


def test_revenue_that_is_carried_and_cites_an_invoice_is_an_entry(settings: Settings) -> None:
    assert sums(read_accounts(settings, EARNED, f"记-1,6001,,100,预收结转收入 发票{NUMBER}")) == [
        ("output", Decimal(100))
    ]


def test_a_receivable_that_is_carried_stays_an_entry(settings: Settings) -> None:
    assert sums(read_accounts(settings, OWED, "记-1,1122,100,,结转应收工程款")) == [("output", Decimal(100))]


@pytest.mark.parametrize(("account", "direction"), [("1001", "output"), ("2203", "output"), ("2241", "input")])
def test_an_account_of_payments_holds_the_invoices_that_it_cites(
    settings: Settings, account: str, direction: str
) -> None:
    money = {"output": "113,", "input": ",113"}[direction]
    lines = [f"记-1,{account},{money},零售 发票{NUMBER}", f"记-2,{account},{money},备用金"]
    outcome = read_accounts(settings, OWED + PAID, *lines)
    assert sums(outcome) == [(direction, Decimal(113))]
    assert outcome.kinds == ["header", "settlement"]


def test_a_receipt_that_cites_its_invoice_is_no_second_sale(settings: Settings) -> None:
    sale, other = f"记-1,1122,113,,销售 发票{NUMBER}", f"记-3,1001,113,,零售 发票{NUMBER}"
    receipt = [f"记-2,1001,113,,收款 发票{NUMBER}", f"记-2,1122,,113,收款 发票{NUMBER}"]
    outcome = read_accounts(settings, OWED + PAID, sale, *receipt, other)
    assert [row["voucher_no"] for row in outcome.rows] == ["记-1", "记-3"]
    assert outcome.kinds == ["header", "settlement", "settlement"]


def test_without_accounts_the_direction_says_which_side_is_the_invoices(settings: Settings) -> None:
    outcome = read_lines(settings, "日期,凭证,借,贷", "2026-08-31,记-1,,113")
    assert sums(outcome) == [("input", Decimal(113))]


@pytest.mark.parametrize("total", ["credit", "credit - debit", "贷-借"])
def test_a_side_that_is_none_is_refused_with_what_is_allowed(settings: Settings, total: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_accounts(settings, OWED.replace("debit-credit", total))
    said = str(refused.value)
    assert all(text in said for text in ("entry.0.total", total, "'credit-debit' or 'debit-credit'", "以下之一"))


# Layouts that say it wrongly


@pytest.mark.parametrize(
    ("keys", "tables", "said"),
    [
        ('date_formats = ["%d/%m"]', "", "gives no whole day"),
        ('date_formats = ["%d/%m/%Y %Q"]', "", "gives no whole day"),
        ('placeholders = ["0"]', "", "no placeholder"),
        ('placeholders = [" "]', "", "no placeholder"),
        ("", '[status]\n"已冲红" = "reversed"', "red_full"),
        ("", '[sign]\nnegate = ["debit"]', "no money field debit; allowed: amount, tax, total"),
        ("", "[sign]\nred_is_positive = true", "sign.red_is_positive"),
        ("", '[[sign.negative_if]]\nfield = "colour"\npattern = "红"', "unknown field colour"),
        ("", '[[sign.negative_if]]\nfield = "status"\npattern = "("', "not a pattern"),
    ],
)
def test_a_wrong_key_is_refused_with_what_is_allowed(settings: Settings, keys: str, tables: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_invoices(settings, own_invoice(), keys=keys, tables=tables)
    assert said in str(refused.value)
    assert "own.toml" in str(refused.value)


def test_a_ledger_layout_has_no_statuses(settings: Settings) -> None:
    with pytest.raises(UsageError, match="belongs to upstream layouts"):
        read_lines(settings, "日期,凭证,金额", "2026-08-20,记-1,1", tables='[status]\n"已冲红" = "red_full"')
