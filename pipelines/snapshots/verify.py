"""Prove a store: every byte against its sha256, every manifest against its child, the pointer against the newest.

What is proved: that what is there is what was written, as far as the chain from the pointer reaches. What is not: that
nobody who can write the store replaced the whole chain. Readers of Parquet let most flipped bits through as silently
different data, so the default reads every byte.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import EXIT_BAD_INPUT, EXIT_DONE, EXIT_INTEGRITY, IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.manifest import Manifest, Pointer

QUICK_NOTE = (
    "快速检查只看文件是否存在及大小，未读取内容：不能排除内容被改动或损坏 | "
    "The quick check looked at presence and size only and read no data file: it does not prove that their content is "
    "undamaged."
)
EMPTY_NOTE = "还没有快照，无从检查 | There is no snapshot: nothing was checked."


@dataclass(frozen=True)
class Damage:
    """One damaged thing: its path in the store, what is wrong, and every snapshot that needs it."""

    path: str
    problem: str
    snapshots: tuple[str, ...]


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is wrong. `notes` are remarks that are no damage: unreferenced or foreign files, an
    unfinished commit, what a quick check leaves open."""

    snapshots: tuple[str, ...]
    files: int
    bytes_read: int
    damages: tuple[Damage, ...]
    notes: tuple[str, ...]
    is_quick: bool

    @property
    def is_sound(self) -> bool:
        """At least one snapshot, and nothing wrong with any."""
        return bool(self.snapshots) and not self.damages

    @property
    def exit_code(self) -> int:
        """0 sound, 5 damaged, 3 nothing there to check."""
        if self.damages:
            return EXIT_INTEGRITY
        return EXIT_DONE if self.snapshots else EXIT_BAD_INPUT

    @property
    def damaged_snapshots(self) -> tuple[str, ...]:
        return tuple(sorted({found for damage in self.damages for found in damage.snapshots}))


def verify_snapshots(settings: Settings, *, quick: bool = False, only: list[str] | None = None) -> Verification:
    """Check the store. `only` restricts the data files to those of some snapshots, never chain and pointer.

    UsageError if `only` names an id that has no manifest. Damage is a value, never an exception.
    """
    ids = manifests.list_manifest_ids(settings)
    if unknown := sorted(set(only or []) - set(ids)):
        raise UsageError(
            "No such snapshot.", found=", ".join(unknown), expected=", ".join(ids[-10:]) or "none is there"
        )
    known, damages = _read_manifests(settings, ids)
    pointer, notes = _check_pointer(settings, ids, known, damages)
    _check_chain(known, ids, damages)
    wanted = [manifest for manifest in known.values() if not only or manifest.snapshot_id in only]
    files, bytes_read = _check_files(settings, wanted, damages, quick=quick)
    notes += _find_strangers(settings, known, ids, damages, pointer)
    checked = tuple(only or ids)
    notes += [QUICK_NOTE] if quick and ids else []
    notes += [] if ids or damages else [EMPTY_NOTE]
    return Verification(checked, files, bytes_read, tuple(damages), tuple(notes), quick)


def _read_manifests(settings: Settings, ids: list[str]) -> tuple[dict[str, Manifest], list[Damage]]:
    known: dict[str, Manifest] = {}
    damages: list[Damage] = []
    for snapshot_id in ids:
        try:
            known[snapshot_id] = manifests.read_manifest(settings, snapshot_id)
        except (IntegrityError, OSError) as error:
            damages.append(Damage(_manifest_name(snapshot_id), str(error).replace("\n", ";"), (snapshot_id,)))
    return known, damages


def _manifest_name(snapshot_id: str) -> str:
    return f"{store.MANIFESTS}/{snapshot_id}.json"


def _check_pointer(
    settings: Settings, ids: list[str], known: dict[str, Manifest], damages: list[Damage]
) -> tuple[Pointer | None, list[str]]:
    try:
        pointer = manifests.read_pointer(settings)
    except IntegrityError as error:
        damages.append(Damage(store.POINTER, str(error).replace("\n", ";"), tuple(ids[-1:])))
        return None, []
    if pointer is None:
        return None, _judge_missing_pointer(ids, known, damages)
    if pointer.snapshot_id not in ids:
        damages.append(
            Damage(_manifest_name(pointer.snapshot_id), "missing, the pointer names it", (pointer.snapshot_id,))
        )
        return pointer, []
    _check_manifest_hash(known, pointer.snapshot_id, pointer.manifest_sha256, store.POINTER, damages)
    return pointer, _judge_newer(ids, known, pointer, damages)


def _judge_missing_pointer(ids: list[str], known: dict[str, Manifest], damages: list[Damage]) -> list[str]:
    is_first_commit = len(ids) == 1 and all(manifest.document["parent"] is None for manifest in known.values())
    if is_first_commit:
        return [f"{ids[0]}: the run ended before the pointer was written; the next night replaces it."]
    if ids:
        damages.append(Damage(store.POINTER, "missing", tuple(ids)))
    return []


