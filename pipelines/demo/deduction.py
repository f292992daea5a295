"""Two more files of the tax system that show a part of the purchases again: 抵扣勾选 and 用途确认.

They keep fewer columns than the full query and name the same invoices, so they may add nothing and double nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.demo.columns import day_of
from pipelines.demo.deliveries import Delivery
from pipelines.demo.parties import OUR_NAME, OUR_TAX_ID
from pipelines.demo.population import NORMAL, SPECIAL_KINDS
from pipelines.demo.tables import invoice_table
from pipelines.demo.workbooks import Row, understate_dimension, write_workbook
from pipelines.demo.writers import Record, write_tax_status

SELECTION_SOURCE, CONFIRMATION_SOURCE = "tax_deduction_selection", "tax_usage_confirmation"
_INPUT = 0
_SELECTION_COLUMNS = (
    *("序号", "勾选状态", "发票来源", "转内销证明编号", "数电票号码", "发票代码", "发票号码", "开票日期", "金额"),
    *(
        "票面税额",
        "有效抵扣税额",
        "购买方识别号",
        "销售方纳税人名称",
        "销售方纳税人识别号",
        "票种",
        "票种标签",
        "发票状态",
    ),
    *("勾选时间", "发票风险等级"),
)
_CONFIRMATION_COLUMNS = (
    *(
        "序号",
        "数电票号码",
        "发票代码",
        "发票号码",
        "开票日期",
        "销售方纳税人识别号",
        "销售方纳税人名称",
        "金额",
        "税额",
    ),
    *("有效抵扣税额", "票种", "用途", "发票状态"),
)


def write_selection(delivery: Delivery, first: datetime, last: datetime) -> Path:
    """抵扣勾选: the special invoices of the purchases issued from `first` to `last` that may be deducted."""
    path = delivery.inbox / SELECTION_SOURCE / f"抵扣勾选增值税发票信息_{last:%Y%m}.xlsx"
    rows = _selection_rows(_deductible(delivery, first, last).to_pylist(), delivery.sight.as_of)
    return understate_dimension(write_workbook(path, [("抵扣勾选增值税发票信息", rows)]))


def write_confirmation(delivery: Delivery, first: datetime, last: datetime) -> Path:
    """用途确认: what was confirmed for the tax period that ends with `last`, under three rows of title."""
    path = delivery.inbox / CONFIRMATION_SOURCE / f"用途确认信息_{last:%Y%m}.xlsx"
    rows = _confirmation_rows(_deductible(delivery, first, last).to_pylist(), last)
    return write_workbook(path, [("发票", rows)])


def _deductible(delivery: Delivery, first: datetime, last: datetime) -> pa.Table:
    upstream, truth = delivery.world.upstream, delivery.truth
    days = day_of(upstream["issued"])
    is_asked = (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))
    is_special = np.isin(upstream["kind"], SPECIAL_KINDS) & (upstream["direction"] == _INPUT)
    is_valid = (truth.status == NORMAL) & ~upstream["is_red"] & ~upstream["is_surplus"]
    rows = np.flatnonzero(is_asked & is_special & is_valid & truth.sees_invoice)
    return invoice_table(delivery.world, truth, delivery.sight, rows)


def _numbers(record: Record) -> tuple[str, str, str]:
    """数电票号码, 发票代码, 发票号码: a digital invoice has the first, an older one the other two."""
    is_digital = len(record["invoice_number"]) == 20
    return (record["invoice_number"], "", "") if is_digital else ("", record["invoice_code"], record["invoice_number"])


def _selection_rows(records: list[Record], as_of: datetime) -> Iterator[Row]:
    yield _SELECTION_COLUMNS
    for number, record in enumerate(records, start=1):
        party = (record["buyer_tax_id"], record["seller_name"], record["seller_tax_id"])
        money = (record["amount_cny"], record["tax_cny"], record["tax_cny"])
        issued = record["issued_at"].strftime("%Y-%m-%d %H:%M:%S")
        head = (str(number), "已勾选", "电子发票服务平台", "", *_numbers(record), issued)
        tail = (record["kind"], "", write_tax_status(record), f"{as_of:%Y-%m-%d}", "正常")
        yield (*head, *money, *party, *tail)


def _confirmation_rows(records: list[Record], last: datetime) -> Iterator[Row]:
    yield ["用途确认信息"]
    yield [f"纳税人名称：{OUR_NAME}", *[None] * 4, f"纳税人识别号：{OUR_TAX_ID}"]
    yield [f"税款所属期：{last:%Y%m}"]
    yield _CONFIRMATION_COLUMNS
    for number, record in enumerate(records, start=1):
        issued = record["issued_at"].strftime("%Y-%m-%d %H:%M:%S")
        party = (record["seller_tax_id"], record["seller_name"])
        money = (record["amount_cny"], record["tax_cny"], record["tax_cny"])
        yield (str(number), *_numbers(record), issued, *party, *money, record["kind"], "抵扣", write_tax_status(record))
