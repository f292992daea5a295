"""Killed at any touch of the disk: what was kept stays whole, and doing it again ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.publish import publish_night
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots.pull import verify_copy
from pipelines.snapshots.push import push_store
from pipelines.snapshots.read import open_snapshot, read_table, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import connect, open_warehouse
from tests.faults import operations
from tests.faults.killed_anywhere import run_killed
from tests.faults.operations import settings_of
from tests.unit.previous_format import build_previous
from tests.unit.small_warehouse import FIRST, SECOND, add_entry, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"
POINTS = {
    "keep": 20,
    "prune": 40,
    "prune_far": 30,
    "push": 40,
    "pull": 40,
    "repair": 40,
    "restore": 10,
    "restore_over_live": 10,
    "publish": 30,
    "migrate": 30,
}
"""How many random points of each operation are tried, or all if it has fewer: some 250 in all."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`first`: one night kept and a second one ready; `second`: both kept and pushed."""
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    settings = settings_of(first)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")
    shutil.copytree(first / "data", second / "data")
    operations.keep(second)
    publish_night(settings_of(second), FIRST)
    build_previous(settings_of(second, "previous"))
    push_store(settings_of(second), str(second / "copies"))
    return {"first": first, "second": second}


def damage_some(root: Path) -> None:
    """A manifest, the pointer and a data file."""
    settings = settings_of(root)
    path = settings.snapshot_dir / open_snapshot(settings, TWO).files_of("recon__item")[0]["path"]
    path.write_bytes(b"?")
    (settings.snapshot_dir / "manifests" / f"{ONE}.json").unlink()
    (settings.snapshot_dir / "LATEST").write_bytes(b"?")


def forget_copies(root: Path) -> None:
    shutil.rmtree(root / "copies")


def leave(root: Path) -> None:
    assert root.is_dir()


OPERATIONS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "keep": ("first", leave),
    "prune": ("second", leave),
    "prune_far": ("second", operations.prune),
    "push": ("second", forget_copies),
    "pull": ("second", leave),
    "repair": ("second", damage_some),
    "restore": ("second", leave),
    "restore_over_live": ("second", leave),
    "publish": ("second", leave),
    "migrate": ("second", leave),
}
"""Operation -> what it starts from, and what is done to that before."""


def start(prepared: dict[str, Path], operation: str, root: Path) -> Path:
    source, change = OPERATIONS[operation]
    shutil.copytree(prepared[source], root)
    change(root)
    return root


def check_after_kill(operation: str, root: Path) -> None:
    """What must hold the moment after the kill."""
    settings = settings_of(root)
    if operation == "pull":
        assert (
            manifests.read_pointer(settings_of(root, "pulled")) is None
            or verify_snapshots(settings_of(root, "pulled")).is_sound
        )
    elif operation in ("push", "prune_far"):
        copy = verify_copy(settings, str(root / "copies"))
        assert not copy.damages
    elif operation.startswith("restore"):
        target = root / ("restored" if operation == "restore" else "data") / "warehouse" / "recon.duckdb"
        if operation == "restore_over_live" or target.exists():
            assert count_entries(target) == 6
    elif operation == "publish":
        assert shown_night(settings) in (FIRST.night_id, SECOND.night_id)
    elif operation == "migrate":
        assert count_rows_of(settings_of(root, "previous").warehouse_path, "core_upstream__sighting") == 1
    if operation != "repair":
        assert verify_snapshots(settings).is_sound
        assert read_table(settings, "latest", "core_ledger__entry").num_rows in (5, 6)


def count_entries(path: Path) -> int:
    return count_rows_of(path, "core_ledger__entry")


def count_rows_of(path: Path, table: str) -> int:
    return int(select_value(path, f"SELECT count(*) FROM {table}"))


def select_value(path: Path, sql: str) -> str:
    con = connect(path, settings_of(path.parent), read_only=True)
    try:
        (found,) = con.execute(sql).fetchone() or (None,)
    finally:
        con.close()
    return str(found)


def shown_night(settings: Settings) -> str:
    return select_value(settings.published_path, "SELECT night_id FROM out__night")


def describe_databases(root: Path) -> dict[str, object]:
    """What readers see, whether the night is marked, and what a migration left."""
    settings, previous = settings_of(root), settings_of(root, "previous")
    marked = select_value(settings.warehouse_path, "SELECT count(*) FROM night__run WHERE is_published")
    copies = list(previous.warehouse_path.parent.glob("before-*"))
    tables = select_value(previous.warehouse_path, "SELECT list(table_name ORDER BY table_name) FROM duckdb_tables()")
    rows = {path.name[:6]: count_rows_of(path, "core_upstream__sighting") for path in copies}
    left = [path.name[:8] for folder in (settings, previous) for path in folder.data_root.rglob(".*copying*")]
    beside = sorted(path.name for path in settings.published_path.parent.iterdir())
    return {"shown": shown_night(settings), "marked": marked, "tables": tables, "before": rows, "left": [left, beside]}


def describe(root: Path) -> dict[str, object]:
    """The state that an operation ends in, moments and leftovers of time left out."""
    found: dict[str, object] = {}
    for name in ("data", "pulled"):
        settings = settings_of(root, name)
        for path in settings.snapshot_dir.rglob("*"):
            relative = str(path.relative_to(root))
            if path.is_file() and path.name not in ("LOCK", "COPYING", "LATEST") and "manifests" not in path.parts:
                found[relative] = path.stat().st_size
        found[f"{name} ids"] = manifests.list_manifest_ids(settings)
    copies = root / "copies"
    names = (
        {str(path.relative_to(copies)) for path in copies.rglob("*") if path.is_file()} if copies.exists() else set()
    )
    found["copies"] = names
    found["half built"] = sorted(path.name for path in root.rglob(".restoring.*"))
    if settings_of(root).published_path.exists():
        found |= describe_databases(root)
    restored = root / "restored" / "warehouse" / "recon.duckdb"
    found["restored"] = count_entries(restored) if restored.exists() else None
    return found


@pytest.fixture(scope="module")
def undisturbed(
    prepared: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, dict[str, object]]]:
    """Touches and end state of each operation that nobody kills."""
    ends = {}
    for operation in OPERATIONS:
        root = start(prepared, operation, tmp_path_factory.mktemp(operation) / "root")
        code, touches = run_killed(operation, root)
        assert code == 0, operation
        ends[operation] = (touches, describe(root))
    return ends


@pytest.mark.timeout(900)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_anywhere_nothing_is_lost_and_the_next_run_ends_the_same(
    operation: str,
    prepared: dict[str, Path],
    undisturbed: dict[str, tuple[int, dict[str, object]]],
    tmp_path: Path,
) -> None:
    touches, end = undisturbed[operation]
    # Threads that make the same folder at once make it once or twice: the count is not exact.
    touches = int(touches * 0.95) if operation in ("push", "pull") else touches
    assert touches > 10
    chance = random.Random(operation)  # noqa: S311 - places to die at, no secret
    for k in sorted(chance.sample(range(1, touches + 1), min(POINTS[operation], touches))):
        root = start(prepared, operation, tmp_path / str(k))
        assert run_killed(operation, root, k)[0] == -9, f"{operation} at {k} of {touches}"
        check_after_kill(operation, root)
        is_done = operation == "restore" and (root / "restored" / "warehouse" / "recon.duckdb").exists()
        if not is_done:
            getattr(operations, operation)(root)

        assert describe(root) == end, f"{operation} at {k} of {touches}"
        assert verify_snapshots(settings_of(root)).is_sound
        shutil.rmtree(root)
