"""Rows of named fields -> what their text says: references taken out of summaries, lines of the accounts that hold
invoices, and rows whose money is shown with the wrong sign."""

from __future__ import annotations

import pandas as pd

from pipelines.sources.layout import Layout

ZERO = r"0+(\.0*)?|\.0+"
PLACEHOLDERS = ("", "-", "--", "—", "——", '=""')
VOUCHER = ["taxpayer_id", "taxpayer_name", "posted_on", "voucher_no"]
TOTAL_WORDS = ("合计", "小计", "累计", "汇总")


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
    own_side = fields["credit"].where(fields["invoice_side"] == "credit", fields["debit"])
    is_reversal = fields["summary"].fillna("").str.contains(layout.reversal_pattern, regex=True)
    is_settled = (is_nothing(own_side, layout) | own_side.fillna("").str.strip().str.fullmatch(ZERO)) & ~is_reversal
    kinds[kinds.isna() & (is_settled | _is_carried(fields, layout))] = "settlement"
    if holds_payments.any():
        kinds[kinds.isna() & holds_payments & _is_payment(fields, kinds, layout)] = "settlement"
    return kinds, fields


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
