"""Holds: single snapshots that no policy may prune, because of an audit, a dispute or a year-end."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import UsageError
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import pruned, store
from pipelines.snapshots.held import hold_path, list_holds
from pipelines.snapshots.lock import hold_store
from pipelines.snapshots.manifest import write_canonical
from pipelines.snapshots.read import open_snapshot


def hold_snapshot(settings: Settings, snapshot_id: str, why: str) -> str:
    """Keep a snapshot from being pruned; its id. UsageError for an unknown one or an empty reason."""
    if not why.strip():
        raise UsageError(
            "保留快照须说明原因 | A hold needs a reason.",
            where="--why",
            expected="为何必须保留、依谁的要求 | why it must stay, and on whose word",
        )
    with hold_store(settings, "hold"):
        found = open_snapshot(settings, snapshot_id).snapshot_id
        if pruned.record_path(settings, found).exists():
            raise UsageError(
                "该快照已在清理中 | This snapshot is being pruned already.",
                found=found,
                next_step="换一个快照保留 | hold another one",
            )
        content = write_canonical({"snapshot_id": found, "why": why.strip(), "since": beijing_now().isoformat()})
        store.write_durably(settings, hold_path(settings, found), content)
    return found


def release_snapshot(settings: Settings, snapshot_id: str) -> str:
    """End a hold; the id. UsageError if there is none."""
    with hold_store(settings, "release"):
        path = hold_path(settings, snapshot_id)
        if Path(snapshot_id).name != snapshot_id or not path.is_file():
            known = ", ".join(list_holds(settings)) or "没有被保留的快照 | none is held"
            raise UsageError("该快照没有保留标记 | This snapshot is not held.", found=snapshot_id, expected=known)
        path.unlink()
        store.sync_folder(path.parent)
    return snapshot_id
