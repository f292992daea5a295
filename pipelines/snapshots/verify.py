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

from pipelines.errors import EXIT_BAD_INPUT, EXIT_DONE, EXIT_INTEGRITY, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.chain import Chain, manifest_name, read_chain, record_name
from pipelines.snapshots.damage import Damage
from pipelines.snapshots.manifest import Manifest
from pipelines.snapshots.signing import SUFFIX

QUICK_NOTE = (
    "快速检查只看文件是否存在及大小，未读取内容：不能排除内容被改动或损坏 | "
    "The quick check looked at presence and size only and read no data file: it does not prove that their content is "
    "undamaged."
)
EMPTY_NOTE = "还没有快照，无从检查 | There is no snapshot: nothing was checked."


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is wrong. `notes` are remarks that are no damage: unreferenced or foreign files, an
    unfinished commit, what a quick check leaves open. `pruned` counts snapshots of which only a record is left."""

    snapshots: tuple[str, ...]
    files: int
    bytes_read: int
    damages: tuple[Damage, ...]
    notes: tuple[str, ...]
    is_quick: bool
    pruned: int = 0

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


def verify_snapshots(
    settings: Settings, *, quick: bool = False, only: list[str] | None = None, later: tuple[str, ...] = ()
) -> Verification:
    """Check the store. `only` restricts the data files to those of some snapshots, never chain and pointer. `later`:
    folders whose files are looked at as in a quick check, because the caller hashes each byte when it takes it.

    UsageError if `only` names an id that has no manifest. Damage is a value, never an exception.
    """
    ids = manifests.list_manifest_ids(settings)
    if unknown := sorted(set(only or []) - set(ids)):
        raise UsageError(
            "没有这个快照 | No such snapshot.",
            found=", ".join(unknown),
            expected=", ".join(ids[-10:]) or "none is there",
        )
    chain = read_chain(settings)
    wanted = [manifest for manifest in chain.known.values() if not only or manifest.snapshot_id in only]
    files, bytes_read = _check_files(settings, wanted, chain.damages, ("",) if quick else later)
    notes = [*chain.notes, *_find_strangers(settings, chain)]
    checked = tuple(only or ids)
    notes += [QUICK_NOTE] if quick and ids else []
    notes += [] if ids or chain.damages else [EMPTY_NOTE]
    return Verification(checked, files, bytes_read, tuple(chain.damages), tuple(notes), quick, len(chain.record_ids))


def _check_files(
    settings: Settings, wanted: list[Manifest], damages: list[Damage], unread: tuple[str, ...]
) -> tuple[int, int]:
    entries: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for manifest in wanted:
        for entry in manifest.files:
            entries[entry["path"]].append((manifest.snapshot_id, entry))
    with ThreadPoolExecutor(settings.threads) as pool:
        results = pool.map(lambda path: _look_at(settings.snapshot_dir / path, quick=path.startswith(unread)), entries)
        for (path, claims), (size, sha256, rows) in zip(entries.items(), results, strict=True):
            for problem, snapshots in _compare(path, claims, size, sha256, rows).items():
                damages.append(Damage(path, problem, tuple(snapshots)))
    read = sum(claims[0][1]["bytes"] for path, claims in entries.items() if not path.startswith(unread))
    return len(entries), read


def _look_at(path: Path, *, quick: bool) -> tuple[int | None, str | None, int | str | None]:
    """Size (None if missing), sha256 and rows (None where not looked at; text if the file cannot be read)."""
    if not path.is_file():
        return None, None, None
    size = path.stat().st_size
    if quick:
        return size, None, None
    sha256 = store.hash_file(path)
    if path.suffix != ".parquet" or path.stem != sha256:
        # Other bytes than the name says are damage already, and a reader may fail on them in any way.
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


def _find_strangers(settings: Settings, chain: Chain) -> list[str]:
    """Files that no manifest needs: noted; in a store without any manifest they are damage."""
    root = settings.snapshot_dir
    named = {entry["path"] for manifest in chain.known.values() for entry in manifest.files}
    named |= {store.POINTER, store.LOCK, store.COPYING, *_chain_files(chain)}
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} if root.is_dir() else set()
    strangers = sorted(path for path in there - named if not path.startswith((f"{store.HOLDS}/", "inspections/")))
    kept = [path for path in strangers if not path.startswith(f"{store.INCOMING}/")]
    if kept and not chain.ids and chain.pointer is None:
        chain.add_damage(store.MANIFESTS, f"no manifest, but {len(kept)} data files are there")
    return [f"{path}: no snapshot needs it." for path in strangers]


def _chain_files(chain: Chain) -> list[str]:
    names = [*map(manifest_name, chain.ids), *map(record_name, chain.record_ids)]
    return [*names, *(f"{name}{SUFFIX}" for name in names)]
