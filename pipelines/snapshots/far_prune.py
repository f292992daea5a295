"""Thin out a copy after the store: what was pruned here goes there too, and nothing else.

Records go there first, then heads, manifests and files are removed: a kill anywhere loses nothing that a snapshot of
the store or the newest one of the copy needs, and the next call ends what was begun.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipelines.settings import Settings
from pipelines.snapshots.chain import Chain, manifest_name, read_chain, record_name
from pipelines.snapshots.far import FarChain, fetch_chain, head_name, require_sound_chain
from pipelines.snapshots.held import hold_name
from pipelines.snapshots.lock import hold_copying
from pipelines.snapshots.place import Place
from pipelines.snapshots.push import PARALLEL, require_same_store, send_small
from pipelines.snapshots.sealed import open_place
from pipelines.snapshots.signing import SUFFIX


@dataclass(frozen=True)
class FarPruned:
    """Snapshots that leave the copy, those that stay, and the data files that go; done, or only planned."""

    url: str
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    files: int
    bytes_freed: int
    is_dry_run: bool


def prune_copy(settings: Settings, url: str, *, dry_run: bool = True) -> FarPruned:
    """Remove from a copy what was pruned in the store, and the files that no snapshot of either needs then.

    The newest snapshot of the copy stays. IntegrityError if a chain is damaged, or if the copy is of another store or
    newer than this one: nothing is removed then. UpstreamUnavailableError if the place cannot be reached or refuses.
    """
    place = open_place(url)
    with hold_copying(settings, "prune a copy"), fetch_chain(settings, place) as far:
        chain = read_chain(settings)
        require_sound_chain(chain, settings.snapshot_dir)
        require_sound_chain(far.chain, url)
        require_same_store(place, far.names, chain)
        newest = far.chain.pointer.snapshot_id if far.chain.pointer else ""
        gone = [found for found in far.chain.ids if found in chain.record_ids and found != newest]
        kept = [found for found in far.chain.ids if found not in gone]
        files = _unneeded(place, far, chain, kept)
        if not dry_run:
            place.remove_unfinished(far.names)
            _remove(settings, place, far, gone, list(files))
    return FarPruned(url, tuple(kept), tuple(gone), len(files), sum(files.values()), dry_run)


def _unneeded(place: Place, far: FarChain, chain: Chain, kept: list[str]) -> dict[str, int]:
    """Data files, as they are named there, that neither the copy's other snapshots nor the store's need."""
    manifests = [*(far.chain.known[found] for found in kept), *chain.known.values()]
    needed = {place.stored_name(entry["path"]) for manifest in manifests for entry in manifest.files}
    folders = tuple(f"{folder}/" for folder in place.data_folders)
    return {name: size for name, size in place.list_stored().items() if name.startswith(folders) and name not in needed}


def _remove(settings: Settings, place: Place, far: FarChain, gone: list[str], files: list[str]) -> None:
    for snapshot_id in gone:
        for name in (f"{record_name(snapshot_id)}{SUFFIX}", record_name(snapshot_id)):
            send_small(settings, place, far.names, name)
    for snapshot_id in gone:
        own = (
            hold_name(snapshot_id),
            head_name(snapshot_id),
            manifest_name(snapshot_id),
            f"{manifest_name(snapshot_id)}{SUFFIX}",
        )
        for name in (name for name in own if name in far.names):
            place.remove(place.stored_name(name))
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(place.remove, files))
