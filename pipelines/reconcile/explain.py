"""The story behind a verdict: the join is run again on the published night, and its work tables are read for one item.

What is told is what the rules did, not a second opinion: if the outcome is not the published one, the story says so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.errors import BadInputError
from pipelines.model import COVERAGE, DECISION, ITEM, LEDGER_ENTRY, MEMBER, NIGHT_SOURCE, UPSTREAM_INVOICE, Side
from pipelines.reconcile.cascade import NUMBER_RULES, REPAIR_RULES, Parameters, join_records
from pipelines.reconcile.steps import StepWords
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, run_sql

MAX_ITEMS = 5
MAX_RECORDS = 6
MAX_CANDIDATES = 5

NEEDED = (UPSTREAM_INVOICE, LEDGER_ENTRY, COVERAGE, ITEM, MEMBER, DECISION, NIGHT_SOURCE)
STEPS = ("step_reading", "step_number", "step_role", "step_repair", "step_window", "step_upstream")


@dataclass(frozen=True)
class Hit:
    """A record that a text names, and the item that it stands in."""

    item_id: str
    side: str
    record_id: str
    distance: int


@dataclass(frozen=True)
class Candidate:
    """A record that was compared: an invoice, or a ledger line where `voucher_no` and posting day are given. `agrees`
    and `differs` hold money, party and date as far as both sides keep them. Money in CNY."""

    record_id: str
    item_id: str | None
    number: str | None
    voucher_no: str | None
    day: date
    total_cny: Decimal | None
    party: str | None
    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    why_not: str | None


@dataclass(frozen=True)
class Step:
    """What one rule or window came to. `candidates` best first, at most 5 of `candidate_count`."""

    step: str
    result: str
    why_not: str | None
    zh: str
    en: str
    candidates: tuple[Candidate, ...]
    candidate_count: int


@dataclass(frozen=True)
class RecordStory:
    """A member of the item with its steps in order; `number` is a line's reference as it stands in the ledger."""

    side: str
    record_id: str
    number: str | None
    voucher_no: str | None
    day: date
    total_cny: Decimal | None
    party: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ItemStory:
    """A published item and how it came about. `is_same` is False if judging again gives another result: then the data,
    the settings or the rules are no longer those of that night, and `verdict_now`, `cause_now` say what comes out."""

    item_id: str
    taxpayer_id: str
    direction: str
    verdict: str
    cause: str
    rule: str | None
    basis: str
    needs_review: bool
    why_not: str | None
    due_on: date | None
    explanation_zh: str
    explanation_en: str
    verdict_now: str | None
    cause_now: str | None
    is_same: bool
    records: tuple[RecordStory, ...]
    record_count: int


@dataclass(frozen=True)
class Explanation:
    """`items` best first, at most 5 of `hits`; empty if the text names nothing of the published night."""

    text: str
    items: tuple[ItemStory, ...]
    hits: int
    as_of: datetime


def explain(
    settings: Settings, published: Path, text: str, number: str, report: Callable[[str], None] = lambda _step: None
) -> Explanation:
    """Tell the story of the items that `text` names: an item id, a record id, a voucher, or an invoice number.

    `number` is the text without blanks, width and punctuation. Nothing is written but temporary tables in memory.
    Raises BadInputError if the published database was made by an older version.
    """
    with open_beside(settings, published) as con:
        as_of: datetime = con.execute("SELECT as_of FROM published.out__night").fetchall()[0][0]
        ids = list(dict.fromkeys(hit.item_id for hit in find_records(con, text, number)))
        items = tell_items(con, settings, ids[:MAX_ITEMS], as_of, report) if ids else ()
    return Explanation(text, items, len(ids), as_of)


def tell_items(
    con: Connection,
    settings: Settings,
    item_ids: Sequence[str],
    as_of: datetime,
    report: Callable[[str], None] = lambda _step: None,
) -> tuple[ItemStory, ...]:
    """The stories of published items, in the order of their ids; once a connection of `open_beside`."""
    _judge_again(con, settings, as_of, item_ids, report)
    stories = _read_stories(con, settings, as_of)
    return tuple(stories[item_id] for item_id in item_ids)


