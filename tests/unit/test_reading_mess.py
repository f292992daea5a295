"""Every odd thing that real exports bring, one odd row or file each."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest

from pipelines.errors import BadInputError
from pipelines.model import Direction, Side
from pipelines.settings import Settings
from pipelines.sources.layout import load_layout
from pipelines.sources.period import find_period
from pipelines.sources.recognise import read_with_layout
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import (
    BASE_SHEET,
    DIGITAL,
    FULL_HEADER,
    LEDGER_HEADER,
    LINE_HEADER,
    LINE_SHEET,
    SELLER,
    Outcome,
    full_query,
    invoice,
    one_invoice,
    patch_workbook,
    place,
    read_bytes,
    read_ledger,
    text_lines,
    total,
    workbook,
)

OLD_HEADER = [title for title in FULL_HEADER if title not in ("价税合计", "是否正数发票")]
LINE = {"金额": "400.00", "税额": "52.00", "价税合计": "452.00"}
OTHER_LINE = {"金额": "600.00", "税额": "78.00", "价税合计": "678.00"}


# Shape of the sheet


def test_title_rows_and_an_export_time_above_the_header_are_ignored_as_titles(settings: Settings) -> None:
    rows = [["全量发票查询"], ["导出时间：2026-09-01 08:00:00"], FULL_HEADER, invoice(), total()]
    outcome = read_bytes(settings, workbook({BASE_SHEET: rows}))
    assert outcome.kinds == ["title", "title", "header", "control_total"]
    assert outcome.only["source_row"] == 4


def test_a_row_of_groups_above_a_whole_header_is_a_title(settings: Settings) -> None:
    upper = "单据,,发票,对方,金额,,,"
    lower = "记账日期,凭证号,发票号码,名称,不含税金额,税额,价税合计,摘要"
    outcome = read_ledger(settings, lower, "2026-08-20,记-1,12345678,甲,100.00,13.00,113.00,货", header=upper)
    assert (outcome.only["amount_cny"], outcome.only["total_cny"]) == (Decimal("100.00"), Decimal("113.00"))
    assert outcome.kinds == ["title", "header"]


def test_a_header_whose_upper_cells_are_merged_over_two_rows_is_read(settings: Settings) -> None:
    upper = "记账日期,凭证号,发票号码,对方名称,发票金额,,,摘要"
    lower = ",,,,金额,税额,价税合计,"
    outcome = read_ledger(settings, lower, "2026-08-20,记-1,12345678,甲,100.00,13.00,113.00,货", header=upper)
    assert (outcome.only["invoice_reference"], outcome.only["amount_cny"]) == ("12345678", Decimal("100.00"))


UPPER = "记账日期,凭证号,发票号码,对方名称,金额,,,摘要"


def test_a_lower_level_names_the_columns_under_a_group_that_is_a_header_too(settings: Settings) -> None:
    lower = ",,,,价税合计,税额,不含税金额,"
    outcome = read_ledger(settings, lower, "2026-08-20,记-1,12345678,甲,113.00,13.00,100.00,货", header=UPPER)
    found = (outcome.only["amount_cny"], outcome.only["tax_cny"], outcome.only["total_cny"])
    assert (*found, outcome.kinds) == (Decimal("100.00"), Decimal("13.00"), Decimal("113.00"), ["header", "header"])


def test_a_record_below_a_header_is_no_lower_level_whatever_words_it_holds(settings: Settings) -> None:
    row = read_ledger(settings, "2026-08-20,记-1,12345678,甲,100.00,税额,价税合计,货", header=UPPER).only
    assert (row["source_row"], row["amount_cny"]) == (2, Decimal("100.00"))


def test_a_note_on_tax_in_brackets_tells_the_columns_apart(settings: Settings) -> None:
    header = "记账日期,凭证号,发票号码,对方名称,金额（含税）,金额(不含增值税，元),价税合计（大写）,摘要"
    line = "2026-08-20,记-1,12345678,甲,113.00,100.00,壹佰壹拾叁元整,货"
    row = read_ledger(settings, line, "合计,,,,113.00,100.00,,", header=header).only
    assert (row["amount_cny"], row["total_cny"]) == (Decimal("100.00"), Decimal("113.00"))


@pytest.mark.parametrize("title", ["价税合计（含税）", "价税合计（小写）", "价税合计（元）", "含税金额"])
def test_any_other_note_leaves_the_column_what_it_is(settings: Settings, title: str) -> None:
    header = f"记账日期,凭证号,发票号码,对方名称,{title},摘要"
    row = read_ledger(settings, "2026-08-20,记-1,12345678,甲,113.00,货", header=header).only
    assert (row["amount_cny"], row["total_cny"]) == (None, Decimal("113.00"))


def test_a_row_longer_than_its_header_has_slipped_and_is_rejected(settings: Settings) -> None:
    slipped = "2026-08-20,记-1,12345678,甲,1,000.00,130.00,1,130.00,货"
    outcome = read_ledger(settings, slipped, "2026-08-20,记-2,12345679,甲,100,13,113,货")
    assert (outcome.only["voucher_no"], outcome.reasons) == ("记-2", [("cells_slipped", "10 > 8")])
    assert "第 2 行为“10 > 8”，应为 单元格不多于表头" in outcome.file.messages[0].zh


def test_a_slipped_row_is_named_behind_a_total_that_differs(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="第 2 行的单元格多于表头"):
        read_ledger(settings, "2026-08-20,记-1,12345678,甲,1,000.00,130.00,1,130.00,货", "合计,,,,1000,130,1130,")


@pytest.mark.parametrize("end", [",", ", "])
def test_a_comma_more_at_the_end_of_a_row_moves_nothing(settings: Settings, end: str) -> None:
    assert read_ledger(settings, f"2026-08-20,记-1,12345678,甲,100,13,113,货{end}").only["total_cny"] == Decimal(113)


def test_a_note_beside_the_table_moves_nothing(settings: Settings) -> None:
    row = read_ledger(settings, "2026-08-20,记-1,12345678,甲,100,13,113,货,已核", header=f"{LEDGER_HEADER},").only
    assert row["total_cny"] == Decimal(113)


def test_a_note_beside_the_table_of_a_workbook_moves_nothing(settings: Settings) -> None:
    rows = [[*FULL_HEADER], [*invoice(), "已核"], total()]
    assert read_bytes(settings, workbook({BASE_SHEET: rows})).only["total_cny"] == Decimal("1130.00")


def test_a_slipped_line_takes_the_other_lines_of_its_invoice_with_it(settings: Settings) -> None:
    layouts = settings.data_root / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "lines.toml").write_text(
        'name = "lines"\nside = "upstream"\ntitle_zh = "行"\ntitle_en = "lines"\nkey_fields = ["invoice_number"]\n'
        'direction = "input"\n[[sheets]]\ngrain = "line"\n[header]\nrequired = ["invoice_number", "amount"]\n[fields]\n'
        'invoice_number = ["号"]\nissued_at = ["日"]\namount = ["额"]\nbuyer_tax_id = ["购"]\n',
        encoding="utf-8",
    )
    lines = [f"{line},{OUR_TAX_ID}" for line in ("12345678,20260801,1,0", "12345678,20260801,2", "12345679,20260801,3")]
    outcome = read_bytes(settings, text_lines("号,日,额,购", *lines), "lines", "a.csv", Direction.INPUT)
    assert (outcome.only["invoice_number"], outcome.only["amount_cny"]) == ("12345679", Decimal(3))
    assert [reason for reason, _ in outcome.reasons] == ["cells_slipped", "line_rejected"]


def test_blank_rows_in_the_middle_are_ignored_and_counted(settings: Settings) -> None:
    second = invoice(数电发票号码="26112000000000012346")
    outcome = read_bytes(settings, full_query(invoice(), [""], second, total(金额="2000", 税额="260")))
    assert [row["source_row"] for row in outcome.rows] == [2, 4]
    assert outcome.kinds.count("blank") == 1


def test_a_header_repeated_by_a_page_break_is_no_record(settings: Settings) -> None:
    outcome = read_bytes(settings, full_query(invoice(), FULL_HEADER, total()))
    assert len(outcome.rows) == 1
    assert outcome.kinds == ["header", "header", "control_total"]


def test_a_wrong_dimension_does_not_hide_rows(settings: Settings) -> None:
    content = patch_workbook(one_invoice(), b'<dimension ref="A1:S3"/>', b'<dimension ref="A1"/>')
    assert read_bytes(settings, content).only["invoice_number"] == DIGITAL


def test_the_older_sheet_of_17_columns_gives_the_total_as_the_sum(settings: Settings) -> None:
    outcome = read_bytes(settings, full_query(invoice(OLD_HEADER), total(OLD_HEADER), header=OLD_HEADER))
    assert len(OLD_HEADER) == 17
    assert (outcome.only["total_cny"], outcome.only["is_red"]) == (Decimal("1130.00"), False)


def test_the_other_header_of_the_digital_number_is_known(settings: Settings) -> None:
    header = ["数电票号码" if title == "数电发票号码" else title for title in FULL_HEADER]
    row = invoice(header, 数电票号码=DIGITAL)
    assert read_bytes(settings, full_query(row, total(header), header=header)).only["invoice_number"] == DIGITAL


def test_lines_are_summed_to_one_invoice_where_the_base_sheet_is_absent(settings: Settings) -> None:
    rows = [invoice(LINE_HEADER, **LINE), invoice(LINE_HEADER, **OTHER_LINE), total(LINE_HEADER)]
    outcome = read_bytes(settings, full_query(*rows, header=LINE_HEADER, sheet="信息汇总表1"))
    assert (outcome.only["amount_cny"], outcome.only["total_cny"]) == (Decimal("1000.00"), Decimal("1130.00"))
    assert outcome.file.account.rows_kept == 2


def test_lines_of_one_invoice_on_two_sheets_are_one_invoice(settings: Settings) -> None:
    lines = [[LINE_HEADER, invoice(LINE_HEADER, **line), total(LINE_HEADER, **line)] for line in (LINE, OTHER_LINE)]
    outcome = read_bytes(settings, workbook({"信息汇总表1": lines[0], "信息汇总表2": lines[1]}))
    assert (outcome.only["amount_cny"], outcome.only["source_row"]) == (Decimal("1000.00"), 2)
    one_sheet = full_query(*(line[1] for line in lines), total(LINE_HEADER), header=LINE_HEADER, sheet=LINE_SHEET)
    assert read_bytes(settings, one_sheet).only["record_id"] == outcome.only["record_id"]


def test_the_line_sheet_is_left_aside_where_the_base_sheet_is_there(settings: Settings) -> None:
    lines = [LINE_HEADER, invoice(LINE_HEADER, **LINE), total(LINE_HEADER)]
    outcome = read_bytes(settings, workbook({LINE_SHEET: lines, BASE_SHEET: [FULL_HEADER, invoice(), total()]}))
    assert outcome.only["amount_cny"] == Decimal("1000.00")
    assert "other_sheet" in outcome.kinds


def read_hidden(settings: Settings, hidden: str) -> Outcome:
    header = LEDGER_HEADER.split(",")
    rows = [header, ["2026-08-20", "记-1", "12345678", "甲", "100", "13", "113", "货"]]
    content = workbook({"8月": rows, "8月 (2)": rows, "选项": [["现金"], ["转账"]]}, (hidden, "选项"))
    return read_bytes(settings, content, "plain_ledger_csv", "账.xlsx", Direction.INPUT)


def test_a_hidden_sheet_is_left_aside_and_named(settings: Settings) -> None:
    outcome = read_hidden(settings, "8月 (2)")
    assert len(outcome.rows) == 1
    assert [row["sheet"] for row in outcome.ignored if row["kind"] == "hidden_sheet"] == ["8月 (2)", "选项"]
    assert [message.zh.split("，")[0] for message in outcome.file.messages] == [
        "文件 账.xlsx 的工作表 8月 (2) 是隐藏的"
    ]


def test_a_file_whose_needed_sheet_is_hidden_is_stopped_and_says_so(settings: Settings) -> None:
    rows = [FULL_HEADER, invoice(), total()]
    with pytest.raises(BadInputError, match="找到 说明、发票基础信息（隐藏 hidden）"):
        read_bytes(settings, workbook({"说明": [["说明"]], BASE_SHEET: rows}, (BASE_SHEET,)))


def test_an_unreadable_line_takes_the_other_lines_of_its_invoice_with_it(settings: Settings) -> None:
    rows = [
        invoice(LINE_HEADER, **LINE),
        invoice(LINE_HEADER, **(OTHER_LINE | {"开票日期": "昨天"})),
        total(LINE_HEADER),
    ]
    outcome = read_bytes(settings, full_query(*rows, header=LINE_HEADER, sheet=LINE_SHEET))
    assert outcome.rows == []
    assert [reason for reason, _ in outcome.reasons] == ["line_rejected", "date_unreadable"]


def test_an_unreadable_line_leaves_an_invoice_of_another_code_alone(settings: Settings) -> None:
    paper = {"数电发票号码": "", "发票号码": "00012345"}
    rows = [
        invoice(LINE_HEADER, **(LINE | paper | {"发票代码": "3300262130"})),
        invoice(LINE_HEADER, **(OTHER_LINE | paper | {"发票代码": "3300262131", "发票状态": "怪"})),
        total(LINE_HEADER),
    ]
    outcome = read_bytes(settings, full_query(*rows, header=LINE_HEADER, sheet=LINE_SHEET))
    assert (outcome.only["invoice_code"], outcome.only["amount_cny"]) == ("3300262130", Decimal("400.00"))
    assert outcome.reasons == [("status_unknown", "怪")]


def test_a_line_of_an_unreadable_code_may_be_of_any_invoice_of_its_number(settings: Settings) -> None:
    paper = {"数电发票号码": "", "发票号码": "00012345"}
    rows = [
        invoice(LINE_HEADER, **(LINE | paper | {"发票代码": "3300262130"})),
        invoice(LINE_HEADER, **(OTHER_LINE | paper | {"发票代码": "33"})),
        total(LINE_HEADER),
    ]
    outcome = read_bytes(settings, full_query(*rows, header=LINE_HEADER, sheet=LINE_SHEET))
    assert [reason for reason, _ in outcome.reasons] == ["line_rejected", "code_unreadable"]


def test_a_renamed_sheet_stops_the_file_and_names_both(settings: Settings) -> None:
    with pytest.raises(BadInputError, match=r"找到 Sheet1，应有 发票基础信息.*信息汇总表"):
        read_bytes(settings, full_query(invoice(), total(), sheet="Sheet1"))


def test_a_file_without_a_usable_header_names_what_it_found(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="找不到表头：找到 甲、乙；应有 posted_on/记账日期"):
        read_ledger(settings, "1,2", header="甲,乙")


# Control totals


@pytest.mark.parametrize("label", ["合计", "合 计", "合计：", "总计"])
def test_the_total_row_is_no_invoice(settings: Settings, label: str) -> None:
    outcome = read_bytes(settings, full_query(invoice(), total(序号=label)))
    assert len(outcome.rows) == 1
    assert outcome.kinds == ["header", "control_total"]


def test_words_alone_below_the_total_are_a_note(settings: Settings) -> None:
    note = ["导出时间：2026-11-05 08:00:00"]
    outcome = read_bytes(settings, full_query(invoice(), total(), note, ["制表人：张三"]))
    assert len(outcome.rows) == 1
    assert outcome.kinds == ["header", "control_total", "note", "note"]
    assert outcome.ignored[2]["text"] == note[0]


@pytest.mark.parametrize(
    "only",
    [{"记账日期": "2026-08-20"}, {"发票号码": "12345678"}, {"对方名称": "甲"}, {"价税合计": "113"}, {"凭证号": "记-1"}],
    ids=lambda only: next(iter(only)),
)
def test_a_number_a_day_money_or_a_party_alone_is_no_note(settings: Settings, only: dict[str, str]) -> None:
    outcome = read_ledger(settings, ",".join(place(only, LEDGER_HEADER.split(","))))
    assert (len(outcome.rejects), outcome.kinds) == (1, ["header"])


def test_a_note_in_the_column_of_days_is_a_note(settings: Settings) -> None:
    outcome = read_ledger(settings, "2026-08-20,记-1,12345678,甲,100,13,113,货", "制表：张三,,,,,,,")
    assert (len(outcome.rows), outcome.kinds) == (1, ["header", "note"])


def test_a_disagreeing_total_stops_the_file_and_names_row_column_and_both_sums(settings: Settings) -> None:
    with pytest.raises(BadInputError) as stopped:
        read_bytes(settings, full_query(invoice(), total(金额="1,003.00")))
    sentence = str(stopped.value)
    for part in ("（20260801-20260831）.xlsx", BASE_SHEET, "第 3 行", "金额", "1,003.00", "1,000.00", "差 -3.00"):
        assert part in sentence


def test_a_missing_total_row_stops_the_file_as_probably_cut(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="没有合计行，可能在导出或传输中被截断（读到 1 行）"):
        read_bytes(settings, full_query(invoice()))


def test_a_total_row_without_sums_proves_nothing_and_stops_the_file(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="合计"):
        read_bytes(settings, full_query(invoice(), total(金额="", 税额="", 价税合计="")))


def test_money_of_a_record_that_is_no_number_is_rejected_although_the_total_ignores_it(settings: Settings) -> None:
    bad = invoice(数电发票号码="26112000000000012346", 金额="一百")
    outcome = read_bytes(settings, full_query(invoice(), bad, total(税额="260.00")))
    assert outcome.reasons == [("money_unreadable", "一百")]


def test_a_party_named_like_a_total_stays_a_record(settings: Settings) -> None:
    outcome = read_bytes(settings, one_invoice(销方名称="总计"))
    assert outcome.only["seller_name"] == "总计"


def test_a_file_at_the_row_cap_is_marked_as_possibly_cut(settings: Settings) -> None:
    layouts = settings.data_root / "layouts"
    layouts.mkdir(parents=True)
    shipped = (
        'name = "capped"\nside = "ledger"\ntitle_zh = "限"\ntitle_en = "capped"\nkey_fields = ["invoice_reference"]\n'
        'row_cap = 2\n[header]\nrequired = ["posted_on", "amount"]\n[fields]\nposted_on = ["日"]\namount = ["额"]\n'
    )
    (layouts / "capped.toml").write_text(shipped, encoding="utf-8")
    full = read_bytes(settings, text_lines("日,额", "20260801,1", "20260802,2"), "capped", "a.csv", Direction.INPUT)
    assert "达到导出上限 2 行" in full.file.messages[0].zh
    one = read_bytes(settings, text_lines("日,额", "20260801,1"), "capped", "a.csv", Direction.INPUT)
    assert one.file.messages == ()


# Money


MONEY = {
    '"1,234.56"': "1234.56", "(978)": "-978.00", "（978.5）": "-978.50", "１２３．４５": "123.45", "￥1000": "1000.00",
    "3415.6500000000001": "3415.65", "-0.5": "-0.50", "+12.00": "12.00", "1.5E3": "1500.00", '"1,1300.00"': "11300.00",
    '"￥1,234.56"': "1234.56", '"1,130.00-"': "-1130.00", "−978": "-978.00", "CNY 12": "12.00", "rmb12.5": "12.50",
    "1130元整": "1130.00", '"-￥1,130"': "-1130.00",
}  # fmt: skip


def test_money_is_read_to_the_cent_however_it_is_written(settings: Settings) -> None:
    outcome = read_ledger(settings, *(f"2026-08-20,记-1,12345678,甲,{typed},,,货" for typed in MONEY))
    found = {typed: str(row["amount_cny"]) for typed, row in zip(MONEY, outcome.rows, strict=True)}
    assert found == MONEY


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("12.005", "money_fraction"), ("1.2.3", "money_unreadable"), ("1.130,00", "money_unreadable"),
        ("113,00", "money_unreadable"), ("1,13", "money_unreadable"), ("1,1,130.00", "money_unreadable"),
        ("NaN", "money_unreadable"), ("1e300", "money_unreadable"), ("$5", "money_unreadable"),
    ],
)  # fmt: skip
def test_money_that_has_no_one_meaning_is_rejected(settings: Settings, typed: str, reason: str) -> None:
    outcome = read_ledger(settings, f'2026-08-20,记-1,12345678,甲,"{typed}",,,货')
    assert outcome.reasons == [(reason, typed)]


def test_money_means_the_same_in_a_total_as_in_a_row(settings: Settings) -> None:
    lines = [f"2026-08-20,记-{n},12345678,甲,{typed},,,货" for n, typed in enumerate(MONEY)]
    stated = sum(map(Decimal, MONEY.values()))
    assert len(read_ledger(settings, *lines, f"合计,,,,{stated},,,").rows) == len(MONEY)


def test_a_word_in_place_of_tax_is_no_tax(settings: Settings) -> None:
    rows = [invoice(税额=word, 价税合计="1000.00") for word in ("免税", "不征税", "***")]
    outcome = read_bytes(settings, full_query(*rows, total(金额="3000.00", 税额="0.00")))
    assert [(row["tax_cny"], row["total_cny"]) for row in outcome.rows] == [(Decimal("0.00"), Decimal("1000.00"))] * 3


# Numbers


def read_each(settings: Settings, column: str, values: Sequence[object], **common: object) -> Outcome:
    """One invoice for each value of a column, in one file."""
    rows = [invoice(**(common | {column: value})) for value in values]
    money = {"金额": f"{len(rows) * 1000}.00", "税额": f"{len(rows) * 130}.00"}
    return read_bytes(settings, full_query(*rows, total(**money)))


def test_wrapping_and_lost_zeros_of_a_number_are_undone(settings: Settings) -> None:
    typed = ['="01234567"', "\t01234567", "01234567.0", "１２３４５６７", "1234567", "'01234567"]
    outcome = read_each(settings, "发票号码", typed, 数电发票号码="--", 发票代码="1100123140")
    assert [row["invoice_number"] for row in outcome.rows] == ["01234567"] * len(typed)


def test_a_number_stored_as_a_number_keeps_its_digits_and_a_code_its_zero(settings: Settings) -> None:
    content = one_invoice(数电发票号码="", 发票代码=11001900111, 发票号码=12345678.0)
    row = read_bytes(settings, content).only
    assert (row["invoice_code"], row["invoice_number"]) == ("011001900111", "12345678")


def test_an_upstream_number_whose_digits_are_lost_is_rejected_not_guessed(settings: Settings) -> None:
    stored = [2.4442000001234567e19, "2.4442000001234567e+19", "24442000001234500000"]
    outcome = read_each(settings, "数电发票号码", stored)
    assert [reason for reason, _ in outcome.reasons] == ["digits_lost"] * 3
    assert outcome.rows == []


def test_a_ledger_number_whose_digits_are_lost_is_kept_as_typed(settings: Settings) -> None:
    outcome = read_ledger(settings, "2026-08-20,记-1,2.4442000001234567E+19,甲,100,,,货")
    assert outcome.only["invoice_reference"] == "2.4442000001234567E+19"


def test_several_numbers_in_one_cell_are_kept_for_the_engine(settings: Settings) -> None:
    typed = ["12345678/79/80", "12345678-12345680", "12345678、12345679"]
    outcome = read_ledger(settings, *(f"2026-08-20,记-1,{text},甲,100,,,货" for text in typed))
    assert [row["invoice_reference"] for row in outcome.rows] == typed


def test_twenty_digits_in_the_old_number_column_are_a_digital_number(settings: Settings) -> None:
    row = read_bytes(settings, one_invoice(数电发票号码="", 发票号码=DIGITAL)).only
    assert (row["invoice_code"], row["invoice_number"]) == (None, DIGITAL)


def test_a_digital_paper_invoice_with_all_three_numbers_goes_by_its_20_digits(settings: Settings) -> None:
    row = read_bytes(settings, one_invoice(发票代码="011002400111", 发票号码="12345678")).only
    assert row["invoice_number"] == DIGITAL


def test_dashes_are_nothing(settings: Settings) -> None:
    row = read_bytes(settings, one_invoice(发票代码="--", 发票号码="--", 备注="--", 销方名称="——")).only
    assert (row["invoice_code"], row["remark"], row["seller_name"]) == (None, None, None)


def test_a_number_of_neither_8_nor_20_digits_is_rejected(settings: Settings) -> None:
    outcome = read_bytes(settings, one_invoice(数电发票号码="261120000000000123"))
    assert outcome.reasons == [("number_unreadable", "261120000000000123")]


def test_names_keep_their_full_width_brackets(settings: Settings) -> None:
    assert read_bytes(settings, one_invoice(销方名称="甲（上海）公司")).only["seller_name"] == "甲（上海）公司"


def test_a_text_in_a_formula_is_the_text_in_every_column(settings: Settings) -> None:
    header = "记账日期,凭证号,发票号码,对方名称,对方税号,价税合计,摘要"
    texts = ["2026-08-20", " 记-1 ", "12345678", "甲 公司", SELLER, "1130.00", ""]
    outcome = read_ledger(settings, ",".join(f'="{text}"' for text in texts), header=header)
    found = [outcome.only[name] for name in ("voucher_no", "counterparty_name", "counterparty_tax_id", "summary")]
    assert found == ["记-1", "甲 公司", SELLER, None]
    assert outcome.only["posted_on"] == date(2026, 8, 20)


# Dates


def test_dates_are_read_in_every_form(settings: Settings) -> None:
    typed = [
        "2026-08-17", "2026/8/17", "2026/08/17", "2026年08月17日", "2026年8月17日", "20260817", "46251", 46251, 46251.0,
        "2026.8.17", "2026-08-17T00:00:00", "20260817000000", "２０２６年８月１７日",
    ]  # fmt: skip
    outcome = read_each(settings, "开票日期", typed)
    assert [row["issued_at"] for row in outcome.rows] == [datetime(2026, 8, 17)] * len(typed)


def test_an_excel_serial_keeps_its_time(settings: Settings) -> None:
    assert read_bytes(settings, one_invoice(开票日期=46251.5)).only["issued_at"] == datetime(2026, 8, 17, 12)


def test_a_date_that_is_none_is_rejected(settings: Settings) -> None:
    typed = ["2026-02-30", "昨天", "1", "2026-13-01"]
    assert read_each(settings, "开票日期", typed).reasons == [("date_unreadable", text) for text in typed]


# Status, red letters, parties


STATUSES = {
    "正常": "normal", "已作废": "void", "已红冲-全额": "red_full", "全额红冲": "red_full", "已红冲": "red_full",
    "已红冲-部分": "red_partial", "部分红冲": "red_partial", " 作废发票": "void", "04": "red_partial", "": "normal",
}  # fmt: skip


def test_statuses_are_read_in_every_wording(settings: Settings) -> None:
    outcome = read_each(settings, "发票状态", list(STATUSES))
    assert [row["status"] for row in outcome.rows] == list(STATUSES.values())


def test_an_unknown_status_is_rejected_with_its_text(settings: Settings) -> None:
    assert read_bytes(settings, one_invoice(发票状态="待定")).reasons == [("status_unknown", "待定")]


REMARKS = {
    f"被红冲蓝字数电票号码：{DIGITAL} 红字发票信息确认单编号：4403122600000001": DIGITAL,
    f"被红冲蓝字数电发票号码：{DIGITAL}": DIGITAL,
    "对应正数发票代码:1100123140号码:12345678": "12345678",
    "被红冲蓝字发票代码：1100123140 号码：12345678": "12345678",
    "货款": None,
}


def test_a_red_invoice_names_the_blue_one_in_its_remark(settings: Settings) -> None:
    red = {"金额": "-1000.00", "税额": "-130.00", "价税合计": "-1130.00", "是否正数发票": "否"}
    rows = [invoice(**red, 备注=remark) for remark in REMARKS]
    outcome = read_bytes(settings, full_query(*rows, total(金额="-5000.00", 税额="-650.00")))
    assert [row["original_invoice_number"] for row in outcome.rows] == list(REMARKS.values())
    assert all(row["is_red"] for row in outcome.rows)


def test_an_invoice_between_two_strangers_is_rejected(settings: Settings) -> None:
    outcome = read_bytes(settings, one_invoice(购方识别号="91310000MA1K00002X"))
    assert outcome.reasons == [("not_ours", "91310000MA1K00001X / 91310000MA1K00002X")]


def test_the_seller_side_makes_a_sale(settings: Settings) -> None:
    row = read_bytes(settings, one_invoice(销方识别号=OUR_TAX_ID, 购方识别号="91310000MA1K00002X")).only
    assert (row["direction"], row["taxpayer_id"]) == ("output", OUR_TAX_ID)


# Delimiters, encodings and containers


def test_commas_within_the_cells_of_a_tabbed_file_part_nothing(settings: Settings) -> None:
    line = "2026-08-20\t记-1\t12345678\t甲,乙,丙,丁,戊\t1,000,000\t130,000\t1,130,000\t电脑,鼠标,键盘"
    outcome = read_ledger(settings, line, line, header=LEDGER_HEADER.replace(",", "\t"))
    assert [row["total_cny"] for row in outcome.rows] == [Decimal(1130000)] * 2


def test_quoted_signs_do_not_count_as_delimiters(settings: Settings) -> None:
    line = '2026-08-20,记-1,12345678,"甲;乙;丙;丁;戊;己;庚;辛;壬;癸\n子;丑",100,13,113,"a;b;c;""d"";e;f;g;h;i"'
    assert len(read_ledger(settings, line, line).rows) == 2


def test_semicolons_beside_decimal_commas_are_the_delimiter(settings: Settings) -> None:
    line = "2026-08-20;记-1;12345678;甲;100,00;13,00;113,00;货,料,人,工,机"
    outcome = read_ledger(settings, line, line, header=LEDGER_HEADER.replace(",", ";"))
    assert outcome.reasons == [("money_unreadable", "100,00")] * 2


def test_a_layout_may_say_its_delimiter(settings: Settings) -> None:
    layouts = settings.data_root / "layouts"
    layouts.mkdir(parents=True)
    keys = 'side = "ledger"\ntitle_zh = "自有"\ntitle_en = "own"\nkey_fields = ["voucher_no"]\ndelimiter = "^"\n'
    fields = '[header]\nrequired = ["posted_on"]\n[fields]\nposted_on = ["日"]\nvoucher_no = ["证"]\ntotal = ["额"]\n'
    (layouts / "carets.toml").write_text(f'name = "carets"\n{keys}{fields}', encoding="utf-8")
    content = text_lines("日^证^额", "20260820^记-1,2,3^1,130")
    row = read_bytes(settings, content, "carets", "a.csv", Direction.INPUT).only
    assert (row["voucher_no"], row["total_cny"]) == ("记-1,2,3", Decimal(1130))
    assert read_with_layout("a.csv", content, "auto", Side.LEDGER, settings)[0].name == "carets"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"])
def test_text_is_read_in_every_encoding(settings: Settings, encoding: str) -> None:
    outcome = read_ledger(settings, "2026-08-20,记-1,12345678,甲（上海）公司,100,13,113,货", encoding=encoding)
    assert outcome.only["counterparty_name"] == "甲（上海）公司"


def test_an_html_page_saved_as_xls_is_read(settings: Settings) -> None:
    header = "".join(f"<th>{title}</th>" for title in LEDGER_HEADER.split(","))
    cells = "".join(f"<td>{text}</td>" for text in ("2026-08-20", "记-1", "12345678", "甲", "100", "13", "113", "货"))
    page = f"<html><body><table><tr><td colspan=8>台账</td></tr><tr>{header}</tr><tr>{cells}</tr></table></body></html>"
    outcome = read_bytes(settings, page.encode("gbk"), "plain_ledger_csv", "账.xls", Direction.INPUT)
    assert outcome.only["invoice_reference"] == "12345678"
    assert outcome.kinds == ["title", "header"]


def test_cells_of_a_page_that_span_rows_shift_nothing(settings: Settings) -> None:
    spanning = "".join(f"<td rowspan=2>{title}</td>" for title in ("记账日期", "凭证号", "发票号码", "对方名称"))
    upper = f"<tr>{spanning}<td colspan=3>金额</td><td rowspan=2>摘要</td></tr>"
    lower = "<tr><td>不含税金额</td><td>税额</td><td>价税合计</td></tr>"
    cells = ("2026-08-20", "记-1", "12345678", "甲", "100", "13", "113", "货")
    first = "".join(f"<td rowspan={2 if text == '货' else 1}>{text}</td>" for text in cells)
    second = "".join(f"<td>{text}</td>" for text in ("2026-08-20", "记-2", "12345679", "甲", "200", "26", "226"))
    page = f"<table><tr><td colspan=8>台账</td></tr>{upper}{lower}<tr>{first}</tr><tr>{second}</tr></table>"
    outcome = read_bytes(settings, page.encode(), "plain_ledger_csv", "账.xls", Direction.INPUT)
    assert [(row["tax_cny"], row["total_cny"], row["summary"]) for row in outcome.rows] == [
        (Decimal(13), Decimal(113), "货"),
        (Decimal(26), Decimal(226), None),
    ]
    assert outcome.kinds == ["title", "header", "header"]


def test_a_page_with_absurd_spans_is_read(settings: Settings) -> None:
    page = f"<table><tr><td rowspan={'9' * 5000} colspan=²>甲</td></tr></table>"
    with pytest.raises(BadInputError, match="找不到表头"):
        read_bytes(settings, page.encode(), "plain_ledger_csv", "账.xls", Direction.INPUT)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "0 bytes"), (b" \n", "empty"), (b"%PDF-1.7 ...", "a PDF document"), (b"PK\x03\x04cut", "damaged or cut")],
)
def test_a_file_that_is_no_table_is_refused_by_name(settings: Settings, content: bytes, found: str) -> None:
    with pytest.raises(BadInputError, match=found) as refused:
        read_bytes(settings, content)
    assert "全量发票查询导出结果" in str(refused.value)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(settings: Settings) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (30 << 20))
    with pytest.raises(BadInputError, match="unpacks to more than is allowed"):
        read_bytes(settings, memory.getvalue())


def test_a_gzip_bomb_and_a_cut_gzip_are_refused(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="unpacks to more"):
        read_bytes(settings, gzip.compress(b" " * (30 << 20)), "plain_ledger_csv", "账.csv.gz")
    with pytest.raises(BadInputError, match="is cut"):
        read_bytes(settings, gzip.compress(text_lines(LEDGER_HEADER))[:-9], "plain_ledger_csv", "账.csv.gz")


# Other layouts


def test_a_usage_confirmation_has_its_header_on_row_3_and_its_taxpayer_in_row_2(settings: Settings) -> None:
    header = [
        "序号",
        "勾选状态",
        "数电发票号码",
        "开票日期",
        "销售方纳税人识别号",
        "销售方纳税人名称",
        "金额",
        "税额",
        "票种",
        "发票状态",
    ]
    second = [f"纳税人识别号：{OUR_TAX_ID}", "税款所属期：202608"]
    row = ["1", "已勾选", DIGITAL, "2026-08-17", "91310000MA1K00001X", "甲", "1000.00", "130.00", "01", "正常"]
    rows = [["用途确认信息"], second, header, row]
    read = read_bytes(settings, workbook({"发票": rows}), "tax_usage_confirmation", "用途确认信息.xlsx").only
    assert (read["taxpayer_id"], read["kind"]) == (OUR_TAX_ID, "增值税专用发票")


KIS_HEADER = ["日期", "凭证字号", "摘要", "科目代码", "科目名称", "借方", "贷方"]


def test_kis_fills_vouchers_forward_and_survives_escapes_and_float_accounts(settings: Settings) -> None:
    rows = [
        KIS_HEADER,
        ["2026-08-20", "记-1", "采购_x000D_\n发票12345678", 6601.3, "费用", 100.0, ""],
        ["", "", "采购_x000D_\n发票12345678", 2202.01, "应付账款", "", 100.0],
        ["2026-08-21", "记-2", "采购 发票12345679", 2202.01, "应付账款", "", 50.0],
        ["合计", "", "", "", "", 100.0, 150.0],
    ]
    outcome = read_bytes(settings, workbook({"Sheet1": rows}), "kingdee_kis", "序时簿.xlsx")
    found = [(row["posted_on"], row["voucher_no"], row["invoice_reference"], row["summary"]) for row in outcome.rows]
    assert found == [
        (date(2026, 8, 20), "记-1", "12345678", "采购 发票12345678"),
        (date(2026, 8, 21), "记-2", "12345679", "采购 发票12345679"),
    ]
    assert outcome.kinds == ["header", "other_account", "control_total"]


def test_u9c_keeps_the_last_8_digits_as_they_are(settings: Settings) -> None:
    rows = [
        ["DocNo", "AccrueDate", "InvoiceNo", "SupplierName", "TotalMoney"],
        ["AP1", "2026-08-20", "00012345", "甲", 113],
    ]
    outcome = read_bytes(settings, workbook({"Sheet1": rows}), "yonyou_u9c_ap", "应付单.xlsx")
    assert (outcome.only["invoice_reference"], outcome.only["total_cny"]) == ("00012345", Decimal("113.00"))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("全量发票查询导出结果（20260801-20260817）.xlsx", date(2026, 8, 1), date(2026, 8, 17)),
        ("全量发票查询导出结果（20260801-20260817） (1).xlsx", date(2026, 8, 1), date(2026, 8, 17)),
        ("全量发票查询导出结果-2026年1月.xlsx", date(2026, 1, 1), date(2026, 1, 31)),
        ("全量发票查询导出结果-2026年1月 (1).xlsx", date(2026, 1, 1), date(2026, 1, 31)),
        ("全量（2026年1月）.xlsx", date(2026, 1, 1), date(2026, 1, 31)),
        ("全量-2026年1月 - 副本.xlsx", date(2026, 1, 1), date(2026, 1, 31)),
        ("全量-2026年1月-0a1b2c3d.csv.gz", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-8-1至2026-8-17.xlsx", date(2026, 8, 1), date(2026, 8, 17)),
        ("2026年8月1日至2026年8月17日.xlsx", date(2026, 8, 1), date(2026, 8, 17)),
        ("2026年8月1日-9月17日.xlsx", date(2026, 8, 1), date(2026, 9, 17)),
        ("2026年10月1-15日.xlsx", date(2026, 10, 1), date(2026, 10, 15)),
        ("全量-2026年10月（1-10日）.xlsx", date(2026, 10, 1), date(2026, 10, 10)),
        ("全量20261001－20261031.xlsx", date(2026, 10, 1), date(2026, 10, 31)),
        ("全量（20261001～20261031）.xlsx", date(2026, 10, 1), date(2026, 10, 31)),
        ("导出20261101_20261001-20261031.xlsx", date(2026, 10, 1), date(2026, 10, 31)),
        ("导出20261001_20261001-20261031.xlsx", date(2026, 10, 1), date(2026, 10, 31)),
        ("20261001_20261031.xlsx", date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_the_period_asked_for_is_read_from_the_file_name(name: str, first: date, last: date) -> None:
    assert find_period(load_layout("tax_full_query"), name, "") == (first, last)


@pytest.mark.parametrize(
    "name",
    [
        "2026年10月上旬.xlsx",
        "2026年10月(截至15日).xlsx",
        "全量-2026年10月第1周.xlsx",
        "2026年10月部分.xlsx",
        "全量2026年10月-补.xlsx",
        "2026年13月.xlsx",
        "20261031-20261001.xlsx",
        "20260901-20260930与20261001-20261015.xlsx",
    ],
)
def test_a_part_of_a_month_and_two_periods_are_no_period(name: str) -> None:
    assert find_period(load_layout("tax_full_query"), name, "") is None


def test_a_file_name_without_a_period_covers_nothing_and_says_so(settings: Settings) -> None:
    read = read_bytes(settings, one_invoice(), name="导出.xlsx").file
    assert read.period is None
    assert "文件 导出.xlsx：文件名没有写明唯一的开票日期区间" in read.messages[0].zh
    assert read_bytes(settings, one_invoice()).file.messages == ()


def test_lines_of_the_deduction_selection_need_no_buyer_name(settings: Settings) -> None:
    header = [
        "序号",
        "是否勾选*",
        "数电票号码",
        "开票日期*",
        "金额*",
        "票面税额*",
        "购买方识别号*",
        "票种*",
        "发票状态",
    ]
    values = ["1", "是", DIGITAL, "2026-08-17", "1000.00", "130.00", OUR_TAX_ID, "81", "正常"]
    rows = [header, place(dict(zip(header, values, strict=True)), header)]
    row = read_bytes(settings, workbook({"Sheet1": rows}), "tax_deduction_selection", "勾选.xlsx").only
    assert (row["total_cny"], row["direction"]) == (Decimal("1130.00"), "input")
