"""What may be killed: each takes the folder that holds `data` and, for copies, `copies`."""

from __future__ import annotations

from pathlib import Path

from pipelines.migrate import migrate_root
from pipelines.publish import publish_night
from pipelines.settings import Settings
from pipelines.snapshots.far_prune import prune_copy
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.pull import pull_store
from pipelines.snapshots.push import push_store
from pipelines.snapshots.repair import repair_store
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.write import keep_night
from tests.unit.small_warehouse import SECOND


def settings_of(root: Path, name: str = "data") -> Settings:
    return Settings(data_root=root / name, threads=2)


def keep(root: Path) -> None:
    keep_night(settings_of(root), SECOND)


def prune(root: Path) -> None:
    prune_snapshots(settings_of(root), Policy(daily=1))


def push(root: Path) -> None:
    push_store(settings_of(root), str(root / "copies"))


def prune_far(root: Path) -> None:
    prune_copy(settings_of(root), str(root / "copies"), dry_run=False)


def pull(root: Path) -> None:
    pull_store(settings_of(root, "pulled"), str(root / "copies"))


def repair(root: Path) -> None:
    repair_store(settings_of(root), str(root / "copies"))


def restore(root: Path) -> None:
    restore_snapshot(settings_of(root), "latest", root / "restored")


def restore_over_live(root: Path) -> None:
    restore_snapshot(settings_of(root), "latest", over_live=True)


def publish(root: Path) -> None:
    publish_night(settings_of(root), SECOND)


def migrate(root: Path) -> None:
    migrate_root(settings_of(root, "previous"))
