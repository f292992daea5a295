"""The self-inspection file as a page, a workbook and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from pipelines.exports.advice import load_actions
from pipelines.exports.cells import Book, Cell, write_book
from pipelines.exports.inspection import Inspection, Section
from pipelines.reports.words import format_money, strip_controls, word

FORMAT = "fapiao-inspection"
FORMAT_VERSION = 1
WIDE = frozenset({"explanation_zh", "explanation_en", "missing_days", "reason"})
PAGE_ROWS = 200
"""Rows of one table on the page; the workbook and the JSON have all."""

PAGE_LEAVES_OUT = frozenset(
    {"explanation_en", "invoice_numbers", "invoice_references", "party_name", "direction", "taxpayer_id", "item_id"}
)
"""Columns of what is open that its sentence says already, or that paper has no room for."""

CODED = frozenset({"verdict", "cause", "direction", "severity", "side", "deed", "action"})
"""Columns of the closed lists, told in words."""

HEADS: Mapping[str, str] = {
    "taxpayer_id": "本企业税号 taxpayer", "direction": "方向 direction", "side": "来源 side", "records": "条数 records",
    "total_cny": "价税合计 total, CNY", "tax_cny": "税额 tax, CNY", "days": "应有天数 days",
    "complete_days": "完整天数 complete", "missing_days": "缺失日期 missing", "verdict": "结论 verdict",
    "cause": "原因 cause", "items": "项数 items", "open_items": "未处理 open", "decided_items": "已决定 decided",
    "open_cny": "未处理涉及金额 at stake, CNY", "deed": "处理 deed", "detail": "决定 kind", "money_cny": "金额 CNY",
    "done_on": "日期 day", "done_by": "经办人 by", "reason": "理由 reason", "state": "执行情况 state",
    "item_id": "核对项 item", "action": "要做什么 action", "at_stake_cny": "涉及金额 at stake, CNY",
    "explanation_zh": "说明", "explanation_en": "explanation", "invoice_numbers": "发票号码 invoice",
    "invoice_references": "账上票号 reference", "vouchers": "凭证 voucher", "party_name": "对方 party",
    "due_on": "到期 due", "rule_id": "检查编号 rule", "name_zh": "名称", "name_en": "name", "severity": "等级 severity",
    "is_success": "通过 holds", "rows_checked": "检查行数 rows", "rows_unexpected": "不符行数 unexpected",
}  # fmt: skip

SIDES = {"upstream": "税务系统 tax system", "ledger": "账上 ledger"}
DEEDS = {"decision": "人工决定 decision", "settled": "已消除 settled", "adjustment": "申报后变化 changed since filing"}


def render_inspection(inspection: Inspection) -> bytes:
    """One HTML page for A4 paper; it loads nothing."""
    return _load_template().render(inspection=inspection).encode()


@cache
def _load_template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(cell=_say_cell, clean=lambda text: strip_controls(str(text)))
    environment.globals.update(head=HEADS.__getitem__, is_number=_is_number, shown=_choose_columns, page_rows=PAGE_ROWS)
    text = resources.files("pipelines.exports").joinpath("inspection.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def _choose_columns(section: Section) -> list[str]:
    return [name for name in section.columns if section.name != "open" or name not in PAGE_LEAVES_OUT]


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _say_cell(value: Any, column: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, Decimal):
        return format_money(value)
    if isinstance(value, int):
        return f"{value:,}"
    text = strip_controls(str(value))
    return _say_code(text) if column in CODED else text


def _say_code(text: str) -> str:
    if text in load_actions():
        return f"{load_actions()[text].zh} {load_actions()[text].en}"
    named = SIDES.get(text) or DEEDS.get(text)
    zh = word(text, "zh")
    return named or (text if zh == text else f"{zh} {word(text, 'en')}")


def write_inspection_book(inspection: Inspection) -> bytes:
    """The tables as sheets of a workbook, and first what they rest on."""

    def fill(book: Book) -> None:
        sheet = book.add_sheet("依据 evidence", (("项目 what", 30), ("内容 content", 80)))
        for place, (name, value) in enumerate(_list_evidence(inspection).items(), start=1):
            book.write_row(sheet, place, [name, value])
        for section in inspection.sections:
            _write_section(book, section)

    return write_book(fill)


def _list_evidence(inspection: Inspection) -> dict[str, str]:
    companies = {f"企业 company {number}": name for number, name in inspection.taxpayers.items()}
    evidence = {name: value or "无 none" for name, value in asdict(inspection.evidence).items()}
    settings = {name: "—" if value is None else str(value) for name, value in inspection.settings.items()}
    when = {"期间 period": inspection.period.name, "截至 as of": f"{inspection.night.as_of}"}
    return {**companies, **when, **evidence, **settings, **inspection.code, **dict(inspection.matching_rules)}


def _write_section(book: Book, section: Section) -> None:
    columns = [(HEADS[name], 60 if name in WIDE else 18) for name in section.columns]
    sheet = book.add_sheet(f"{section.title_zh} {section.title_en}", columns)
    for place, row in enumerate(section.rows, start=1):
        cells = [_to_cell(cell, name) for name, cell in zip(section.columns, row, strict=True)]
        book.write_row(sheet, place, cells)
    sheet.autofilter(0, 0, max(len(section.rows), 1), len(columns) - 1)


def _to_cell(value: Any, column: str) -> Cell:
    return value if _is_number(value) or isinstance(value, date) else _say_cell(value, column) or None


def write_inspection_json(inspection: Inspection) -> bytes:
    """For programs: codes as they are, money as text with its two decimals."""
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "period": inspection.period.name,
        "first_day": inspection.period.first_day,
        "last_day": inspection.period.last_day,
        "is_over": inspection.is_over,
        "night_id": inspection.night.night_id,
        "as_of": inspection.night.as_of.isoformat(),
        "made_at": inspection.made_at.isoformat(),
        "taxpayers": inspection.taxpayers,
        **asdict(inspection.evidence),
        "settings": inspection.settings,
        "code": inspection.code,
        "matching_rules": dict(inspection.matching_rules),
        **{section.name: section.records for section in inspection.sections},
    }
    return (json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n").encode()
