"""Fingerprints of what a snapshot keeps: taken from the night before only where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.model import LEDGER_ENTRY, TABLES
from pipelines.settings import Settings
from pipelines.snapshots.keep_table import known_parts
from pipelines.snapshots.manifest import Manifest, read_latest
from pipelines.snapshots.partition import Part, fingerprint_parts, prepare_periods
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import Connection, open_warehouse
from tests.unit.small_warehouse import FIRST, build_warehouse

NO_HASH = "md5sum:0:0"


@pytest.fixture
def latest(settings: Settings) -> Manifest:
    build_warehouse(settings)
    keep_night(settings, FIRST)
    found = read_latest(settings)
    assert found
    return found


@pytest.fixture
def con(latest: Manifest, settings: Settings) -> Iterator[Connection]:
    with open_warehouse(settings) as connection:
        prepare_periods(connection)
        yield connection


def without_hashes(latest: Manifest) -> dict[tuple[str, int, str], dict[str, str]]:
    """What is known of the ledger, each row hash replaced, so that one can see what was taken from there."""
    known = known_parts(latest, LEDGER_ENTRY.name) or {}
    return {key: {**entry, "row_hash": NO_HASH} for key, entry in known.items()}


def quick_hashes(con: Connection) -> dict[str, str]:
    return {part.period: part.quick_hash for part in fingerprint_parts(con, LEDGER_ENTRY)}


def taken(parts: list[Part]) -> list[str]:
    return [part.period for part in parts if part.row_hash == NO_HASH]


def test_what_is_known_and_what_is_computed_are_the_same(con: Connection, latest: Manifest) -> None:
    for table in TABLES:
        known = known_parts(latest, table.name)
        assert known is not None
        assert fingerprint_parts(con, table, known=known) == fingerprint_parts(con, table)


def test_only_months_in_which_a_cell_changed_are_computed_again(con: Connection, latest: Manifest) -> None:
    periods = [part.period for part in fingerprint_parts(con, LEDGER_ENTRY)]
    assert len(periods) > 1
    assert taken(fingerprint_parts(con, LEDGER_ENTRY, known=without_hashes(latest))) == periods
    con.execute(
        "UPDATE core_ledger__entry SET summary = 'corrected' WHERE strftime(posted_on, '%Y-%m') = ?", [periods[0]]
    )
    assert taken(fingerprint_parts(con, LEDGER_ENTRY, known=without_hashes(latest))) == periods[1:]


def test_the_quick_hash_sees_every_column(con: Connection) -> None:
    before = quick_hashes(con)
    others = {"DATE": "posted_on + 1", "TIMESTAMP": "observed_at + INTERVAL 1 SECOND"}
    first = "(SELECT min(record_id) FROM core_ledger__entry)"
    unseen = []
    for column in LEDGER_ENTRY.columns:
        con.execute("BEGIN")
        other = others.get(column.type, "90817")
        con.execute(f"UPDATE core_ledger__entry SET {column.name} = {other} WHERE record_id = {first}")
        unseen += [column.name] if quick_hashes(con) == before else []
        con.execute("ROLLBACK")
    assert unseen == []


def test_another_release_of_the_engine_computes_everything_again(latest: Manifest) -> None:
    latest.document["code"]["duckdb"] = "1.0.0"
    assert known_parts(latest, LEDGER_ENTRY.name) is None


def test_a_manifest_without_quick_hashes_is_computed_again(con: Connection, latest: Manifest) -> None:
    for entry in latest.parts_of(LEDGER_ENTRY.name):
        del entry["quick_hash"]
    assert taken(fingerprint_parts(con, LEDGER_ENTRY, known=without_hashes(latest))) == []
