"""E-invoice files: what every file says of its invoice, and how that fits the tax system and the books."""

from __future__ import annotations

from pipelines.model.core import LINEAGE, RECEIVED
from pipelines.model.table import MONEY, Table, columns_of

WITNESSES = ("xml", "ofd", "pdf_text", "qr")
"""Closed list, the most trusted first."""

WITNESS_FINDINGS = (
    "not_ours",
    "files_differ",
    "upstream_dead",
    "upstream_differs",
    "ledger_differs",
    "unknown",
    "not_booked",
    "not_upstream",
    "waits",
    "agrees",
)
"""Closed list, in order of precedence: an e-invoice has the first that applies."""

EINVOICE_SIGHTING = Table(
    "core_einvoice__sighting",
    "电子发票文件所载内容，每个文件、每种凭据一行 | What e-invoice files say, one row per file and kind of witness",
    (
        *columns_of(
            ("record_id", "VARCHAR!", "记录号 | stable id of the row, unique within the table"),
            (
                "file_id",
                "VARCHAR!",
                "文件内容的 sha256 | sha256 of the file as received (of the archive, if it came in one)",
            ),
            ("witness", "VARCHAR!", "凭据种类 | xml, ofd, pdf_text (printed text of a PDF) or qr (QR code)"),
            ("invoice_code", "VARCHAR", "发票代码 | 10 or 12 digits; NULL for a fully digital invoice"),
            ("invoice_number", "VARCHAR!", "发票号码 | 20 digits (数电票) or 8 digits"),
            ("kind", "VARCHAR", "票种 | kind of invoice"),
            ("issued_at", "TIMESTAMP", "开票时间 | time of issue, Beijing time"),
            ("seller_tax_id", "VARCHAR", "销方识别号 | seller's tax id"),
            ("seller_name", "VARCHAR", "销方名称 | seller's name"),
            ("buyer_tax_id", "VARCHAR", "购方识别号 | buyer's tax id"),
            ("buyer_name", "VARCHAR", "购方名称 | buyer's name"),
            ("amount_cny", MONEY, "金额（不含税，元） | amount without tax"),
            ("tax_cny", MONEY, "税额（元） | tax"),
            ("total_cny", MONEY, "价税合计（元） | total with tax"),
            ("is_red", "BOOLEAN!", "是否红字发票 | TRUE on a negative (红字) invoice"),
            ("original_invoice_number", "VARCHAR", "被红冲蓝字发票号码 | on a red invoice: the blue one it reverses"),
            ("warning_zh", "VARCHAR", "提示 | what is odd about the file, in Chinese"),
            ("warning_en", "VARCHAR", "提示 | what is odd about the file, in English"),
            ("observed_at", "TIMESTAMP!", "观察时间 | when the file was made as far as known"),
        ),
        *LINEAGE,
        *RECEIVED,
    ),
    key=("record_id",),
    period="received_at",
)

WITNESS = Table(
    "recon__witness",
    "每张电子发票与税务系统、账的比对结果 | Each invoice known from e-files, beside the tax system and the books",
    columns_of(
        ("witness_id", "VARCHAR!", "编号 | stable id of invoice and taxpayer"),
        ("taxpayer_id", "VARCHAR", "本企业税号 | tax id of our own entity; NULL if nobody can tell"),
        ("direction", "VARCHAR", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
        ("invoice_code", "VARCHAR", "发票代码 | 10 or 12 digits; NULL for a fully digital invoice"),
        ("invoice_number", "VARCHAR!", "发票号码 | 20 digits (数电票) or 8 digits"),
        ("issued_at", "TIMESTAMP", "开票时间 | time of issue as the files say"),
        ("party_tax_id", "VARCHAR", "对方税号 | the other party's tax id as the files say"),
        ("party_name", "VARCHAR", "对方名称 | the other party's name as the files say"),
        ("amount_cny", MONEY, "金额（不含税，元） | amount without tax as the files say"),
        ("tax_cny", MONEY, "税额（元） | tax as the files say"),
        ("total_cny", MONEY, "价税合计（元） | total with tax as the files say"),
        ("is_red", "BOOLEAN!", "是否红字发票 | TRUE on a negative (红字) invoice"),
        ("witnesses", "VARCHAR[]!", "凭据种类 | kinds of witness, the most trusted first"),
        ("source_files", "VARCHAR[]!", "来源文件 | names of the files as received"),
        ("upstream_record_id", "VARCHAR", "税务记录号 | record_id in core_upstream__invoice; NULL if not there"),
        ("item_id", "VARCHAR", "核对项 | item of the invoice in recon__item; NULL if neither side has it"),
        ("is_booked", "BOOLEAN!", "是否入账 | TRUE if a ledger line carries it"),
        ("finding", "VARCHAR!", "结果 | closed list, see docs/e-invoices.md"),
        ("is_finding", "BOOLEAN!", "是否需处理 | TRUE if a person should act"),
        ("differing_fields", "VARCHAR[]!", "不一致的栏目 | columns that differ"),
        ("explanation_zh", "VARCHAR!", "说明 | one sentence to act on, in Chinese"),
        ("explanation_en", "VARCHAR!", "说明 | one sentence to act on, in English"),
    ),
    key=("witness_id",),
    period="issued_at",
)
