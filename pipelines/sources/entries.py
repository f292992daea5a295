"""Rows of named fields -> what their text says: references taken out of summaries, lines of the accounts that hold
invoices, and rows whose money is shown with the wrong sign."""

from __future__ import annotations

import pandas as pd

from pipelines.sources.layout import Layout

ZERO = r"0+(\.0*)?|\.0+"
PLACEHOLDERS = ("", "-", "--", "—", "——", '=""')
VOUCHER = ["taxpayer_id", "taxpayer_name", "posted_on", "voucher_no"]
TOTAL_WORDS = ("合计", "小计", "累计", "汇总")
NEGATIVE = r"^[¥￥ ]*[-－(（]|[-－]$"
RED_GOODS = "红字发票|红票|负数发票|退货|销[货售]退|折让|折扣"
"""Goods or a red-letter document: without them a negative line on the other side takes back a payment."""
RETURNED = (
    "^[^费]*(?:付[^票]*(?:退[回票汇]|失败|撤[销回])|(?:冲销|撤[销回]|红[冲字])[^票]*[付收][^票]*款"
    "|退[回还货多付收余预客户]{0,6}款|退汇|银行退)[^费]*$"
)
"""A payment that comes back, or is taken back, on the side of the bookings; 退票费 and the like are bought services."""
ACCRUAL_ENDED = "冲|暂估转"
"""The line that books the invoice may say that the accrual ends with it."""


def is_nothing(texts: pd.Series, layout: Layout) -> pd.Series:
    """TRUE where a cell is blank, or holds a placeholder of every file or of the layout."""
    return texts.isna() | texts.fillna("").str.strip().isin((*PLACEHOLDERS, *layout.placeholders))


def has_key(fields: pd.DataFrame, layout: Layout) -> pd.Series:
    """TRUE where a field that names a record holds a digit; the label of a total, such as 10月合计, is no name."""
    found = pd.Series(False, index=fields.index)
    for field in layout.key_fields:
        text = fields[field].fillna("").str.strip()
        found |= text.str.contains("[0-9]") & ~text.str.endswith(TOTAL_WORDS)
    return found


def mark_negative(fields: pd.DataFrame, layout: Layout) -> pd.Series:
    """TRUE for rows whose money is negative by a rule of the layout, whatever sign they show."""
    marks = pd.Series(False, index=fields.index)
    for rule in layout.sign.negative_if:
        marks |= fields[rule.field].fillna("").str.strip().str.contains(rule.pattern, regex=True)
    return marks


def take_entries(fields: pd.DataFrame, kinds: pd.Series, layout: Layout) -> tuple[pd.Series, pd.DataFrame]:
    """Extractions, and for general ledgers the lines of the accounts that hold invoices."""
    fields = _extract(fields, layout).assign(invoice_side=None)
    if not layout.entry:
        return kinds, fields
    account = fields["account_code"].fillna("").str.strip(' ="\t')
    fields["direction"] = None
    holds_payments = pd.Series(False, index=fields.index)
    for rule in layout.entry:
        is_of_rule = account.str.startswith(rule.account_prefix)
        fields.loc[is_of_rule, ["direction", "invoice_side"]] = [str(rule.direction), rule.total.split("-")[0]]
        holds_payments[is_of_rule] = rule.holds_payments
    kinds = kinds.copy()
    kinds[kinds.isna() & fields["direction"].isna()] = "other_account"
    lines = fields[kinds.isna()]
    own, other = _read_sides(lines, layout)
    kinds[lines.index[_find_accruals(lines, own, layout)]] = "accrual"
    kinds[lines.index[kinds[lines.index].isna() & _find_settlements(lines, own, other, layout)]] = "settlement"
    kinds[kinds.isna() & _is_carried(fields, layout)] = "settlement"
    if holds_payments.any():
        kinds[kinds.isna() & holds_payments & _is_payment(fields, kinds, layout)] = "settlement"
    return kinds, fields


def _read_sides(lines: pd.DataFrame, layout: Layout) -> tuple[pd.Series, pd.Series]:
    """Signs (1, -1, 0 for no money) of the side that bookings grow on, and of the other side."""
    is_on_credit = lines["invoice_side"] == "credit"
    is_marked = mark_negative(lines, layout)
    credit, debit = (_sign_of(lines[column], column, layout) for column in ("credit", "debit"))
    own = credit.where(is_on_credit, debit)
    return own.where(~is_marked, -own.abs()), debit.where(is_on_credit, credit)


def _sign_of(texts: pd.Series, column: str, layout: Layout) -> pd.Series:
    text = texts.fillna("").str.strip()
    sign = text.str.contains(NEGATIVE, regex=True).map({True: -1, False: 1})
    if column in layout.sign.negate:
        sign = -sign
    return sign.where(~(is_nothing(text, layout) | text.str.fullmatch(ZERO)), 0).astype("int64")


def _find_accruals(lines: pd.DataFrame, own: pd.Series, layout: Layout) -> pd.Series:
    """Accruals of invoices that have not come, and their ends, by summary or account. One that cites a number is the
    booking of that invoice, and so is its end part of it."""
    text = lines["summary"].fillna("")
    account = lines["account_code"].fillna("") + " " + lines["account_name"].fillna("")
    is_named = account.str.contains(layout.accrual_pattern, regex=True)
    is_booking = (own > 0) & ~is_named & text.str.contains(ACCRUAL_ENDED, regex=True)
    is_accrual = (is_named | text.str.contains(layout.accrual_pattern, regex=True)) & ~is_booking
    reference = lines["invoice_reference"]
    booked = reference[is_accrual & (own > 0) & ~is_nothing(reference, layout)]
    return is_accrual & ~reference.isin(booked)


def _find_settlements(lines: pd.DataFrame, own: pd.Series, other: pd.Series, layout: Layout) -> pd.Series:
    """Payments and offsets, which stand on the other side, and those that came back, on the side of the bookings."""
    text = lines["summary"].fillna("")
    is_reversal = text.str.contains(layout.reversal_pattern, regex=True) & ~text.str.contains(
        layout.settlement_pattern, regex=True
    )
    is_reversal &= (other >= 0) | text.str.contains(RED_GOODS, regex=True)
    return ((own == 0) & ~is_reversal) | ((own > 0) & text.str.contains(RETURNED, regex=True))


def _is_carried(fields: pd.DataFrame, layout: Layout) -> pd.Series:
    """TRUE where an account of revenue, cost or tax is carried forward on whatever side, and no invoice cited."""
    is_earned = (fields["direction"] == "output") == (fields["invoice_side"] == "credit")
    says_so = fields["summary"].fillna("").str.contains(layout.carried_pattern, regex=True)
    return is_earned & says_so & is_nothing(fields["invoice_reference"], layout)


def _is_payment(fields: pd.DataFrame, kinds: pd.Series, layout: Layout) -> pd.Series:
    """TRUE where no invoice is cited, or where the voucher settles an account."""
    voucher = [fields[field].fillna("") for field in VOUCHER]
    settles = kinds.isin(["settlement"]).groupby(voucher).transform("any") & ~is_nothing(fields["voucher_no"], layout)
    return is_nothing(fields["invoice_reference"], layout) | settles


def _extract(fields: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    for rule in layout.extract:
        for pattern in rule.patterns:
            current = fields[rule.field]
            is_open = current.isna() | (current == "") | (rule.source == rule.field)
            found = fields.loc[is_open, rule.source].fillna("").str.extract(pattern, expand=True)["found"]
            fields.loc[found.index[found.notna()], rule.field] = found[found.notna()]
    return fields