def _judge_newer(ids: list[str], known: dict[str, Manifest], pointer: Pointer, damages: list[Damage]) -> list[str]:
    """One child of the latest is an unfinished commit; more, or another parent, is a pointer that was turned back."""
    newer = [found for found in ids if found > pointer.snapshot_id]
    parents = [(known[found].document["parent"] or {}).get("manifest_sha256") for found in newer if found in known]
    if newer and parents == [pointer.manifest_sha256]:
        return [f"{newer[0]}: the run ended before the pointer was written; the next night replaces it."]
    if newer:
        damages.append(Damage(store.POINTER, f"stale: {pointer.snapshot_id}, but newer ones are there", tuple(newer)))
    return []


def _check_manifest_hash(
    known: dict[str, Manifest], snapshot_id: str, expected: str, said_by: str, damages: list[Damage]
) -> None:
    if snapshot_id in known and known[snapshot_id].sha256 != expected:
        problem = f"sha256 is {known[snapshot_id].sha256}, {said_by} says {expected}"
        damages.append(Damage(_manifest_name(snapshot_id), problem, (snapshot_id,)))


def _check_chain(known: dict[str, Manifest], ids: list[str], damages: list[Damage]) -> None:
    """Every parent is there with the hash that its child says, is older, and only the first has none."""
    for place, snapshot_id in enumerate(ids):
        if snapshot_id not in known:
            continue
        parent: dict[str, Any] | None = known[snapshot_id].document["parent"]
        expected = ids[place - 1] if place else None
        found = parent["snapshot_id"] if parent else None
        if found != expected:
            path = _manifest_name(found) if found and found not in ids else _manifest_name(snapshot_id)
            damages.append(
                Damage(path, f"chain broken: {snapshot_id} follows {found}, expected {expected}", (snapshot_id,))
            )
        elif parent:
            _check_manifest_hash(known, parent["snapshot_id"], parent["manifest_sha256"], snapshot_id, damages)


def _check_files(settings: Settings, wanted: list[Manifest], damages: list[Damage], *, quick: bool) -> tuple[int, int]:
    entries: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for manifest in wanted:
        for entry in manifest.files:
            entries[entry["path"]].append((manifest.snapshot_id, entry))
    with ThreadPoolExecutor(settings.threads) as pool:
        results = pool.map(lambda path: _look_at(settings.snapshot_dir / path, quick=quick), entries)
        for (path, claims), (size, sha256, rows) in zip(entries.items(), results, strict=True):
            for problem, snapshots in _compare(path, claims, size, sha256, rows).items():
                damages.append(Damage(path, problem, tuple(snapshots)))
    read = 0 if quick else sum(claims[0][1]["bytes"] for claims in entries.values())
    return len(entries), read


def _look_at(path: Path, *, quick: bool) -> tuple[int | None, str | None, int | str | None]:
    """Size (None if missing), sha256 and rows (None where not looked at; text if the file cannot be read)."""
    if not path.is_file():
        return None, None, None
    size = path.stat().st_size
    if quick:
        return size, None, None
    sha256 = store.hash_file(path)
    if path.suffix != ".parquet":
        return size, sha256, None
    try:
        return size, sha256, int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        return size, sha256, str(error).splitlines()[0]


def _compare(
    path: str, claims: list[tuple[str, dict[str, Any]]], size: int | None, sha256: str | None, rows: int | str | None
) -> dict[str, list[str]]:
    """Problems of one file with the snapshots that see each."""
    problems: dict[str, list[str]] = defaultdict(list)
    for snapshot_id, entry in claims:
        if problem := _judge_file(path, entry, size, sha256, rows):
            problems[problem].append(snapshot_id)
    return problems


def _judge_file(
    path: str, entry: dict[str, Any], size: int | None, sha256: str | None, rows: int | str | None
) -> str | None:
    if size is None:
        return "missing"
    if size != entry["bytes"]:
        return f"{size} bytes, expected {entry['bytes']}"
    if sha256 is not None and sha256 != entry["sha256"]:
        return f"sha256 is {sha256}, expected {entry['sha256']}"
    if Path(path).stem != entry["sha256"]:
        return f"the name does not carry the sha256 {entry['sha256']}"
    if rows is not None and rows != entry["rows"]:
        return f"{rows} rows, expected {entry['rows']}"
    return None


def _find_strangers(
    settings: Settings, known: dict[str, Manifest], ids: list[str], damages: list[Damage], pointer: Pointer | None
) -> list[str]:
    """Files that no manifest needs: noted; in a store without any manifest they are damage."""
    root = settings.snapshot_dir
    named = {entry["path"] for manifest in known.values() for entry in manifest.files}
    named |= {store.POINTER, *(_manifest_name(snapshot_id) for snapshot_id in ids)}
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} if root.is_dir() else set()
    strangers = sorted(there - named)
    kept = [path for path in strangers if not path.startswith(f"{store.INCOMING}/")]
    if kept and not ids and pointer is None:
        damages.append(Damage(store.MANIFESTS, f"no manifest, but {len(kept)} data files are there", ()))
    return [f"{path}: no snapshot needs it." for path in strangers]
