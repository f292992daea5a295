"""What lies at the place of the copies: the same names as in the store, but for the pointer.

Nothing there is ever overwritten, so the pointer becomes `heads/<id>.json`, one per committed snapshot, written last.
The highest is the newest. What the store prunes stays there until the copy is pruned too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.chain import Chain, manifest_name, read_chain, record_name
from pipelines.snapshots.manifest import Pointer
from pipelines.snapshots.place import Place
from pipelines.snapshots.signing import SUFFIX

HEADS = "heads"


def head_name(snapshot_id: str) -> str:
    return f"{HEADS}/{snapshot_id}.json"


def list_head_ids(names: Mapping[str, int]) -> list[str]:
    """Ids of the snapshots that were copied to the end, oldest first."""
    return sorted(Path(name).stem for name in names if name.startswith(f"{HEADS}/") and name.endswith(".json"))


def read_head(place: Place, snapshot_id: str) -> Pointer:
    """IntegrityError if the head is not exactly as it was written."""
    content = place.read_bytes(head_name(snapshot_id))
    try:
        document = json.loads(content)
        pointer = Pointer(str(document["snapshot_id"]), str(document["manifest_sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged_head(place, snapshot_id, str(error)) from None
    if content != manifests.pointer_bytes(pointer) or pointer.snapshot_id != snapshot_id:
        raise _damaged_head(place, snapshot_id, "内容与写入时不同 | other bytes than were written")
    return pointer


def _damaged_head(place: Place, snapshot_id: str, found: str) -> IntegrityError:
    return IntegrityError(
        "副本的指针有损坏 | A pointer of the copy is damaged.",
        where=f"{place.url} {head_name(snapshot_id)}",
        found=found,
    )


@dataclass(frozen=True)
class FarChain:
    """The chain of a copy, fetched into a folder of its own; `names` are all files there with their bytes."""

    settings: Settings
    chain: Chain
    names: Mapping[str, int]


@contextmanager
def fetch_chain(settings: Settings, place: Place) -> Iterator[FarChain]:
    """Manifests, signatures and records of a copy up to its newest head, checked like a store's."""
    names = place.list_files()
    heads = list_head_ids(names)
    with TemporaryDirectory(prefix="fapiao-copy-") as folder:
        fetched = settings.model_copy(update={"data_root": Path(folder)})
        if heads:
            for name in _chain_names(names, heads[-1]):
                _fetch(fetched, place, name)
            pointer = read_head(place, heads[-1])
            store.write_durably(fetched, manifests.pointer_path(fetched), manifests.pointer_bytes(pointer))
        yield FarChain(fetched, read_chain(fetched), names)


def _chain_names(names: Mapping[str, int], newest: str) -> list[str]:
    """Of a pruned snapshot whose manifest is still there, the manifest counts and not the record."""
    kept = {_id_of(name) for name in names if name.startswith(f"{store.MANIFESTS}/")}
    kept = {found for found in kept if found <= newest and manifest_name(found) in names}
    recorded = {_id_of(name) for name in names if name.startswith(f"{store.PRUNED}/")} - kept
    wanted = [*map(manifest_name, kept), *(record_name(found) for found in recorded if found <= newest)]
    return sorted(name for base in wanted for name in (base, f"{base}{SUFFIX}") if name in names)


def _id_of(name: str) -> str:
    return Path(name).name.partition(".")[0]


def _fetch(fetched: Settings, place: Place, name: str) -> None:
    try:
        content = place.read_bytes(name)
    except IntegrityError as error:
        # Not to be read is not to be trusted: the check of the chain says which snapshot it is.
        content = error.message.encode()
    store.write_durably(fetched, fetched.snapshot_dir / name, content)


def require_sound_chain(chain: Chain, where: str | Path) -> None:
    """IntegrityError that names what is damaged in a chain that should be copied."""
    if chain.damages:
        raise IntegrityError(
            "快照链有损坏，没有复制 | The chain of snapshots is damaged; nothing was copied.",
            where=f"{where}: " + "; ".join(damage.path for damage in chain.damages[:5]),
            found="; ".join(damage.problem for damage in chain.damages[:5]),
            next_step="检查并从副本修复 | fapiao snapshot verify; fapiao snapshot repair <copy>",
        )
