"""Core-shaped rows as the files that users have, one writer per layout (docs/design.md names the layouts)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.demo.parties import OUR_NAME
from pipelines.demo.workbooks import Row, sum_money, write_workbook

Record = dict[str, Any]

TAX_COLUMNS = (
    *("序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称", "开票日期"),
    *("金额", "税额", "价税合计", "发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注"),
)
_LEFT_OUT_BEFORE = {"价税合计", "是否正数发票"}
_LINE_COLUMNS = ("税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价")
_STATUS_TEXT = {"normal": "正常", "void": "已作废", "red_full": "已红冲-全额", "red_partial": "已红冲-部分"}
_MONEY = {"金额": "amount_cny", "税额": "tax_cny", "价税合计": "total_cny"}


def write_tax_full_query(
    path: Path,
    invoices: pa.Table,
    *,
    is_old_form: bool = False,
    digital_header: str = "数电发票号码",
    has_lines: bool = False,
    date_format: str = "%Y-%m-%d %H:%M:%S",
) -> Path:
    """全量发票查询导出结果: sheet 发票基础信息 with its 合计 row.

    The old form has 17 columns; `has_lines` adds the sheet 信息汇总表 with one line per invoice.
    """
    records = invoices.to_pylist()
    columns = [name for name in TAX_COLUMNS if not (is_old_form and name in _LEFT_OUT_BEFORE)]
    sheets = [("发票基础信息", _tax_rows(records, columns, digital_header, date_format))]
    if has_lines:
        place = columns.index("开票日期") + 1
        line_columns = [*columns[:place], *_LINE_COLUMNS, "金额", "税率", *columns[place + 1 :]]
        sheets.append(("信息汇总表", _tax_rows(records, line_columns, digital_header, date_format)))
    return write_workbook(path, sheets)


def _tax_rows(records: list[Record], columns: list[str], digital_header: str, date_format: str) -> Iterator[Row]:
    yield [digital_header if name == "数电发票号码" else name for name in columns]
    for number, record in enumerate(records, start=1):
        cells = _tax_cells(record, number, date_format)
        yield [cells.get(name, "") for name in columns]
    totals = {name: sum_money(record[field] for record in records) for name, field in _MONEY.items()}
    yield ["合计", *(totals.get(name) for name in columns[1:])]


def _tax_cells(record: Record, number: int, date_format: str) -> dict[str, Any]:
    is_digital = len(record["invoice_number"]) == 20
    return {
        "序号": str(number),
        "发票代码": record["invoice_code"] or ("--" if number % 7 == 0 else ""),
        "发票号码": "" if is_digital else record["invoice_number"],
        "数电发票号码": record["invoice_number"] if is_digital else "",
        "销方识别号": record["seller_tax_id"],
        "销方名称": record["seller_name"],
        "购方识别号": record["buyer_tax_id"],
        "购买方名称": record["buyer_name"],
        "开票日期": record["issued_at"].strftime(date_format),
        **{name: record[field] for name, field in _MONEY.items()},
        "发票来源": "电子发票服务平台" if is_digital else "增值税发票管理系统",
        "发票票种": record["kind"],
        "发票状态": write_tax_status(record),
        "是否正数发票": "否" if record["is_red"] else "是",
        "发票风险等级": "正常",
        "开票人": "开票员",
        "备注": record["remark"],
        "货物或应税劳务名称": "*示例*货物",
        "单位": "批",
        "数量": "1",
        "税率": "***",
    }


def write_tax_status(record: Record) -> str:
    """发票状态 in the portal's words."""
    return _STATUS_TEXT[record["status"]]


def _journal_lines(record: Record) -> list[tuple[str, str, Decimal | None, Decimal | None, bool]]:
    """(account, account name, debit, credit, is it the party's line); tax is shown at the rate of 13 %."""
    total: Decimal = record["total_cny"]
    tax = (total * 13 / 113).quantize(Decimal("0.01"))
    if record["direction"] == "input":
        return [
            ("1405", "库存商品", total - tax, None, False),
            ("22210101", "应交税费-应交增值税-进项税额", tax, None, False),
            ("2202", "应付账款", None, total, True),
        ]
    return [
        ("1122", "应收账款", total, None, True),
        ("6001", "主营业务收入", None, total - tax, False),
        ("22210107", "应交税费-应交增值税-销项税额", None, tax, False),
    ]


def _journal(records: list[Record]) -> Iterator[tuple[Record, int, str, str, Decimal | None, Decimal | None, str]]:
    """(record, line from 1, account, account name, debit, credit, party) of every line of every voucher."""
    for record in records:
        for line, (account, name, debit, credit, is_party) in enumerate(_journal_lines(record), start=1):
            yield record, line, account, name, debit, credit, record["counterparty_name"] if is_party else ""


