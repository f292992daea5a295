"""What the verification service (查验) answered about single invoices: evidence beside an item, never a verdict."""

from __future__ import annotations

from pipelines.model.core import LINEAGE, RECEIVED
from pipelines.model.table import MONEY, Table, columns_of

OUTCOMES = (
    "consistent",
    "differs",
    "not_found",
    "limit_reached",
    "malformed",
    "timed_out",
    "unknown_code",
    "unreadable",
    "no_answer",
)
"""Closed list. The first three say something of the invoice, the others only of the asking."""

CONCLUSIVE = OUTCOMES[:3]

VERIFICATION_ANSWER = Table(
    "core_verification__answer",
    "查验平台的答复，每问一行 | What the verification service answered, one row per question: evidence only",
    (
        *columns_of(
            ("answer_id", "VARCHAR!", "编号 | stable id of the row"),
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
            (
                "ledger_ids",
                "VARCHAR[]!",
                "账上记录号 | record_ids in core_ledger__entry that were open when it was asked",
            ),
            ("asked_code", "VARCHAR", "所问发票代码 | 10 or 12 digits; NULL for a fully digital invoice"),
            ("asked_number", "VARCHAR!", "所问发票号码 | 20 digits (数电票) or 8 digits"),
            ("asked_on", "DATE!", "所问开票日期 | day of issue that was asked for"),
            ("asked_amount_cny", MONEY, "所问不含税金额（元） | amount without tax, sent with an invoice code"),
            ("asked_total_cny", MONEY, "所问价税合计（元） | total with tax, sent for a fully digital invoice"),
            ("outcome", "VARCHAR!", "答复 | " + ", ".join(OUTCOMES)),
            ("result_code", "VARCHAR", "结果代码 | as received; NULL if there was none"),
            ("message", "VARCHAR", "平台说明 | the service's own words, as received"),
            ("status", "VARCHAR", "答复的发票状态 | normal, void, red_full or red_partial; NULL if it was not told"),
            ("issued_at", "TIMESTAMP", "答复的开票时间 | time of issue as told, Beijing time"),
            ("seller_tax_id", "VARCHAR", "答复的销方识别号 | seller's tax id as told"),
            ("seller_name", "VARCHAR", "答复的销方名称 | seller's name as told"),
            ("buyer_tax_id", "VARCHAR", "答复的购方识别号 | buyer's tax id as told"),
            ("buyer_name", "VARCHAR", "答复的购方名称 | buyer's name as told"),
            ("amount_cny", MONEY, "答复的不含税金额（元） | amount without tax as told"),
            ("tax_cny", MONEY, "答复的税额（元） | tax as told"),
            ("total_cny", MONEY, "答复的价税合计（元） | total with tax as told"),
            (
                "is_ours",
                "BOOLEAN",
                "是否本企业的发票 | our tax id is the buyer's (input) or seller's (output); NULL if it was not told",
            ),
            (
                "requests",
                "BIGINT!",
                "请求次数 | how often it was sent, lost answers included: they count against the limit",
            ),
            ("asked_at", "TIMESTAMP!", "询问时间 | wall clock, Beijing time"),
            ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the night's bundle of answers as received"),
        ),
        *LINEAGE,
        *RECEIVED,
    ),
    key=("answer_id",),
    period="received_at",
)
