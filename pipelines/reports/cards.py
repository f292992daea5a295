"""The findings of a page as rows of plain values, and the packed form in which the page carries them.

50,000 findings are about 40 MB of JSON. The page carries them gzipped and in base64, in slices, and its script unpacks
them: a tenth of the size, and no text from outside can end a tag or start one.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.warehouse import Connection, run_sql

Card = tuple[Any, ...]
"""One finding: JSON-ready values in the order of `CARD_FIELDS`."""

CARD_FIELDS = (
    "item_id", "taxpayer_id", "direction", "cause", "basis", "stake_fen", "is_new", "open_since", "age_days",
    "is_overdue", "party", "party_tax_id", "explanation_zh", "explanation_en", "vouchers", "difference_cny",
    "differing_fields", "why_not", "decision", "upstream_count", "upstream_records", "ledger_count", "ledger_records",
    "candidate_records",
)  # fmt: skip

UPSTREAM_RECORD = ("number", "issued_on", "party", "party_tax_id", "amount", "tax", "total", "state", "place")
LEDGER_RECORD = (
    "number", "posted_on", "party", "party_tax_id", "amount", "tax", "total", "voucher", "place", "invoice_date",
)  # fmt: skip
CANDIDATE_RECORD = ("number", "day", "party", "total")

RECORDS_SHOWN = 8
"""Members and candidates shown of one finding; the page says how many there are."""

SLICE_CARDS = 5_000


def build_cards(con: Connection, values: dict[str, Any]) -> None:
    """Fill `report_card`, once `report_finding` is there. `values` are the parameters of report_card.sql."""
    for name in ("report/report_evidence", "report/report_candidate", "report/report_card"):
        run_sql(con, name, {**values, "member_limit": RECORDS_SHOWN})


def read_cards(con: Connection) -> tuple[Card, ...]:
    """All findings, those with most money at stake first."""
    return tuple(run_sql(con, "report/report_card_row").fetchall())


def pack_cards(cards: Sequence[Card]) -> Iterator[str]:
    """Slices of the findings: base64 of gzip of a JSON array. The same findings give the same text."""
    for start in range(0, len(cards), SLICE_CARDS):
        text = json.dumps(cards[start : start + SLICE_CARDS], ensure_ascii=False, separators=(",", ":"))
        yield base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def unpack_cards(slices: Sequence[str]) -> list[list[Any]]:
    """What the page's script sees: the rows of all slices."""
    return [card for text in slices for card in json.loads(gzip.decompress(base64.b64decode(text)))]


def as_record(card: Card) -> dict[str, Any]:
    """The values of a finding by their names."""
    return dict(zip(CARD_FIELDS, card, strict=True))
