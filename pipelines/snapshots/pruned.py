"""What is left of a pruned snapshot: a small record that keeps the chain of hashes closed over the gap.

A snapshot that is gone without a record is damage; one that is gone with a record is named as pruned. Records are
written before anything is removed, are never removed, and are signed like manifests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import IntegrityError
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import signing, store
from pipelines.snapshots.manifest import FORMAT, SMALL_VERSION, Document, Manifest, write_canonical


@dataclass(frozen=True)
class Record:
    """`content` is the file as stored; `manifest_sha256` and `parent` are those of the pruned manifest."""

    snapshot_id: str
    manifest_sha256: str
    parent: Document | None
    content: bytes


def record_path(settings: Settings, snapshot_id: str) -> Path:
    return settings.snapshot_dir / store.PRUNED / f"{snapshot_id}.json"


def list_record_ids(settings: Settings) -> list[str]:
    """Ids of pruned snapshots, oldest first."""
    return sorted(path.stem for path in (settings.snapshot_dir / store.PRUNED).glob("*.json"))


def write_record(settings: Settings, manifest: Manifest, policy: str) -> None:
    """Note durably that a snapshot is pruned, by which policy, and what it was."""
    document = {
        "format": FORMAT,
        "format_version": SMALL_VERSION,
        "snapshot_id": manifest.snapshot_id,
        "night_id": manifest.night_id,
        "as_of": manifest.document["as_of"],
        "manifest_sha256": manifest.sha256,
        "parent": manifest.document["parent"],
        "pruned_at": beijing_now().isoformat(),
        "policy": policy,
    }
    store.write_signed(settings, record_path(settings, manifest.snapshot_id), write_canonical(document), signing.sign)


def read_record(settings: Settings, snapshot_id: str) -> Record:
    """IntegrityError if the record is not exactly as it was written."""
    path = record_path(settings, snapshot_id)
    content = path.read_bytes()
    try:
        document = json.loads(content)
        is_whole = content == write_canonical(document) and document["snapshot_id"] == snapshot_id
        record = Record(snapshot_id, str(document["manifest_sha256"]), document["parent"], content)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)) from None
    if not is_whole:
        raise _damaged(path, "内容与写入时不同 | other bytes than were written")
    return record


def _damaged(path: Path, found: str) -> IntegrityError:
    return IntegrityError(
        "已清理快照的记录已损坏 | The record of a pruned snapshot is damaged.", where=path, found=found
    )
