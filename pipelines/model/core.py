"""Core tables: typed, one grain, with every sighting and what was asked."""

from __future__ import annotations

from pipelines.model.table import MONEY, Table, columns_of

LINEAGE = columns_of(
    ("source_id", "VARCHAR", "来源 | the configured source that delivered the row"),
    ("source_file", "VARCHAR", "来源文件 | name of the file as received"),
    ("source_row", "BIGINT", "来源行号 | row number in that file, first row is 1"),
)

UPSTREAM_INVOICE = Table(
    "core_upstream__invoice",
    "税务系统的发票，每张一行，为最新状态 | The tax system's invoices, one row per invoice, its latest state",
    (
        *columns_of(
            ("record_id", "VARCHAR!", "记录号 | stable id of the row, unique within the table"),
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
            ("invoice_code", "VARCHAR", "发票代码 | 10 or 12 digits; NULL for a fully digital invoice"),
            ("invoice_number", "VARCHAR!", "发票号码 | 20 digits (数电票) or 8 digits"),
            (
                "paper_number",
                "VARCHAR",
                "纸质发票号码 | 8 digits printed on paper beside the 20 (数电纸质票); NULL otherwise",
            ),
            ("kind", "VARCHAR", "票种 | kind of invoice, normalised"),
            ("issued_at", "TIMESTAMP!", "开票时间 | time of issue, Beijing time"),
            ("seller_tax_id", "VARCHAR", "销方识别号 | seller's tax id"),
            ("seller_name", "VARCHAR", "销方名称 | seller's name"),
            ("buyer_tax_id", "VARCHAR", "购方识别号 | buyer's tax id"),
            ("buyer_name", "VARCHAR", "购方名称 | buyer's name"),
            ("amount_cny", MONEY + "!", "金额（不含税，元） | amount without tax; negative on a red-letter invoice"),
            ("tax_cny", MONEY + "!", "税额（元） | tax"),
            ("total_cny", MONEY + "!", "价税合计（元） | total with tax"),
            ("status", "VARCHAR!", "发票状态 | normal, void, red_full or red_partial"),
            ("is_red", "BOOLEAN!", "是否红字发票 | TRUE on the negative (红字) invoice itself"),
            ("original_invoice_number", "VARCHAR", "被红冲蓝字发票号码 | on a red invoice: the blue one it reverses"),
            ("remark", "VARCHAR", "备注 | remark"),
            ("observed_at", "TIMESTAMP!", "观察时间 | when we read this state"),
        ),
        *LINEAGE,
    ),
    key=("record_id",),
    period="issued_at",
)

LEDGER_ENTRY = Table(
    "core_ledger__entry",
    "账上引用发票的分录，每条一行 | The company's ledger lines that refer to an invoice, one row per line",
    (
        *columns_of(
            ("record_id", "VARCHAR!", "记录号 | stable id of the row, unique within the table"),
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
            ("posted_on", "DATE!", "记账日期 | posting date"),
            ("voucher_no", "VARCHAR", "凭证字号 | voucher number"),
            ("invoice_reference", "VARCHAR", "账上所记发票号码 | the number(s) exactly as typed or exported"),
            ("invoice_code", "VARCHAR", "账上所记发票代码 | invoice code, if the ledger keeps it apart"),
            ("invoice_date", "DATE", "账上所记开票日期 | invoice date, if the ledger keeps it"),
            ("counterparty_tax_id", "VARCHAR", "对方税号 | the other party's tax id"),
            ("counterparty_name", "VARCHAR", "对方名称 | the other party's name"),
            (
                "amount_cny",
                MONEY,
                "金额（不含税，元） | amount without tax; at least one of amount and total is present",
            ),
            ("tax_cny", MONEY, "税额（元） | tax"),
            ("total_cny", MONEY, "价税合计（元） | total with tax"),
            ("summary", "VARCHAR", "摘要 | text of the line"),
            ("observed_at", "TIMESTAMP!", "观察时间 | when we read this row"),
        ),
        *LINEAGE,
    ),
    key=("record_id",),
    period="posted_on",
)

COVERAGE = Table(
    "core_upstream__coverage",
    "每个开票日向税务系统查询并完整收到的情况 | What was asked of the tax system and fully received, per issue date",
    (
        *columns_of(
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input or output"),
            ("issue_date", "DATE!", "开票日期 | day of issue"),
            ("is_complete", "BOOLEAN!", "是否完整收到 | everything of that day arrived and it can no longer grow"),
            ("fetched_at", "TIMESTAMP", "取数时间 | time of the newest complete fetch of that day"),
        ),
        *LINEAGE,
    ),
    key=("taxpayer_id", "direction", "issue_date"),
)

UPSTREAM_SPAN = Table(
    "core_upstream__span",
    "每个税务文件所示的本企业与日期 | Whose invoices each tax-side file shows, and where a cut one was cut",
    columns_of(
        ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the file"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity that the file shows"),
        ("direction", "VARCHAR!", "进项 input / 销项 output | direction that the file shows"),
        (
            "first_issued_on",
            "DATE",
            "最早开票日 | first issue date in a file that reached its row cap; NULL in any other",
        ),
        (
            "last_issued_on",
            "DATE",
            "最晚开票日 | last issue date in a file that reached its row cap; NULL in any other",
        ),
        ("date_order", "VARCHAR", "rising or falling: order of the issue dates in a cut file; NULL if they have none"),
    ),
    key=("file_id", "source_id", "taxpayer_id", "direction"),
)

RECEIVED = columns_of(
    ("received_at", "TIMESTAMP!", "收到时间 | the night on which the file came: from then on the state was known"),
)

UPSTREAM_SIGHTING = Table(
    "core_upstream__sighting",
    "税务系统发票的每一次状态变化 | Every state of an upstream invoice that we ever read; the latest is in "
    "core_upstream__invoice",
    (*UPSTREAM_INVOICE.columns, *RECEIVED),
    key=("record_id", "observed_at"),
    period="issued_at",
)

LEDGER_SIGHTING = Table(
    "core_ledger__sighting",
    "账上分录的每一次状态变化 | Every state of a ledger line that we ever read; the latest is in core_ledger__entry",
    (*LEDGER_ENTRY.columns, *RECEIVED),
    key=("record_id", "observed_at", "received_at"),
    period="posted_on",
)