def _split_voucher(record: Record) -> tuple[str, str]:
    word, _, number = record["voucher_no"].partition("-")
    return word, number


def _sum_sides(records: list[Record]) -> tuple[Decimal, Decimal]:
    lines = [line for record in records for line in _journal_lines(record)]
    return sum_money(line[2] for line in lines), sum_money(line[3] for line in lines)


def write_kingdee_kis(path: Path, entries: pa.Table) -> Path:
    """Kingdee KIS 会计分录序时簿: two title rows, voucher cells only on the first line of a voucher, 合计 row."""
    return write_workbook(path, [("会计分录序时簿", _kis_rows(entries.to_pylist()))])


def _kis_rows(records: list[Record]) -> Iterator[Row]:
    yield ["会计分录序时簿"]
    yield [f"公司名称：{OUR_NAME}", *[None] * 5, "币别：人民币"]
    yield (
        *("审核", "复核", "过账", "日期", "会计期间", "凭证字号", "摘要", "科目代码", "科目名称", "核算项目"),
        *("币别", "汇率", "原币金额", "借方", "贷方"),
    )
    for record, line, account, name, debit, credit, party in _journal(records):
        posted = record["posted_on"]
        head: Row = ("√", "", "√", posted.isoformat(), f"{posted:%Y}.{posted.month}", record["voucher_no"])
        summary = record["summary"] + ("\r" if line == 1 and posted.day % 10 == 0 else "")
        money = (debit if debit is not None else credit, debit, credit)
        yield [*(head if line == 1 else [None] * 6), summary, account, name, party, "人民币", 1, *money]
    debit_sum, credit_sum = _sum_sides(records)
    yield ["合计", *[None] * 12, debit_sum, credit_sum]


_EAS_COLUMNS = (
    *("公司", "记账日期", "期间", "凭证类型", "凭证号", "状态", "制单", "审核", "出纳", "过账", "摘要", "科目编码"),
    *("科目名称", "币别", "核算项目", "原币金额", "借方", "贷方", "业务日期", "来源系统", "审核退回", "来源类型"),
    *("参考信息", "附件", "计量单位", "数量", "制单人", "结算号"),
)


def write_kingdee_eas(path: Path, entries: pa.Table) -> Path:
    """Kingdee EAS 凭证序时簿, 28 columns, every line complete, a blank row in the middle, 合计 row."""
    return write_workbook(path, [("凭证序时簿", _with_blank_row([_EAS_COLUMNS, *_eas_rows(entries.to_pylist())]))])


def _eas_rows(records: list[Record]) -> Iterator[Row]:
    for record, _line, account, name, debit, credit, party in _journal(records):
        posted = record["posted_on"]
        word, number = _split_voucher(record)
        yield (
            *(OUR_NAME, posted.strftime("%Y-%m-%d"), f"{posted:%Y.%m}", word, number, "已过账", "制单员", "审核员", ""),
            *("过账员", record["summary"], account, name, "人民币", party, debit if debit is not None else credit),
            *(debit, credit, "", "总账", "", "", "", "0", "", None, "制单员", ""),
        )
    debit_sum, credit_sum = _sum_sides(records)
    yield ["合计", *[None] * 15, debit_sum, credit_sum]


def _with_blank_row(rows: list[Row]) -> list[Row]:
    middle = 1 + (len(rows) - 1) // 6 * 3
    return [*rows[:middle], [], *rows[middle:]]


def write_voucher_list(path: Path, entries: pa.Table) -> Path:
    """Small-business 凭证序时簿: header on row 3."""
    return write_workbook(path, [("凭证序时簿", _voucher_list_rows(entries.to_pylist()))])


def _voucher_list_rows(records: list[Record]) -> Iterator[Row]:
    yield ["凭证序时簿"]
    yield [f"核算单位：{OUR_NAME}"]
    yield (
        *("记账日期", "凭证类型", "凭证号", "分录行号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"),
        *("客户编码", "客户名称", "供应商编码", "供应商名称"),
    )
    for record, line, account, name, debit, credit, party in _journal(records):
        word, number = _split_voucher(record)
        is_input = record["direction"] == "input"
        parties = ("", "", "", party) if is_input else ("", party, "", "")
        head = (record["posted_on"].isoformat(), word, number, line, record["summary"])
        yield (*head, account, name, debit, credit, *parties)
    debit_sum, credit_sum = _sum_sides(records)
    yield ["合计", *[None] * 6, debit_sum, credit_sum]


_U8_COLUMNS = (
    *("iyear", "iperiod", "csign", "ino_id", "inid", "dbill_date", "cdigest", "ccode", "md", "mc"),
    *("ccus_id", "csup_id", "cname", "coutno_id"),
)


