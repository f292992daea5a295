"""Snapshots of another version of our tables: read, compared, restored with a note, or refused with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.errors import IntegrityError
from pipelines.model import TABLES, Column, Table
from pipelines.settings import Settings
from pipelines.snapshots import write
from pipelines.snapshots.compare import diff_snapshots
from pipelines.snapshots.extract import extract_rows
from pipelines.snapshots.read import read_table, verify_snapshots
from pipelines.snapshots.restore import restore_snapshot
from pipelines.warehouse import connect, open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


def without(table: Table, name: str) -> Table:
    return replace(table, columns=tuple(column for column in table.columns if column.name != name))


def keep_both(settings: Settings, monkeypatch: pytest.MonkeyPatch, older: tuple[Table, ...]) -> None:
    """One night by a version with other tables, the next by this one."""
    build_warehouse(settings)
    with monkeypatch.context() as patch:
        patch.setattr(write, "TABLES", older)
        write.keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        con.execute("UPDATE recon__item SET difference_cny = 30.00 WHERE item_id = 'item2'")
    write.keep_night(settings, SECOND)


def lacking(table: str, column: str) -> tuple[Table, ...]:
    return tuple(without(found, column) if found.name == table else found for found in TABLES)


def test_an_older_snapshot_without_an_optional_column_is_read_compared_and_restored(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_both(settings, monkeypatch, lacking("recon__item", "due_on"))
    assert verify_snapshots(settings).is_sound
    assert "due_on" not in read_table(settings, ONE, "recon__item").column_names
    (_, _, items) = diff_snapshots(settings, ONE, TWO).tables
    assert [(change.record_id, change.columns) for change in items.changes] == [("item2", ("difference_cny",))]
    restored = restore_snapshot(settings, ONE, tmp_path / "new")
    assert any("recon__item.due_on" in note for note in restored.notes)
    con = connect(tmp_path / "new" / "warehouse" / "recon.duckdb", settings, read_only=True)
    assert con.execute("SELECT count(*), count(due_on) FROM recon__item").fetchone() == (6, 0)
    con.close()


def test_rows_are_taken_out_in_the_shape_that_they_were_kept_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_both(settings, monkeypatch, lacking("recon__item", "due_on"))
    ((path, rows),) = extract_rows(settings, ONE, tmp_path / "out", "recon__item").files
    assert rows == 6
    assert "due_on" not in pq.read_schema(path).names


def test_a_snapshot_without_a_column_that_must_have_a_value_is_not_restored(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_both(settings, monkeypatch, lacking("recon__item", "basis"))
    with pytest.raises(IntegrityError, match="basis"):
        restore_snapshot(settings, ONE, tmp_path / "new")
    assert not (tmp_path / "new" / "warehouse" / "recon.duckdb").exists()


def test_a_table_and_a_column_that_are_no_more_are_left_out_with_a_note(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_warehouse(settings)
    with open_warehouse(settings) as con:
        con.execute("CREATE TABLE old_table (id VARCHAR)")
        con.execute("INSERT INTO old_table VALUES ('x')")
        con.execute("ALTER TABLE recon__item ADD COLUMN old_column VARCHAR")
    old_table = Table("old_table", "alt | old", (Column("id", "VARCHAR", "x", True),), key=("id",))
    wider = tuple(
        replace(found, columns=(*found.columns, Column("old_column", "VARCHAR", "x")))
        if found.name == "recon__item"
        else found
        for found in TABLES
    )
    monkeypatch.setattr(write, "TABLES", (*wider, old_table))
    write.keep_night(settings, FIRST)
    notes = " ".join(restore_snapshot(settings, ONE, tmp_path / "new").notes)
    assert "old_table" in notes
    assert "recon__item.old_column" in notes


def test_a_comparison_without_the_columns_that_it_shows_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_both(settings, monkeypatch, lacking("recon__item", "difference_cny"))
    with pytest.raises(IntegrityError, match="difference_cny"):
        diff_snapshots(settings, ONE, TWO)
