"""Words for people: verdicts, causes and states in Chinese and English, money as text, text made safe to show."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Literal

Language = Literal["zh", "en"]

VERDICT_WORDS: dict[str, tuple[str, str]] = {
    "matched": ("相符", "matched"),
    "mismatched": ("不一致", "mismatched"),
    "duplicate": ("重复", "duplicate"),
    "pending": ("待到期", "pending"),
    "missing_upstream": ("税务系统无", "missing in the tax system"),
    "missing_ledger": ("账上无", "missing in the ledger"),
    "not_compared": ("未能比对", "not compared"),
}

CAUSE_WORDS: dict[str, tuple[str, str]] = {
    "exact": ("完全相符", "exact"),
    "within_tolerance": ("容差内相符", "within tolerance"),
    "split_entries": ("一票多笔分录", "one invoice, several entries"),
    "combined_entry": ("多票合记一笔", "several invoices, one entry"),
    "red_letter_netted": ("红蓝对冲", "red and blue cancel"),
    "dead_invoice_booked": ("作废或红冲票仍在账", "dead invoice still booked"),
    "number_mistyped": ("号码录错", "number mistyped"),
    "digits_lost": ("号码被表格截断", "digits lost in a spreadsheet"),
    "number_absent": ("账上无票号", "no number in the ledger"),
    "amount_differs": ("金额不符", "amount differs"),
    "tax_differs": ("税额不符", "tax differs"),
    "party_differs": ("对方不符", "party differs"),
    "date_differs": ("日期不符", "date differs"),
    "booked_twice": ("重复入账", "booked twice"),
    "listed_twice": ("税务侧重复", "listed twice"),
    "sync_delay": ("等待税务同步", "waiting for the tax system"),
    "booking_lag": ("等待入账", "waiting to be booked"),
    "impossible_number": ("号码不可能存在", "impossible number"),
    "not_found": ("税务系统查无", "not found in the tax system"),
    "not_booked": ("逾期未入账", "not booked in time"),
    "upstream_gap": ("税务数据缺失", "tax data of that day missing"),
    "unreadable_reference": ("票号无法识别", "unreadable reference"),
}

SOURCE_STATE_WORDS: dict[str, tuple[str, str]] = {
    "received": ("已收到", "received"),
    "unchanged": ("无变化", "unchanged"),
    "silent": ("应到未到", "silent"),
    "failed": ("不可用", "failed"),
    "maintenance": ("系统维护", "maintenance"),
}

SEVERITY_WORDS: dict[str, tuple[str, str]] = {
    "critical": ("紧急", "critical"),
    "warning": ("注意", "warning"),
    "info": ("知悉", "info"),
    "stop": ("阻断", "stop"),
    "warn": ("提示", "warn"),
}

DIRECTION_WORDS: dict[str, tuple[str, str]] = {"input": ("进项", "input"), "output": ("销项", "output")}

BASIS_WORDS: dict[str, tuple[str, str]] = {
    "observed": ("双方可见", "both sides show it"),
    "rule": ("依规则", "by rule"),
    "likely": ("推定，请确认", "likely, please confirm"),
}

FIELD_WORDS: dict[str, tuple[str, str]] = {
    "invoice_number": ("发票号码", "invoice number"),
    "invoice_code": ("发票代码", "invoice code"),
    "invoice_date": ("开票日期", "invoice date"),
    "counterparty_name": ("对方名称", "party's name"),
    "counterparty_tax_id": ("对方税号", "party's tax id"),
    "amount_cny": ("金额（不含税）", "amount without tax"),
    "tax_cny": ("税额", "tax"),
    "total_cny": ("价税合计", "total with tax"),
    "status": ("发票状态", "status"),
}

RECORD_STATE_WORDS: dict[str, tuple[str, str]] = {
    "void": ("作废", "void"),
    "red": ("红字", "red-letter"),
    "red_full": ("全额红冲", "fully reversed"),
    "red_partial": ("部分红冲", "partly reversed"),
}

DECISION_WORDS: dict[str, tuple[str, str]] = {
    "accept_difference": ("已接受差异", "difference accepted"),
    "ignore_until": ("已暂时搁置", "set aside for a time"),
    "leave_alone": ("已决定不关联", "decided: link to nothing"),
}

DAY_WORDS: dict[str, tuple[str, str]] = {
    "received": ("完整收到", "received in full"),
    "young": ("尚在宽限期", "within the grace window"),
    "incomplete": ("不完整", "incomplete"),
    "unasked": ("未查询", "not asked"),
}

PAGE_WORDS = CAUSE_WORDS | DIRECTION_WORDS | BASIS_WORDS | FIELD_WORDS | RECORD_STATE_WORDS | DECISION_WORDS
"""Words of codes that stand in a finding on the page."""

_ALL_WORDS = VERDICT_WORDS | CAUSE_WORDS | SOURCE_STATE_WORDS | SEVERITY_WORDS | DIRECTION_WORDS | BASIS_WORDS
_ALL_WORDS |= FIELD_WORDS | RECORD_STATE_WORDS | DECISION_WORDS


def pick(language: Language, zh: str | None, en: str | None) -> str:
    """The text of that language; the other one where it is missing, for no word is worse than a foreign one."""
    chosen, other = (zh, en) if language == "zh" else (en, zh)
    return chosen or other or ""


def word(code: str, language: Language) -> str:
    """What a person calls a code of the closed lists; an unknown code stands for itself."""
    return pick(language, *_ALL_WORDS.get(code, (code, code)))


def format_money(amount: Decimal | None) -> str:
    """`1,234.50`, CNY to the cent, never rounded; `—` where there is no amount."""
    return "—" if amount is None else f"{amount:,.2f}"


def strip_controls(text: str) -> str:
    """Text without control and direction characters: names come from outside and reach terminals and mails."""
    return "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} else char for char in text)


_MARKDOWN_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "[": "\\[", "]": "\\]", "`": "\\`", "*": "\\*"}
)


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is: no tag, link, table cell or emphasis comes out of a name."""
    return strip_controls(text).translate(_MARKDOWN_ESCAPES)
