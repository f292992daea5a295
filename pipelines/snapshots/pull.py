"""Fetch a store back from a copy, or what this store lacks of it; and check a copy where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.chain import manifest_name, read_chain, record_name
from pipelines.snapshots.damage import Damage
from pipelines.snapshots.far import FarChain, fetch_chain, require_sound_chain
from pipelines.snapshots.held import hold_name
from pipelines.snapshots.lock import hold_copying, hold_store
from pipelines.snapshots.manifest import Document, Pointer
from pipelines.snapshots.place import Place
from pipelines.snapshots.push import PARALLEL
from pipelines.snapshots.sealed import open_place
from pipelines.snapshots.signing import SUFFIX
from pipelines.snapshots.verify import EMPTY_NOTE, QUICK_NOTE, Verification


@dataclass(frozen=True)
class Pulled:
    """Snapshots of the copy that are here now, and what this pull fetched (data files, without manifests)."""

    url: str
    snapshots: tuple[str, ...]
    files_fetched: int
    bytes_fetched: int


def pull_store(settings: Settings, url: str) -> Pulled:
    """Fetch all snapshots of a copy into an empty store, or those that an older store lacks.

    The pointer moves last, after everything was hashed: a pull that broke off goes on where it stopped. What was pruned
    here is not fetched again. UsageError if no copy lies there. IntegrityError if the copy is damaged, or if this store
    holds a snapshot that the copy does not.
    """
    place = open_place(url)
    with hold_copying(settings, "pull"), hold_store(settings, "pull"), fetch_chain(settings, place) as far:
        if far.chain.pointer is None:
            raise UsageError("那里没有快照的副本 | No copy of snapshots lies there.", where=url)
        require_sound_chain(far.chain, url)
        wanted = _require_ancestor(settings, far, url)
        new = set(wanted) - set(manifests.list_manifest_ids(settings))
        fetched = _fetch_data(settings, place, _entries(far, wanted))
        _settle_holds(settings, place, far, new)
        _settle_chain(settings, far, far.chain.pointer, wanted)
    return Pulled(url, tuple(wanted), len(fetched), sum(entry["bytes"] for entry in fetched))


def _require_ancestor(settings: Settings, far: FarChain, url: str) -> list[str]:
    """Ids to have here: all of the copy but for those pruned here. IntegrityError unless what is here is a part of what
    is there: something would be lost, or two histories mixed."""
    here = read_chain(settings)
    pairs = [(found, here.hash_of(found)) for found in here.order]
    pairs += [(here.pointer.snapshot_id, here.pointer.manifest_sha256)] if here.pointer else []
    # A pull that died leaves a part of the chain without a pointer: that is no damage here, everything in it fits.
    alien = [found for found, sha256 in pairs if sha256 is None or far.chain.hash_of(found) != sha256]
    if alien:
        raise IntegrityError(
            "本库有副本里没有的快照或有损坏，没有取回 | This store has snapshots that the copy lacks, or is damaged; "
            "nothing was fetched.",
            where=url,
            found=", ".join(alien[-3:]),
            next_step=("先推送或修复，或拉到空的数据目录 | push first, or repair, or pull into an empty data root"),
        )
    return [found for found in far.chain.ids if found not in here.record_ids]


def _entries(far: FarChain, wanted: list[str]) -> list[Document]:
    return list({entry["path"]: entry for found in wanted for entry in far.chain.known[found].files}.values())


def _fetch_data(settings: Settings, place: Place, entries: list[Document]) -> list[Document]:
    missing = [entry for entry in entries if not _is_here(settings, entry)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        problems = list(pool.map(lambda entry: fetch_entry(settings, place, entry), missing))
    bad = [(entry["path"], problem) for entry, problem in zip(missing, problems, strict=True) if problem]
    if bad:
        raise IntegrityError(
            "副本有损坏，没有取回完 | The copy is damaged; not all was fetched.",
            where=f"{place.url}: " + "; ".join(path for path, _ in bad[:5]),
            found="; ".join(problem for _, problem in bad[:5]),
            next_step=("从另一份副本拉取；已取到的会保留 | pull from another copy; what was fetched already is kept"),
        )
    return missing


def _is_here(settings: Settings, entry: Document) -> bool:
    path = settings.snapshot_dir / entry["path"]
    return path.is_file() and store.hash_file(path) == str(entry["sha256"])


def fetch_entry(settings: Settings, place: Place, entry: Document) -> str | None:
    """Fetch one data file under its name, in place of a damaged one; what is wrong with the copy's, if anything."""
    with store.incoming_file(settings, entry["sha256"]) as temporary:
        try:
            found = place.download(entry["path"], temporary)
        except IntegrityError as error:
            return f"there: {error.message}"
        if found != entry["sha256"]:
            return f"sha256 there is {found}"
        store.keep_content(temporary, settings.snapshot_dir / entry["path"], entry["sha256"])
    return None


