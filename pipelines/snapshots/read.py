"""Read a store: which snapshots there are, whether they are whole, and the rows of one table."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots.damage import Damage
from pipelines.snapshots.held import list_holds
from pipelines.snapshots.kept_rows import read_rows
from pipelines.snapshots.manifest import Manifest
from pipelines.snapshots.verify import Verification, verify_snapshots

__all__ = [
    "Damage",
    "SnapshotInfo",
    "Verification",
    "list_snapshots",
    "open_snapshot",
    "read_table",
    "verify_snapshots",
]


@dataclass(frozen=True)
class SnapshotInfo:
    """One line of the list. `problem` is set, and the rest is empty, where the manifest cannot be read.

    `hold` is the reason why it may not be pruned. `size_bytes` is what the snapshot needs, `bytes_added` what the one
    listed before it does not need already; both with its manifest.
    """

    snapshot_id: str
    night_id: str | None = None
    as_of: str | None = None
    created_at: str | None = None
    files: int = 0
    rows: int = 0
    size_bytes: int = 0
    bytes_added: int = 0
    rules_warned: int = 0
    rules_stopped: int = 0
    rules: int = 0
    is_latest: bool = False
    problem: str | None = None
    hold: str | None = None


def list_snapshots(settings: Settings) -> list[SnapshotInfo]:
    """All snapshots, oldest night first; empty for an empty store. A damaged manifest is listed with its problem."""
    latest, holds = _latest_id(settings), list_holds(settings)
    infos: list[SnapshotInfo] = []
    known: set[str] = set()
    for snapshot_id in manifests.list_manifest_ids(settings):
        try:
            manifest = manifests.read_manifest(settings, snapshot_id)
        except IntegrityError as error:
            infos.append(SnapshotInfo(snapshot_id, problem=f"{error.message} {error.found or ''}".strip()))
            continue
        own = manifests.manifest_path(settings, snapshot_id).stat().st_size
        infos.append(_describe(manifest, own, known, is_latest=snapshot_id == latest, hold=holds.get(snapshot_id)))
        known = {entry["path"] for entry in manifest.files}
    return infos


def _latest_id(settings: Settings) -> str | None:
    """The id in the pointer, None if it is damaged: the list is still worth showing, and `verify` names the damage."""
    try:
        pointer = manifests.read_pointer(settings)
    except IntegrityError:
        return None
    return pointer.snapshot_id if pointer else None


def _describe(manifest: Manifest, own: int, known: set[str], *, is_latest: bool, hold: str | None) -> SnapshotInfo:
    document, files = manifest.document, manifest.files
    return SnapshotInfo(
        snapshot_id=manifest.snapshot_id,
        night_id=manifest.night_id,
        as_of=document["as_of"],
        created_at=document["created_at"],
        files=len(files),
        rows=manifest.rows,
        size_bytes=own + sum(entry["bytes"] for entry in files),
        bytes_added=own + sum(entry["bytes"] for entry in files if entry["path"] not in known),
        rules_warned=document["audit"]["warned"],
        rules_stopped=document["audit"]["stopped"],
        rules=document["audit"]["rules"],
        is_latest=is_latest,
        hold=hold,
    )


def open_snapshot(settings: Settings, snapshot_id: str) -> Manifest:
    """The manifest of one snapshot; `latest` names the newest. UsageError for an unknown id, listing the known ones."""
    known = manifests.list_manifest_ids(settings)
    if not known:
        raise UsageError(
            "还没有快照 | There is no snapshot yet.",
            where=settings.snapshot_dir,
            next_step="运行 `fapiao nightly` 或 `fapiao demo` | `fapiao nightly` or `fapiao demo` makes one",
        )
    if snapshot_id == "latest":
        latest = manifests.read_latest(settings)
        if latest is not None:
            return latest
    elif snapshot_id in known:
        return manifests.read_manifest(settings, snapshot_id)
    raise UsageError(
        "没有这个快照 | No such snapshot.", found=snapshot_id, expected=", ".join(["latest", *known[-10:]])
    )


def read_table(settings: Settings, snapshot_id: str, table: str) -> pa.Table:
    """The rows of one table as a snapshot holds them, sorted by period and key, with the columns that it had.

    Page checksums are checked while reading, the files' sha256 are not: run `verify_snapshots` first if it matters.
    UsageError for an unknown snapshot or table, IntegrityError for a file that is missing or cannot be read.
    """
    manifest = open_snapshot(settings, snapshot_id)
    if table not in manifest.document["tables"]:
        raise UsageError(
            "快照中没有这张表 | No such table in the snapshot.",
            found=table,
            expected=", ".join(manifest.document["tables"]),
        )
    try:
        return read_rows(settings, manifest, table, manifest.parts_of(table))
    except (OSError, ValueError, KeyError) as error:
        raise IntegrityError(
            "快照的文件缺失或已损坏 | A file of the snapshot is missing or damaged.",
            where=f"{manifest.snapshot_id} {table}",
            found=str(error).splitlines()[0],
            next_step="运行 `fapiao snapshot verify` | run `fapiao snapshot verify`",
        ) from error
