"""The story behind a verdict: the join is run again on the published night, and its work tables are read for one item.

What is told is what the rules did, not a second opinion: if the outcome is not the published one, the story says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.reconcile.cascade import NUMBER_RULES, REPAIR_RULES, Parameters, join_records
from pipelines.reconcile.nightly import load_nightly_sources
from pipelines.reconcile.published import find_records, open_beside
from pipelines.reconcile.steps import StepWords
from pipelines.reconcile.story import Candidate, Explanation, ItemStory, RecordStory, Step
from pipelines.settings import Settings
from pipelines.warehouse import Connection, run_sql

MAX_ITEMS = 5
MAX_RECORDS = 6
MAX_CANDIDATES = 5

STEPS = ("step_reading", "step_number", "step_role", "step_repair", "step_window", "step_upstream")


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


def _judge_again(
    con: Connection, settings: Settings, as_of: datetime, item_ids: Sequence[str], report: Callable[[str], None]
) -> None:
    """The join as of the published night; what is plainly cleared and not asked for is carried, as on any night."""
    load_nightly_sources(con, settings)
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