def _settle_holds(settings: Settings, place: Place, far: FarChain, new: set[str]) -> None:
    """Holds of snapshots that come with this pull; one that was released here stays released."""
    for name in (hold_name(found) for found in sorted(new)):
        if name in far.names and not (settings.snapshot_dir / name).exists():
            store.write_durably(settings, settings.snapshot_dir / name, place.read_bytes(name))


def _settle_chain(settings: Settings, far: FarChain, pointer: Pointer, wanted: list[str]) -> None:
    """Records and manifests, oldest first, each after its signature, then the pointer."""
    names = [*map(record_name, far.chain.record_ids), *map(manifest_name, wanted)]
    paths = [far.settings.snapshot_dir / part for name in names for part in (f"{name}{SUFFIX}", name)]
    for path in (path for path in paths if path.is_file()):
        final = settings.snapshot_dir / path.relative_to(far.settings.snapshot_dir)
        if not final.exists():
            store.write_durably(settings, final, path.read_bytes())
    manifests.move_pointer(settings, manifests.read_manifest(settings, pointer.snapshot_id))


def verify_copy(settings: Settings, url: str, *, quick: bool = False) -> Verification:
    """Check a copy where it lies: the chain, and every byte of every file read back (`quick`: presence and size)."""
    place = open_place(url)
    with fetch_chain(settings, place) as far:
        entries = _entries(far, list(far.chain.known))
        with ThreadPoolExecutor(PARALLEL) as pool:
            problems = pool.map(lambda entry: _judge_far(place, far.names, entry, quick=quick), entries)
            damages = [
                Damage(entry["path"], problem, _needed_by(far, entry["path"]))
                for entry, problem in zip(entries, problems, strict=True)
                if problem
            ]
        notes = [*far.chain.notes, *([QUICK_NOTE] if quick else []), *([] if far.chain.ids else [EMPTY_NOTE])]
        read = 0 if quick else sum(entry["bytes"] for entry in entries)
        all_damages = (*far.chain.damages, *damages)
        pruned = len(far.chain.record_ids)
        return Verification(tuple(far.chain.ids), len(entries), read, all_damages, tuple(notes), quick, pruned)


def _judge_far(place: Place, names: Mapping[str, int], entry: Document, *, quick: bool) -> str | None:
    size = names.get(entry["path"])
    if size is None:
        return "missing"
    if size != entry["bytes"]:
        return f"{size} bytes, expected {entry['bytes']}"
    try:
        found = entry["sha256"] if quick else place.hash_file(entry["path"])
    except IntegrityError as error:
        return error.message
    return None if found == entry["sha256"] else f"sha256 is {found}, expected {entry['sha256']}"


def _needed_by(far: FarChain, path: str) -> tuple[str, ...]:
    known = far.chain.known.items()
    return tuple(found for found, manifest in known if path in {entry["path"] for entry in manifest.files})
