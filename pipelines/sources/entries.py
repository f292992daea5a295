"""Rows of named fields -> what their text says: references taken out of summaries, lines of the accounts that hold
invoices, and rows whose money is shown with the wrong sign."""

from __future__ import annotations

import pandas as pd

from pipelines.sources.layout import Layout

ZERO = r"0+(\.0*)?|\.0+"
PLACEHOLDERS = ("", "-", "--", "—", "——", '=""')
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
    fields = _extract(fields, layout)
    if not layout.entry:
        return kinds, fields
    account = fields["account_code"].fillna("").str.strip(' ="\t')
    direction = pd.Series(None, index=fields.index, dtype="object")
    for rule in layout.entry:
        direction[account.str.startswith(rule.account_prefix)] = str(rule.direction)
    fields["direction"] = direction
    kinds = kinds.copy()
    kinds[kinds.isna() & direction.isna()] = "other_account"
    own_side = fields["credit"].where(direction == "input", fields["debit"])
    is_reversal = fields["summary"].fillna("").str.contains(layout.reversal_pattern, regex=True)
    is_settled = (is_nothing(own_side, layout) | own_side.fillna("").str.strip().str.fullmatch(ZERO)) & ~is_reversal
    kinds[kinds.isna() & is_settled] = "settlement"
    return kinds, fields


def _extract(fields: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    for rule in layout.extract:
        for pattern in rule.patterns:
            current = fields[rule.field]
            is_open = current.isna() | (current == "") | (rule.source == rule.field)
            found = fields.loc[is_open, rule.source].fillna("").str.extract(pattern, expand=True)["found"]
            fields.loc[found.index[found.notna()], rule.field] = found[found.notna()]
    return fields
