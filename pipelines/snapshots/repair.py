"""Heal a store from a copy: pointer, manifests and records back along the chain, then data files, each by its sha256.

Nothing is taken on trust: a file of the copy is used only if it has the hash that something undamaged says it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import EXIT_DONE, EXIT_INTEGRITY, IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import pruned, store
from pipelines.snapshots.chain import manifest_name, record_name
from pipelines.snapshots.far import FarChain, fetch_chain
from pipelines.snapshots.lock import hold_copying, hold_store
from pipelines.snapshots.manifest import Document, Manifest, Pointer
from pipelines.snapshots.pull import fetch_entry
from pipelines.snapshots.sealed import open_place
from pipelines.snapshots.signing import SUFFIX
from pipelines.snapshots.verify import Verification, verify_snapshots


@dataclass(frozen=True)
class Repaired:
    """Paths that were replaced, why others could not be, and what verify says afterwards."""

    url: str
    repaired: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    after: Verification

    @property
    def exit_code(self) -> int:
        """0 the store is sound now, 5 it is not."""
        return EXIT_DONE if self.after.is_sound and not self.failed else EXIT_INTEGRITY


@dataclass
class _Work:
    settings: Settings
    far: FarChain
    repaired: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def take(self, name: str) -> None:
        """Put a small file of the copy in place, its signature with it."""
        for part in (f"{name}{SUFFIX}", name):
            source = self.far.settings.snapshot_dir / part
            if source.is_file():
                store.write_durably(self.settings, self.settings.snapshot_dir / part, source.read_bytes())
        self.repaired.append(name)


def repair_store(settings: Settings, url: str) -> Repaired:
    """Fetch what is damaged or missing from a copy. UsageError if no copy lies there; damage that stays is a value."""
    place = open_place(url)
    with hold_copying(settings, "repair"), hold_store(settings, "repair"), fetch_chain(settings, place) as far:
        if far.chain.pointer is None:
            raise UsageError("那里没有快照的副本 | No copy of snapshots lies there.", where=url)
        work = _Work(settings, far)
        _repair_chain(work, far.chain.pointer)
        _repair_signatures(work)
        for entry in _damaged_entries(settings):
            problem = fetch_entry(settings, place, entry)
            if problem:
                work.failed.append((entry["path"], problem))
            else:
                work.repaired.append(entry["path"])
        after = verify_snapshots(settings)
    return Repaired(url, tuple(work.repaired), tuple(work.failed), after)


def _damaged_entries(settings: Settings) -> list[Document]:
    damaged = {damage.path for damage in verify_snapshots(settings).damages}
    known = [_read(settings, found) for found in manifests.list_manifest_ids(settings)]
    entries = {entry["path"]: entry for manifest in known if manifest for entry in manifest.files}
    return [entry for path, entry in entries.items() if path in damaged]


def _read(settings: Settings, snapshot_id: str) -> Manifest | None:
    try:
        return manifests.read_manifest(settings, snapshot_id)
    except IntegrityError:
        return None


def _repair_chain(work: _Work, far_head: Pointer) -> None:
    """From the newest snapshot back to the first: each says which hash the one before it has."""
    anchor = _find_anchor(work, far_head)
    wanted: Document | None = {"snapshot_id": anchor.snapshot_id, "manifest_sha256": anchor.manifest_sha256}
    while wanted is not None:
        found = _parent_of(work, str(wanted["snapshot_id"]), str(wanted["manifest_sha256"]))
        if found is None:
            work.failed.append((manifest_name(wanted["snapshot_id"]), "the copy has none with the hash that is needed"))
            return
        wanted = found["parent"]
    if _needs_pointer(work.settings, anchor):
        manifests.move_pointer(work.settings, manifests.read_manifest(work.settings, anchor.snapshot_id))
        work.repaired.append(store.POINTER)


def _needs_pointer(settings: Settings, anchor: Pointer) -> bool:
    try:
        return manifests.read_pointer(settings) != anchor
    except IntegrityError:
        return True


def _find_anchor(work: _Work, far_head: Pointer) -> Pointer:
    """The pointer, if it is whole and not older than the copy's; else the newest that the copy vouches for, which is
    its own head or a snapshot here that follows it."""
    try:
        own = manifests.read_pointer(work.settings)
    except IntegrityError:
        own = None
    if own is not None and own.snapshot_id >= far_head.snapshot_id:
        return own
    for snapshot_id in reversed(manifests.list_manifest_ids(work.settings)):
        manifest = _read(work.settings, snapshot_id)
        parent = manifest.document["parent"] if manifest else None
        if manifest and parent and parent["manifest_sha256"] == far_head.manifest_sha256:
            return Pointer(snapshot_id, manifest.sha256)
    return far_head


def _parent_of(work: _Work, snapshot_id: str, sha256: str) -> Document | None:
    """`{"parent": ...}` of a snapshot with that hash, after healing its manifest or record; None if nowhere whole."""
    settings, far = work.settings, work.far
    manifest, record = _read(settings, snapshot_id), _read_record(settings, snapshot_id)
    if manifest and manifest.sha256 == sha256:
        return {"parent": manifest.document["parent"]}
    if record and record.manifest_sha256 == sha256:
        return {"parent": record.parent}
    if far.chain.hash_of(snapshot_id) != sha256:
        return None
    work.take(manifest_name(snapshot_id) if snapshot_id in far.chain.known else record_name(snapshot_id))
    return {"parent": far.chain.parent_of(snapshot_id)}


def _repair_signatures(work: _Work) -> None:
    """Take the copy's signature of the same bytes where ours is another, if the copy's chain is sound."""
    for snapshot_id in [] if work.far.chain.damages else work.far.chain.known:
        name = manifest_name(snapshot_id)
        own, other = (root.snapshot_dir / name for root in (work.settings, work.far.settings))
        signatures = [_bytes_of(path.with_name(path.name + SUFFIX)) for path in (own, other)]
        if _bytes_of(own) == _bytes_of(other) and signatures[1] is not None and signatures[0] != signatures[1]:
            work.take(name)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _read_record(settings: Settings, snapshot_id: str) -> pruned.Record | None:
    try:
        return pruned.read_record(settings, snapshot_id)
    except (IntegrityError, FileNotFoundError):
        return None
