"""The page with names and ids masked, for a reader who may see the figures but not whose they are.

Masked are our entities, the other parties, tax ids, invoice numbers, references and record ids; vouchers, dates, money
and file names stay, so that the bookkeeper still finds the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pipelines.alerts.mask import mask_id, mask_name, mask_text
from pipelines.reports.cards import CARD_FIELDS, Card, as_record
from pipelines.reports.page_shapes import PageFacts, PartyRow
from pipelines.reports.said_names import said_names
from pipelines.reports.shapes import NightSummary, RejectRow
from pipelines.settings import Settings, Taxpayer

Record = Sequence[Any]


def mask_summary(summary: NightSummary) -> NightSummary:
    """The summary as far as the page shows it; its top lists are not on the page."""
    return replace(
        summary,
        taxpayer_names={mask_id(one): mask_name(name) for one, name in summary.taxpayer_names.items()},
        rejects=tuple(_mask_reject(row) for row in summary.rejects),
        gaps=tuple(replace(row, taxpayer_id=mask_id(row.taxpayer_id)) for row in summary.gaps),
        audit_failures=tuple(
            replace(row, row_keys=[mask_id(key) for key in row.row_keys or []], detail=None)
            for row in summary.audit_failures
        ),
    )


def mask_facts(facts: PageFacts, settings: Settings) -> PageFacts:
    return replace(
        facts,
        companies=tuple(replace(row, taxpayer_id=mask_id(row.taxpayer_id)) for row in facts.companies),
        parties=tuple(_mask_party(row) for row in facts.parties),
        months=tuple(replace(row, taxpayer_id=mask_id(row.taxpayer_id)) for row in facts.months),
        cards=tuple(_mask_card(card, settings.taxpayers) for card in facts.cards),
    )


def _mask_reject(row: RejectRow) -> RejectRow:
    return replace(row, found=mask_id(row.found) if row.found else row.found)


def _mask_party(row: PartyRow) -> PartyRow:
    return replace(row, party=_or_none(mask_name, row.party), party_tax_id=_or_none(mask_id, row.party_tax_id))


def _mask_card(card: Card, ours: Iterable[Taxpayer]) -> Card:
    row = as_record(card)
    records = [*(row["upstream_records"] or []), *(row["ledger_records"] or []), *(row["candidate_records"] or [])]
    said = said_names(row["explanation_zh"], row["cause"]) | said_names(row["explanation_en"], row["cause"])
    names = {row["party"], *said, *(record[2] for record in records), *(one.name for one in ours)} - {None}
    numbers = {part for record in records for part in (record[0] or "").replace("-", " ").split()}
    long_records = [*(row["upstream_records"] or []), *(row["ledger_records"] or [])]
    ids = {row["taxpayer_id"], row["party_tax_id"], *(record[3] for record in long_records), *numbers} - {None}
    texts = ("explanation_zh", "explanation_en", "decision")
    row |= {name: mask_text(row[name], names, ids) for name in texts if row[name]}
    row |= {"taxpayer_id": mask_id(row["taxpayer_id"]), "party_tax_id": _or_none(mask_id, row["party_tax_id"])}
    row |= {"party": _or_none(mask_name, row["party"])}
    row |= {name: _mask_records(row[name], has_id=True) for name in ("upstream_records", "ledger_records")}
    row |= {"candidate_records": _mask_records(row["candidate_records"], has_id=False)}
    return tuple(row[name] for name in CARD_FIELDS)


def _mask_records(records: list[Record] | None, *, has_id: bool) -> list[Record] | None:
    """Number and party of each record, and the party's tax id where it has one."""
    return None if records is None else [_mask_record(record, has_id=has_id) for record in records]


def _mask_record(record: Record, *, has_id: bool) -> Record:
    number, day, party, fourth, *rest = record
    masked = _or_none(mask_id, fourth) if has_id else fourth
    return [_or_none(mask_id, number), day, _or_none(mask_name, party), masked, *rest]


def _or_none(mask: Any, value: str | None) -> str | None:
    return mask(value) if value else None
