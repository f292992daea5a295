"""Killed at each named step of prune, push, a copy's prune and a migration: nothing is lost, the next run ends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.migrate import migrate_root
from pipelines.model import table_named
from pipelines.settings import Settings
from pipelines.snapshots.pull import verify_copy
from pipelines.snapshots.push import push_store
from pipelines.snapshots.read import list_snapshots, read_table, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import connect, open_warehouse, read_version
from tests.faults import operations
from tests.faults.operations import settings_of
from tests.faults.test_snapshot_killed import die
from tests.unit.previous_format import build_previous
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


@pytest.fixture(scope="module")
def two_kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`data` with two nights kept, `copies` with both, `previous` with a database of the first version."""
    root = tmp_path_factory.mktemp("kept")
    settings = settings_of(root)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")
    keep_night(settings, SECOND)
    push_store(settings, str(root / "copies"))
    build_previous(settings_of(root, "previous"))
    return root


@pytest.fixture
def root(two_kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(two_kept, tmp_path / "root")
    return tmp_path / "root"


def ids_of(settings: Settings) -> list[str]:
    return [info.snapshot_id for info in list_snapshots(settings)]


@pytest.mark.parametrize("step", ["before_record", "after_record", "before_manifest_goes", "after_manifest_goes"])
def test_a_kill_while_pruning_keeps_the_newest_whole_and_the_next_prune_ends_it(root: Path, step: str) -> None:
    settings = settings_of(root)
    die(settings, "prune", step)
    assert verify_snapshots(settings).is_sound
    assert read_table(settings, TWO, "core_ledger__entry").num_rows == 6
    operations.prune(root)
    assert ids_of(settings) == [TWO]
    assert verify_snapshots(settings).is_sound


@pytest.mark.parametrize(
    ("step", "count"),
    [("before_nth_upload", 1), ("after_nth_upload", 5), ("before_head", 1), ("after_head", 1), ("before_head", 2)],
)
def test_a_kill_while_pushing_damages_no_copy_and_the_next_push_ends_it(root: Path, step: str, count: int) -> None:
    settings, copies = settings_of(root), root / "copies"
    shutil.rmtree(copies)
    die(settings, "push", step, count)
    assert not verify_copy(settings, str(copies)).damages
    operations.push(root)
    found = verify_copy(settings, str(copies))
    assert (found.is_sound, found.snapshots) == (True, (ONE, TWO))
    assert not list((copies / "incoming").glob("*"))


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("before_nth_upload", 1),
        ("after_nth_upload", 1),
        ("before_nth_far_file_goes", 1),
        ("after_nth_far_file_goes", 1),
        ("before_nth_far_file_goes", 4),
    ],
)
def test_a_kill_while_a_copy_is_pruned_leaves_it_sound_and_the_next_call_ends_it(
    root: Path, step: str, count: int
) -> None:
    settings, copies = settings_of(root), str(root / "copies")
    operations.prune(root)
    die(settings, "prune_far", step, count)
    assert verify_copy(settings, copies).is_sound
    operations.prune_far(root)
    found = verify_copy(settings, copies)
    assert (found.is_sound, found.snapshots, found.pruned) == (True, (TWO,), 1)
    assert not list(Path(copies, "incoming").glob("*"))


def ask(settings: Settings, question: Callable[..., object]) -> object:
    con = connect(settings.warehouse_path, settings, read_only=True)
    try:
        return question(con)
    finally:
        con.close()


def sighting_columns(settings: Settings) -> list[str]:
    sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'core_ledger__sighting' ORDER BY column_index"
    found = ask(settings, lambda con: [name for (name,) in con.execute(sql).fetchall()])
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    "step",
    [
        "before_old_database_copied",
        "after_old_database_copied",
        "before_tables_change",
        "while_tables_change",
        "before_tables_commit",
    ],
)
def test_a_kill_before_the_commit_of_a_migration_leaves_the_old_tables(root: Path, step: str) -> None:
    settings = settings_of(root, "previous")
    before = sighting_columns(settings)
    assert "received_at" not in before
    die(settings_of(root), "migrate", step)
    assert sighting_columns(settings) == before
    operations.migrate(root)
    assert set(sighting_columns(settings)) == set(table_named("core_ledger__sighting").column_names)
    assert len(list(settings.warehouse_path.parent.glob("before-*.duckdb"))) == 1


def test_a_kill_after_the_commit_of_a_migration_has_migrated(root: Path) -> None:
    settings = settings_of(root, "previous")
    die(settings_of(root), "migrate", "after_tables_commit")
    version = ask(settings, read_version)
    assert getattr(version, "is_current", None) is True
    assert migrate_root(settings) is None
