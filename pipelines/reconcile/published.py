"""The published night, attached beside a database in memory, and the records of it that a person's words name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import BadInputError, IntegrityError, UsageError
from pipelines.model import (
    COVERAGE,
    DECISION,
    ITEM,
    LEDGER_ENTRY,
    MEMBER,
    NIGHT_SOURCE,
    UPSTREAM_INVOICE,
    VERIFICATION_ANSWER,
)
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, run_sql

NEEDED = (UPSTREAM_INVOICE, LEDGER_ENTRY, COVERAGE, ITEM, MEMBER, DECISION, NIGHT_SOURCE, VERIFICATION_ANSWER)
MAX_CHOICES = 10


@dataclass(frozen=True)
class Hit:
    """A record that a text names, and the item that it stands in."""

    item_id: str
    side: str
    record_id: str
    distance: int


@contextmanager
def open_beside(settings: Settings, published: Path) -> Iterator[Connection]:
    """A database in memory, with the join's macros and the published one attached read-only as `published`.

    Raises BadInputError if an older version made it, IntegrityError if it cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="fapiao-explain-") as spill:
        con = connect(":memory:", settings, spill_dir=Path(spill))
        try:
            _attach(con, published)
            _require_current(con, published)
            run_sql(con, "recon/macros")
            yield con
        finally:
            con.close()


def find_records(con: Connection, text: str, number: str) -> list[Hit]:
    """The published records that a text names, best first; every record of an item if it is an item's id."""
    values = {"text": text.strip(), "number": number}
    return [Hit(*row) for row in run_sql(con, "explain/record_hit", values).fetchall()]


def _attach(con: Connection, published: Path) -> None:
    quoted = str(published).replace("'", "''")
    try:
        con.execute(f"ATTACH '{quoted}' AS published (READ_ONLY)")
    except duckdb.IOException as error:
        raise IntegrityError(
            "发布的数据库打不开 | The published database cannot be opened.",
            where=published,
            found=str(error).splitlines()[0],
            next_step="run the next night, or restore the last snapshot: `fapiao snapshot restore`",
        ) from error


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


def pick_records(con: Connection, text: str, number: str, *, whole_item: bool) -> list[Hit]:
    """The one record that a text names, or every record of the item that it names if `whole_item` or an item's id.

    Raises UsageError if it names none, or several; then with the choices as notes.
    """
    hits = find_records(con, text, number)
    if not hits:
        raise UsageError(
            "没有这样的记录 | The published night has no such record.",
            found=text,
            expected="an item id, a record id, an invoice number or a voucher",
            next_step=f"fapiao find {text} --fuzzy",
        )
    best = [hit for hit in hits if hit.distance == hits[0].distance]
    items = {hit.item_id for hit in best}
    if items == {text.strip()} or (len(best) == 1 and not whole_item):
        return best
    if whole_item and len(items) == 1:
        return find_records(con, best[0].item_id, "")
    raise _list_choices(con, text, best)


def _list_choices(con: Connection, text: str, hits: list[Hit]) -> UsageError:
    error = UsageError(
        "有几条记录符合，请用记录号或核对项编号指明一条 | Several records fit: name one by its record id or item id.",
        found=f"{text}: {len(hits)}",
    )
    for row in run_sql(con, "explain/choice", {"record_ids": [hit.record_id for hit in hits[:MAX_CHOICES]]}).fetchall():
        error.add_note("  ".join(str(value) for value in row if value is not None))
    if len(hits) > MAX_CHOICES:
        error.add_note("…")
    return error
