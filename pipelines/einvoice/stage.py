"""The e-invoices of a night beside the tax system and the books: `recon__witness`.

An e-file is a third witness and decides nothing: the items of the join and their verdicts stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib import resources

from pipelines.model import Side
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

PLACES = ("number", "party", "total", "issued_on", "files", "voucher", "detail", "parties", "owner")
"""What a sentence may name, in the order in which the macro `fill_witness` passes them."""

MAX_FILES = 3


def witness_night(con: Connection, settings: Settings, night: Night) -> None:
    """Compare every e-invoice known by then; replaces `recon__witness`. After the join, on its connection: the
    references of tonight's open ledger lines are read from its work tables."""
    run_sql(con, "recon/macros")
    run_sql(con, "einvoice/macros")
    _load_words(con, settings)
    values = {
        "as_of": night.as_of,
        "grace_hours": settings.sync_grace_hours,
        "booking_days": settings.booking_window_days,
        "max_files": MAX_FILES,
    }
    for step in ("said", "linked", "placed", "compared", "witness"):
        run_sql(con, f"einvoice/{step}", values)


def load_witness_sentences() -> dict[str, dict[str, str]]:
    """Every sentence template by finding or finding.variant, each with its text in `zh` and `en`."""
    text = resources.files("pipelines").joinpath("reference", "witness_sentences.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def number_places(template: str) -> str:
    """`{party}` -> `{1}`, as DuckDB's format wants it; ValueError for a name that is not in PLACES."""
    return re.sub(r"\{(\w+)\}", lambda place: f"{{{PLACES.index(place[1])}}}", template)


def _load_words(con: Connection, settings: Settings) -> None:
    sentences = load_witness_sentences().items()
    numbered = [(key, number_places(text["zh"]), number_places(text["en"])) for key, text in sentences]
    _load(con, "witness_sentence", ("key", "zh", "en"), numbered)
    _load(con, "witness_taxpayer", ("id", "name"), [(t.id, t.name) for t in settings.taxpayers])
    folders = [source for source in settings.sources if source.side == Side.EINVOICE]
    scopes = [(s.id, s.taxpayer_id, str(s.direction) if s.direction else None) for s in folders]
    _load(con, "witness_source", ("source_id", "taxpayer_id", "direction"), scopes)


def _load(con: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> None:
    """A small temporary table of texts, for the life of the connection."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({', '.join(f'{column} VARCHAR' for column in columns)})")
    if rows:
        con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