@contextmanager
def open_beside(settings: Settings, published: Path) -> Iterator[Connection]:
    """A database in memory with the published one attached beside it, read-only, as `published`, and the join's macros."""
    with tempfile.TemporaryDirectory(prefix="fapiao-explain-") as spill:
        con = connect(":memory:", settings, spill_dir=Path(spill))
        try:
            quoted = str(published).replace("'", "''")
            con.execute(f"ATTACH '{quoted}' AS published (READ_ONLY)")
            _require_current(con, published)
            run_sql(con, "recon/macros")
            yield con
        finally:
            con.close()


def find_records(con: Connection, text: str, number: str) -> list[Hit]:
    """The published records that a text names, best first; every record of an item if it is an item's id."""
    values = {"text": text.strip(), "number": number}
    return [Hit(*row) for row in run_sql(con, "explain/record_hit", values).fetchall()]


def _require_current(con: Connection, published: Path) -> None:
    rows = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'published'"
    ).fetchall()
    wanted = {(table.name, column) for table in NEEDED for column in table.column_names}
    missing = sorted(".".join(column) for column in wanted - set(rows))
    if missing:
        raise BadInputError(
            "发布的数据库是旧版本的 | The published database was made by an older version.",
            where=published,
            found=f"without {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}",
            next_step="run the next night: `fapiao nightly`",
        )


def _judge_again(
    con: Connection, settings: Settings, as_of: datetime, item_ids: Sequence[str], report: Callable[[str], None]
) -> None:
    """The join as of the published night; what is plainly cleared and not asked for is carried, as on any night."""
    con.execute("CREATE TEMP TABLE work_nightly_source (source_id VARCHAR)")
    for source in settings.sources:
        if source.side == Side.LEDGER and source.expected == "nightly":
            con.execute("INSERT INTO work_nightly_source VALUES ($id)", {"id": source.id})
    report("explain")
    run_sql(con, "explain/carried_state", {"item_ids": list(item_ids)})
    join_records(con, settings, as_of, report, due="carried")


def _read_stories(con: Connection, settings: Settings, as_of: datetime) -> dict[str, ItemStory]:
    values = {**vars(Parameters.of(settings, as_of)), "rules": list(NUMBER_RULES), "repair_rules": list(REPAIR_RULES)}
    for name in STEPS:
        run_sql(con, f"explain/{name}", values)
    candidates = _rows(con, "candidate", values)
    steps = _tell_steps(con, candidates)
    members = _rows(con, "record", values)
    return {row["item_id"]: _tell_item(row, members, steps) for row in _rows(con, "outcome", values)}


def _tell_steps(con: Connection, candidates: list[dict[str, Any]]) -> dict[tuple[str, str], list[Step]]:
    """Steps in order by side and record id."""
    words = StepWords.load()
    told: dict[tuple[str, str], list[Step]] = {}
    for row in _rows(con, "step", {}):
        key = (row["side"], row["record_id"])
        compared = [c for c in candidates if (c["side"], c["record_id"], c["step"]) == (*key, row["step"])]
        zh, en = words.tell(row["step"], row["result"], row["why_not"], row["facts"])
        told.setdefault(key, []).append(
            Step(
                row["step"], row["result"], row["why_not"], zh, en,
                tuple(_to_candidate(c) for c in compared[:MAX_CANDIDATES]), len(compared),
            )
        )  # fmt: skip
    return told


def _to_candidate(row: dict[str, Any]) -> Candidate:
    kept = {name: value for name, value in row.items() if name not in ("side", "record_id", "step", "other_id")}
    return Candidate(
        record_id=row["other_id"], **kept | {"agrees": tuple(row["agrees"]), "differs": tuple(row["differs"])}
    )


def _tell_item(
    row: dict[str, Any], members: list[dict[str, Any]], steps: dict[tuple[str, str], list[Step]]
) -> ItemStory:
    own = [member for member in members if member["item_id"] == row["item_id"]]
    records = [
        RecordStory(
            **{name: value for name, value in member.items() if name != "item_id"},
            steps=tuple(steps.get((member["side"], member["record_id"]), [])),
        )
        for member in own[:MAX_RECORDS]
    ]
    return ItemStory(**row, records=tuple(records), record_count=len(own))


def _rows(con: Connection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    run_sql(con, f"explain/{name}", values)
    names = [column[0] for column in con.description or []]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]
