"""Check what makes single snapshots a history: manifests, their hashes in each other, signatures, the pointer.

Names sort in the order of writing. Every snapshot follows the one before it, which is there as a manifest or, pruned,
as a record of it; the pointer names the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pipelines.errors import IntegrityError
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import pruned, signing, store
from pipelines.snapshots.damage import Damage
from pipelines.snapshots.manifest import Document, Manifest, Pointer
from pipelines.snapshots.pruned import Record

UNCHECKED_SIGNATURES_NOTE = (
    "有签名，但没有配置公钥，未核对 | There are signatures, but no public key is configured: they were not checked "
    f"({signing.PUBLIC_KEYS})."
)


@dataclass
class Chain:
    """What was read: manifests and records that are whole, by id; the ids of all that are there, also damaged ones."""

    ids: list[str]
    record_ids: list[str]
    known: dict[str, Manifest] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    pointer: Pointer | None = None
    damages: list[Damage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_damage(self, path: str, problem: str, *snapshots: str) -> None:
        self.damages.append(Damage(path, problem, snapshots))

    @property
    def order(self) -> list[str]:
        """Ids of all that was ever kept, as far as something is left of it."""
        return sorted({*self.ids, *self.record_ids})

    def hash_of(self, snapshot_id: str) -> str | None:
        """sha256 of a manifest, also of a pruned one; None if unknown."""
        if snapshot_id in self.known:
            return self.known[snapshot_id].sha256
        return self.records[snapshot_id].manifest_sha256 if snapshot_id in self.records else None

    def parent_of(self, snapshot_id: str) -> Document | None:
        if snapshot_id in self.known:
            parent: Document | None = self.known[snapshot_id].document["parent"]
            return parent
        return self.records[snapshot_id].parent


def manifest_name(snapshot_id: str) -> str:
    return f"{store.MANIFESTS}/{snapshot_id}.json"


def record_name(snapshot_id: str) -> str:
    return f"{store.PRUNED}/{snapshot_id}.json"


def read_chain(settings: Settings) -> Chain:
    """Read and check everything but data files; damage is a value in it, never an exception."""
    chain = Chain(manifests.list_manifest_ids(settings), pruned.list_record_ids(settings))
    _read_documents(settings, chain)
    _check_pointer(settings, chain)
    _check_links(chain)
    _check_signatures(settings, chain)
    _note_future(chain)
    if unfinished := [found for found in chain.ids if found in chain.record_ids]:
        chain.notes.append(f"{', '.join(unfinished)}: 清理未完成 | being pruned: run `fapiao snapshot prune` again.")
    return chain


def _read_documents(settings: Settings, chain: Chain) -> None:
    for snapshot_id in chain.ids:
        try:
            chain.known[snapshot_id] = manifests.read_manifest(settings, snapshot_id)
        except (IntegrityError, OSError) as error:
            chain.add_damage(manifest_name(snapshot_id), _in_one_line(error), snapshot_id)
    for snapshot_id in chain.record_ids:
        try:
            chain.records[snapshot_id] = pruned.read_record(settings, snapshot_id)
        except (IntegrityError, OSError) as error:
            chain.add_damage(record_name(snapshot_id), _in_one_line(error), *_child_of(chain, snapshot_id))


def _in_one_line(error: Exception) -> str:
    return str(error).replace("\n", ";")


def _child_of(chain: Chain, snapshot_id: str) -> list[str]:
    """The next snapshot that is there: its chain is the one that breaks."""
    return [found for found in chain.ids if found > snapshot_id][:1]


def _check_pointer(settings: Settings, chain: Chain) -> None:
    try:
        chain.pointer = manifests.read_pointer(settings)
    except IntegrityError as error:
        chain.add_damage(store.POINTER, _in_one_line(error), *chain.ids[-1:])
        return
    if chain.pointer is None:
        _judge_missing_pointer(chain)
        return
    named = chain.pointer.snapshot_id
    if named not in chain.ids:
        _judge_lost_name(chain, chain.pointer)
        return
    _check_hash(chain, named, chain.pointer.manifest_sha256, store.POINTER)
    _judge_newer(chain, chain.pointer)


def _judge_missing_pointer(chain: Chain) -> None:
    is_first_commit = len(chain.order) == 1 and all(found.document["parent"] is None for found in chain.known.values())
    if is_first_commit:
        chain.notes.append(f"{chain.ids[0]}: the run ended before the pointer was written; the next night replaces it.")
    elif chain.ids:
        chain.add_damage(store.POINTER, "missing", *chain.ids)


def _judge_lost_name(chain: Chain, pointer: Pointer) -> None:
    """A pointer whose hash is that of another manifest is damaged itself; else the manifest that it names is gone."""
    meant = [found for found in chain.known if chain.hash_of(found) == pointer.manifest_sha256]
    if meant:
        chain.add_damage(store.POINTER, f"names {pointer.snapshot_id}, but its hash is that of {meant[0]}", *meant)
    else:
        name = pointer.snapshot_id
        chain.add_damage(manifest_name(name), "missing, the pointer names it", name, *chain.ids[-1:])


def _judge_newer(chain: Chain, pointer: Pointer) -> None:
    """One child of the latest is an unfinished commit; more, or another parent, is a pointer that was turned back."""
    newer = [found for found in chain.ids if found > pointer.snapshot_id]
    parents = [(chain.parent_of(found) or {}).get("manifest_sha256") for found in newer if found in chain.known]
    if newer and parents == [pointer.manifest_sha256]:
        chain.notes.append(f"{newer[0]}: the run ended before the pointer was written; the next night replaces it.")
    elif newer:
        problem = f"stale: {pointer.snapshot_id}, but newer ones are there"
        chain.add_damage(store.POINTER, problem, *newer)


def _check_hash(chain: Chain, snapshot_id: str, expected: str, said_by: str) -> None:
    found = chain.hash_of(snapshot_id)
    if found is not None and found != expected:
        is_there = snapshot_id in chain.known
        path = manifest_name(snapshot_id) if is_there else record_name(snapshot_id)
        chain.add_damage(path, f"sha256 is {found}, {said_by} says {expected}", snapshot_id if is_there else said_by)


def _check_links(chain: Chain) -> None:
    """Every parent is the one before, with the hash that its child says; only the first has none."""
    order = chain.order
    for place, snapshot_id in enumerate(order):
        if chain.hash_of(snapshot_id) is None:
            continue
        parent = chain.parent_of(snapshot_id)
        expected, found = order[place - 1] if place else None, parent["snapshot_id"] if parent else None
        if found != expected:
            lost = found if found and found not in order else snapshot_id
            path = record_name(lost) if lost in chain.records else manifest_name(lost)
            chain.add_damage(path, f"chain broken: {snapshot_id} follows {found}, expected {expected}", snapshot_id)
        elif parent:
            _check_hash(chain, parent["snapshot_id"], parent["manifest_sha256"], snapshot_id)


def _check_signatures(settings: Settings, chain: Chain) -> None:
    """With a key configured: a signature that is there is right, and once signing began nothing is unsigned.

    A manifest older than the first signature is proved by the hashes in what is signed after it. A record of pruning is
    not: its manifest is gone, so every record needs a signature of its own.
    """
    keys = signing.load_public_keys()
    signed_files = {found: _signature_of(settings, chain, found) for found in chain.order}
    if not keys:
        chain.notes += [UNCHECKED_SIGNATURES_NOTE] if any(signed_files.values()) else []
        return
    began = next((found for found, signature in signed_files.items() if signature), None)
    for snapshot_id, signature in signed_files.items():
        content = _signed_content(settings, chain, snapshot_id)
        is_there = snapshot_id in chain.ids
        path = manifest_name(snapshot_id) if is_there else record_name(snapshot_id)
        if signature is None and (not is_there or began is None or snapshot_id > began):
            chain.add_damage(path, "not signed, though a key is configured", snapshot_id)
        elif signature is not None and not signing.is_signed_by(keys, content, signature):
            chain.add_damage(path, "the signature is of no configured key, or the file was altered", snapshot_id)


def _note_future(chain: Chain) -> None:
    """A clock that was wrong harms no byte, but the policy of pruning goes by these moments."""
    latest = (beijing_now() + timedelta(hours=1)).isoformat()
    for snapshot_id, manifest in chain.known.items():
        if manifest.document["created_at"] > latest:
            moment = manifest.document["created_at"]
            chain.notes.append(
                f"{snapshot_id}: 写入时间在未来 | written in the future ({moment}): was the clock right?"
            )


def _signed_path(settings: Settings, chain: Chain, snapshot_id: str) -> Path:
    is_there = snapshot_id in chain.ids
    return (manifests.manifest_path if is_there else pruned.record_path)(settings, snapshot_id)


def _signature_of(settings: Settings, chain: Chain, snapshot_id: str) -> bytes | None:
    path = signing.signature_path(_signed_path(settings, chain, snapshot_id))
    return path.read_bytes() if path.is_file() else None


def _signed_content(settings: Settings, chain: Chain, snapshot_id: str) -> bytes:
    return _signed_path(settings, chain, snapshot_id).read_bytes()
