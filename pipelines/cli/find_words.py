"""How `fapiao find` says a fact in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.reports.words import word

if TYPE_CHECKING:
    from pipelines.find import EntryFact, HistoryEvent, InvoiceFact

EVENT_WORDS = {
    "seen": ("税务首次见到", "first seen upstream"),
    "booked": ("账上首次见到", "first seen booked"),
    "found": ("列为问题", "became a finding"),
    "gone": ("不再是问题", "no longer a finding"),
}

FIELD_NAMES = {
    "issued_at": ("开票时间", "issued"),
    "seller_name": ("销方名称", "seller"),
    "seller_tax_id": ("销方税号", "seller's tax id"),
    "buyer_name": ("购方名称", "buyer"),
    "buyer_tax_id": ("购方税号", "buyer's tax id"),
    "original_invoice_number": ("被红冲号码", "reversed invoice"),
    "posted_on": ("记账日期", "posted"),
    "voucher_no": ("凭证字号", "voucher"),
    "invoice_reference": ("账上所记号码", "reference"),
    "summary": ("摘要", "summary"),
}
"""Columns that `reports.words` has no word for."""


def say_invoice(fact: InvoiceFact) -> str:
    number = f"{fact.invoice_code} {fact.invoice_number}" if fact.invoice_code else fact.invoice_number
    parties = f"{fact.seller_name or '?'} → {fact.buyer_name or '?'}"
    money = f"{fact.amount_cny:,} + {fact.tax_cny:,} = {fact.total_cny:,}"
    place = say_place(fact.source_file, fact.source_row)
    return f"{number}  {fact.issued_at:%Y-%m-%d}  {money}  {fact.status}  {parties}  {place}"


def say_entry(fact: EntryFact) -> str:
    money = " / ".join(f"{value:,}" for value in (fact.amount_cny, fact.tax_cny, fact.total_cny) if value is not None)
    texts = (fact.invoice_reference, f"{fact.posted_on}", fact.voucher_no, money, fact.counterparty_name)
    return "  ".join([*(text or "-" for text in texts), say_place(fact.source_file, fact.source_row)])


def say_place(file: str | None, row: int | None) -> str:
    return f"[{file} 第 {row} 行 row {row}]" if file else ""


def say_event(event: HistoryEvent) -> str:
    """Moment, what happened, and the file and row that showed it."""
    return "  ".join([f"{event.happened_at:%Y-%m-%d %H:%M}", _say_happening(event), _say_source(event)]).rstrip()


def _say_happening(event: HistoryEvent) -> str:
    if event.event == "changed":
        before, after = (_say_code(value) if value else "—" for value in (event.value_before, event.value_after))
        return f"{_name_field(event.field or '')}: {before} → {after}"
    zh, en = EVENT_WORDS[event.event]
    value = event.value_after or event.value_before or ""
    if event.event == "booked":
        return f"{zh} {en}: {_name_field('posted_on')} {value}"
    return f"{zh} {en}: {_say_code(value)}"


def _say_code(code: str) -> str:
    known = word(code, "zh")
    return code if known == code else f"{known} {code}"


def _name_field(field: str) -> str:
    zh, en = FIELD_NAMES.get(field, (word(field, "zh"), word(field, "en")))
    return f"{zh} {en}"


def _say_source(event: HistoryEvent) -> str:
    return say_place(event.source_file, event.source_row)
