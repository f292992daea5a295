"""What is said of a damaged thing in a store."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import IntegrityError
from pipelines.snapshots.manifest import Document


@dataclass(frozen=True)
class Damage:
    """One damaged thing: its path in the store, what is wrong, and every snapshot that needs it."""

    path: str
    problem: str
    snapshots: tuple[str, ...]


def require_hash(entry: Document, found: str | None) -> None:
    """IntegrityError unless the bytes of a file have the sha256 of its entry; None for a file that is not there."""
    if found != entry["sha256"]:
        raise IntegrityError(
            "快照的文件缺失或损坏 | A file of the snapshot is missing or damaged.",
            where=entry["path"],
            found=found or "no file",
            expected=f"sha256 {entry['sha256']}",
            next_step="从副本修复 | fapiao snapshot repair <copy>",
        )
