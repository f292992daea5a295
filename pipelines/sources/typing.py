"""One file into the warehouse: raw rows, rejects, ignores, and typed sightings, all in one transaction."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

import pyarrow as pa

from pipelines.model import Side
from pipelines.settings import Settings, Source
from pipelines.sources.landing import LandedFile
from pipelines.sources.layout import Layout, known_layouts
from pipelines.sources.read import FileReading
from pipelines.sources.reasons import REJECT_REASONS
from pipelines.warehouse import Connection, run_sql


@dataclass(frozen=True)
class Rejected:
    """Rows of one file that were rejected for one reason, with the first of them; `column` as the file heads it."""

    reason: str
    column: str | None
    row_count: int
    sheet: str
    first_row: int
    found: str | None
    expected: str


@dataclass(frozen=True)
class FileAccount:
    """Rows of one file: `rows_read = rows_kept + rows_rejected + rows_ignored`."""

    rows_read: int
    rows_kept: int
    rows_rejected: int
    rows_ignored: int
    rejects: tuple[Rejected, ...] = ()


def prepare_typing(con: Connection, settings: Settings) -> None:
    """Macros and reference lists that typing needs, once per connection."""
    run_sql(con, "core/macros")
    _load_list(con, "own_taxpayer", ("id", "name"), [(t.id, t.name) for t in settings.taxpayers])
    _load_list(con, "status_text", ("text", "status"), _reference_rows("statuses"))
    _load_list(con, "kind_code", ("code", "kind"), _reference_rows("kinds"))
    _load_list(con, "reject_reason", ("reason", "expected"), list(REJECT_REASONS.items()))


def _reference_rows(name: str) -> list[tuple[str, str]]:
    text = resources.files("pipelines").joinpath("reference", f"{name}.csv").read_text(encoding="utf-8")
    return [(first, second) for first, second, *_ in list(csv.reader(text.splitlines()))[1:]]


def _load_list(con: Connection, table: str, columns: tuple[str, str], rows: list[tuple[str, str]]) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns[0]} VARCHAR, {columns[1]} VARCHAR)")
    if rows:
        con.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)


def type_file(
    con: Connection, source: Source, layout: Layout, landed: LandedFile, reading: FileReading, received_at: datetime
) -> FileAccount:
    """Write raw rows, ignores, rejects and sightings of one file; returns its account."""
    keys = {"file_id": landed.file_id, "source_id": source.id}
    incoming: pa.Table = reading.rows
    con.register("incoming", incoming)
    con.register("refused", reading.refused)
    side = Side(layout.side)
    con.execute(
        f"INSERT INTO raw_{side}__row BY NAME "
        "SELECT $file_id AS file_id, $source_id AS source_id, "
        "COLUMNS(c -> c NOT IN ('is_negative', 'invoice_side')) "
        "FROM (FROM incoming UNION ALL BY NAME SELECT * EXCLUDE (reason, found) FROM refused)",
        keys,
    )
    con.register("left_aside", reading.ignored)
    con.execute(
        "INSERT INTO raw_ignored BY NAME SELECT $file_id AS file_id, $source_id AS source_id, * FROM left_aside", keys
    )
    values = keys | {
        "file_name": landed.name,
        "taxpayer_id": source.taxpayer_id or reading.taxpayer_id,
        "direction": source.direction or layout.direction,
        "grain": reading.grain,
        "observed_at": landed.observed_at,
        **_layout_values(layout),
    }
    _load_list(con, "own_status", ("text", "status"), [(text, str(status)) for text, status in layout.status.items()])
    run_sql(con, f"core/typed_{side}", values)
    con.execute("INSERT INTO new_reject BY NAME SELECT sheet, row_number, reason, found FROM refused")
    run_sql(con, f"core/core_{side}__sighting", {"received_at": received_at})
    if side == Side.UPSTREAM:
        run_sql(con, "core/core_upstream__span", keys | {"is_cut": not reading.is_complete and not reading.is_listing})
    con.execute(
        "INSERT INTO raw_reject BY NAME SELECT $file_id AS file_id, $source_id AS source_id, n.*, r.expected "
        "FROM new_reject n JOIN reject_reason r USING (reason)",
        keys,
    )
    rejects = _summarise_rejects(con, reading)
    rejected = sum(reject.row_count for reject in rejects)
    con.unregister("incoming")
    con.unregister("refused")
    con.unregister("left_aside")
    kept = incoming.num_rows + reading.refused.num_rows - rejected
    return FileAccount(reading.rows_read, kept, rejected, reading.ignored.num_rows, rejects)


def _summarise_rejects(con: Connection, reading: FileReading) -> tuple[Rejected, ...]:
    rows = run_sql(con, "core/reject_summary").fetchall()
    return tuple(
        Rejected(reason, reading.titles.get(column, column) if column else None, *rest)
        for reason, column, *rest in rows
    )


def _layout_values(layout: Layout) -> dict[str, list[str] | bool]:
    """What the layout says of its cells; a list of formats may not be empty, and the one here is built in anyway."""
    return {
        "placeholders": layout.placeholders,
        "date_formats": layout.date_formats or ["%Y-%m-%d"],
        "negate": layout.sign.negate,
        "is_sided": any(rule.field == "direction" for rule in layout.sign.negative_if),
    }


def settle_core(con: Connection, settings: Settings, as_of: datetime) -> None:
    """Latest states and coverage, from everything that had come by then."""
    for name in ("core_change", "core_upstream__invoice", "core_ledger__entry"):
        run_sql(con, f"core/{name}", {"as_of": as_of})
    _load_scopes(con, settings)
    layouts = known_layouts(settings).values()
    values = {
        "as_of": as_of,
        "grace_hours": settings.sync_grace_hours,
        "plain_dated": [layout.name for layout in layouts if not layout.date_formats],
        "named": [layout.name for layout in layouts if layout.coverage == "file_name"],
    }
    run_sql(con, "core/core_upstream__coverage", values)
    run_sql(con, "core/core_upstream__unlisted", {"as_of": as_of})


def _load_scopes(con: Connection, settings: Settings) -> None:
    """Whom an upstream source can be asked for; `is_stated` where its settings leave no choice."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE source_scope "
        "(source_id VARCHAR, taxpayer_id VARCHAR, direction VARCHAR, is_stated BOOLEAN)"
    )
    scopes = [
        (source.id, taxpayer, direction, bool(source.taxpayer_id and source.direction))
        for source in settings.sources
        if source.side == Side.UPSTREAM
        for taxpayer in ([source.taxpayer_id] if source.taxpayer_id else [t.id for t in settings.taxpayers])
        for direction in ([str(source.direction)] if source.direction else ["input", "output"])
    ]
    if scopes:
        con.executemany("INSERT INTO source_scope VALUES (?, ?, ?, ?)", scopes)
