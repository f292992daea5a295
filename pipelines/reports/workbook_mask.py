"""The workbook with names and ids masked, for the same readers as the masked page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.alerts.mask import mask_id, mask_name, mask_text
from pipelines.exports.items import SheetRow
from pipelines.reports.said_names import said_names
from pipelines.settings import Taxpayer

_ONE_OF_SEVERAL = re.compile(r"[^\s,，、;；…()]+")
"""Numbers and references of one cell, apart from what stands between them and the count of those not shown."""


def mask_rows(rows: Sequence[SheetRow], ours: Iterable[Taxpayer]) -> tuple[SheetRow, ...]:
    """Numbers, references, parties and ids masked, in their cells and in the sentences; vouchers, dates, money and
    the places of files stay, so that the bookkeeper still finds the record."""
    own_names = {one.name for one in ours}
    return tuple(_mask_row(row, own_names) for row in rows)


def _mask_row(row: SheetRow, own_names: set[str]) -> SheetRow:
    names = {name for name in (row.party_name, *own_names) if name}
    names |= said_names(row.explanation_zh, row.cause) | said_names(row.explanation_en, row.cause)
    cells = (row.invoice_numbers, row.invoice_references)
    numbers = {part for cell in cells for one in _ONE_OF_SEVERAL.findall(cell or "") for part in one.split("-")}
    ids = numbers | {one for one in (row.taxpayer_id, row.party_tax_id) if one}
    return replace(
        row,
        explanation_zh=mask_text(row.explanation_zh, names, ids),
        explanation_en=mask_text(row.explanation_en, names, ids),
        decision=mask_text(row.decision, names, ids) if row.decision else row.decision,
        invoice_numbers=_mask_each(row.invoice_numbers),
        invoice_references=_mask_each(row.invoice_references),
        party_name=mask_name(row.party_name) if row.party_name else row.party_name,
        party_tax_id=mask_id(row.party_tax_id) if row.party_tax_id else row.party_tax_id,
        taxpayer_id=mask_id(row.taxpayer_id),
        item_id=mask_id(row.item_id),
    )


def _mask_each(cell: str | None) -> str | None:
    return _ONE_OF_SEVERAL.sub(lambda hit: mask_id(hit[0]), cell) if cell else cell
