"""Take all files of one snapshot out of the store, to hand them over: no database is built and no program is needed."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.damage import require_hash
from pipelines.snapshots.manifest import Document
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.signing import signature_path


@dataclass(frozen=True)
class HandedOver:
    """Data files of the snapshot that lie in the folder now, beside its manifest, and their bytes."""

    snapshot_id: str
    folder: Path
    files: int
    bytes: int


def hand_over(settings: Settings, snapshot_id: str, folder: Path) -> HandedOver:
    """Copy manifest, tables, received files and configuration of a snapshot under their names, hashing what is copied;
    docs/snapshot-format.md says how they are read with nothing but Parquet and JSON.

    UsageError if the folder is there already. IntegrityError for a damaged or missing file: then no folder is left.
    """
    manifest = open_snapshot(settings, snapshot_id)
    if folder.exists():
        raise UsageError(
            "目标目录已存在，没有写入 | The target folder is there already; nothing was written.",
            where=folder,
            next_step="--into 另一个目录 | name another folder with --into",
        )
    store.make_folder(folder.absolute().parent)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        for name in {Path(entry["path"]).parent for entry in manifest.files}:
            (draft / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        with ThreadPoolExecutor(settings.threads) as pool:
            sizes = list(pool.map(lambda entry: _copy(settings, entry, draft), manifest.files))
        _copy_manifest(settings, manifest.snapshot_id, draft)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return HandedOver(manifest.snapshot_id, folder, len(sizes), sum(sizes))


def _copy(settings: Settings, entry: Document, draft: Path) -> int:
    source, target = settings.snapshot_dir / entry["path"], draft / entry["path"]
    require_hash(entry, store.copy_hashed(source, target) if source.is_file() else None)
    size: int = entry["bytes"]
    return size


def _copy_manifest(settings: Settings, snapshot_id: str, draft: Path) -> None:
    source = manifests.manifest_path(settings, snapshot_id)
    target = draft / source.relative_to(settings.snapshot_dir)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (source, signature_path(source)):
        if path.is_file():
            shutil.copyfile(path, target.with_name(path.name))