def write_yonyou_u8(path: Path, entries: pa.Table) -> Path:
    """Rows of Yonyou U8's table GL_accvouch as CSV in GBK."""
    return _write_csv(path, [_U8_COLUMNS, *_u8_rows(entries.to_pylist())], "gbk")


def _u8_rows(records: list[Record]) -> Iterator[Row]:
    for record, line, account, _name, debit, credit, party in _journal(records):
        posted = record["posted_on"]
        word, number = _split_voucher(record)
        money = (f"{debit or 0:.4f}", f"{credit or 0:.4f}")
        head = (str(posted.year), str(posted.month), word, number, str(line), f"{posted} 00:00:00.000")
        yield (*head, record["summary"], account, *money, "", "", party, "")


def write_yonyou_u9c_ap(path: Path, entries: pa.Table) -> Path:
    """Yonyou U9C AP bills: the invoice number keeps its last 8 digits only."""
    return write_workbook(path, [("应付单", _u9c_rows(entries.to_pylist()))])


def _u9c_rows(records: list[Record]) -> Iterator[Row]:
    yield ("组织", "单据编号", "单据类型", "立账日期", "供应商编码", "供应商名称", "发票号", "币种", "价税合计", "备注")
    for record in records:
        head = (OUR_NAME, record["voucher_no"], "标准应付", record["posted_on"].isoformat(), "")
        yield (*head, record["counterparty_name"], record["invoice_reference"], "人民币", record["total_cny"], "")


def write_input_invoice_register(path: Path, entries: pa.Table) -> Path:
    """进项发票台账, a hand-kept sheet: no voucher, no posting date, no total with tax."""
    return write_workbook(path, [("进项发票台账", _register_rows(entries.to_pylist()))])


def _register_rows(records: list[Record]) -> Iterator[Row]:
    yield (
        *("所属公司", "项目名称", "是否勾选", "发票代码", "发票号码", "开票日期", "税额", "有效抵扣税额", "销方名称"),
        *("销方税号", "金额", "用途", "发票类型"),
    )
    for record in records:
        code, number = record["invoice_code"] or "", record["invoice_reference"] or ""
        dated = record["invoice_date"].isoformat()
        money = (record["tax_cny"], record["tax_cny"])
        party = (record["counterparty_name"], record["counterparty_tax_id"] or "")
        yield (OUR_NAME, "示例项目", "是", code, number, dated, *money, *party, record["amount_cny"], "抵扣", "专票")


PLAIN_COLUMNS = (
    *("记账日期", "凭证字号", "发票号码", "发票代码", "开票日期", "对方税号", "对方名称", "金额", "税额", "价税合计"),
    *("摘要", "方向"),
)


def write_plain_ledger_csv(path: Path, entries: pa.Table) -> Path:
    """A plain CSV in UTF-8 with BOM: thousands separators, and negative money in brackets."""
    return _write_csv(path, _with_blank_row([PLAIN_COLUMNS, *_plain_rows(entries.to_pylist())]), "utf-8-sig")


def _plain_rows(records: list[Record]) -> Iterator[Row]:
    for record in records:
        dated = record["invoice_date"]
        yield (
            *(record["posted_on"].isoformat(), record["voucher_no"], record["invoice_reference"] or ""),
            *(record["invoice_code"] or "", dated.strftime("%Y/%m/%d") if dated else ""),
            *(record["counterparty_tax_id"] or "", record["counterparty_name"]),
            *(_write_money(record[name]) for name in ("amount_cny", "tax_cny", "total_cny")),
            *(record["summary"], "进项" if record["direction"] == "input" else "销项"),
        )


def _write_money(value: Decimal | None) -> str:
    if value is None:
        return ""
    return f"({-value:,.2f})" if value < 0 else f"{value:,.2f}"


def _write_csv(path: Path, rows: Iterable[Row], encoding: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


LEDGER_WRITERS: dict[str, Callable[[Path, pa.Table], Path]] = {
    "plain_ledger_csv": write_plain_ledger_csv,
    "kingdee_kis": write_kingdee_kis,
    "kingdee_eas": write_kingdee_eas,
    "voucher_list": write_voucher_list,
    "yonyou_u8": write_yonyou_u8,
    "yonyou_u9c_ap": write_yonyou_u9c_ap,
    "input_invoice_register": write_input_invoice_register,
}
"""Layout name to the function that writes core-shaped entries as such a file."""


def query_file_name(first: datetime, last: datetime) -> str:
    """Name of an export with the period that was asked for."""
    return f"全量发票查询导出结果（{first:%Y%m%d}-{last:%Y%m%d}）.xlsx"
