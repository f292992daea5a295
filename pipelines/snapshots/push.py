"""Copy a store elsewhere: files, then manifests, then the head that says that a snapshot is whole there.

What is there already is not sent again, so a push that broke off goes on where it stopped. Every file is hashed before
it is sent and read back afterwards; damage is not carried on.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.chain import Chain, manifest_name, read_chain, record_name
from pipelines.snapshots.far import head_name, list_head_ids, read_head, require_sound_chain
from pipelines.snapshots.held import hold_name, list_holds
from pipelines.snapshots.lock import hold_copying
from pipelines.snapshots.manifest import Document, Pointer
from pipelines.snapshots.place import Place
from pipelines.snapshots.sealed import open_place
from pipelines.snapshots.signing import SUFFIX

PARALLEL = 8


@dataclass(frozen=True)
class Pushed:
    """Snapshots that are whole at the place now, and what this push sent (data files, without manifests)."""

    url: str
    snapshots: tuple[str, ...]
    files_sent: int
    bytes_sent: int
    files_there: int


def push_store(settings: Settings, url: str) -> Pushed:
    """Copy all committed snapshots to a place and read back what was sent.

    UsageError for an empty store. IntegrityError if the store is damaged (whole snapshots are copied nevertheless), if
    another store's copies lie there, or if a file there is not what it should be. UpstreamUnavailableError if the place
    cannot be reached.
    """
    place = open_place(url)
    with hold_copying(settings, "push"):
        chain = read_chain(settings)
        require_sound_chain(chain, settings.snapshot_dir)
        if chain.pointer is None:
            raise UsageError("还没有快照，无可复制 | There is no snapshot to copy.", where=settings.snapshot_dir)
        names = place.list_files()
        require_same_store(place, names, chain)
        place.remove_unfinished(names)
        place.prepare()
        return _push_chain(settings, place, names, chain, chain.pointer)


def require_same_store(place: Place, names: Mapping[str, int], chain: Chain) -> None:
    """IntegrityError unless the newest snapshot there is one of this store."""
    heads = list_head_ids(names)
    if not heads:
        return
    newest = read_head(place, heads[-1])
    if chain.hash_of(newest.snapshot_id) != newest.manifest_sha256:
        raise IntegrityError(
            "那里是另一个快照库的副本，或比本库更新，没有复制 | The copies there are of another store, or newer than "
            "this one; nothing was copied.",
            where=place.url,
            found=f"{newest.snapshot_id} {newest.manifest_sha256}",
            expected=str(chain.hash_of(newest.snapshot_id) or "a snapshot of this store"),
            next_step=(
                "推到别处；或用 `fapiao snapshot pull` 取回那里的 | "
                "push to another place; or fetch what is there with `fapiao snapshot pull`"
            ),
        )


def _push_chain(settings: Settings, place: Place, names: Mapping[str, int], chain: Chain, pointer: Pointer) -> Pushed:
    committed = [found for found in chain.ids if found <= pointer.snapshot_id]
    entries = {entry["path"]: entry for found in committed for entry in chain.known[found].files}
    missing = [entry for path, entry in entries.items() if path not in names]
    problems = {
        path: f"{names[path]} bytes there" for path, e in entries.items() if names.get(path, e["bytes"]) != e["bytes"]
    }
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = pool.map(lambda entry: _send_entry(settings, place, entry), missing)
        problems |= {e["path"]: problem for e, problem in zip(missing, results, strict=True) if problem}
    whole = _send_manifests(settings, place, names, chain, committed, set(problems))
    for snapshot_id in chain.record_ids:
        send_small(settings, place, names, record_name(snapshot_id))
    for snapshot_id in sorted(set(list_holds(settings)) & set(committed)):
        send_small(settings, place, names, hold_name(snapshot_id))
    if problems:
        raise _is_damaged(place, problems, whole)
    return Pushed(place.url, tuple(whole), len(missing), sum(e["bytes"] for e in missing), len(entries) - len(missing))


def _send_entry(settings: Settings, place: Place, entry: Document) -> str | None:
    """Send one data file; what is wrong with it here, if anything."""
    path: Path = settings.snapshot_dir / entry["path"]
    found = store.hash_file(path) if path.is_file() else "no file"
    if found != entry["sha256"]:
        return f"here: {found}"
    place.upload(path, entry["path"], entry["sha256"])
    return None


def _send_manifests(
    settings: Settings, place: Place, names: Mapping[str, int], chain: Chain, committed: list[str], bad: set[str]
) -> list[str]:
    """Oldest first; a snapshot that needs a bad file gets no head. Ids of the snapshots that are whole there."""
    whole = []
    for snapshot_id in committed:
        manifest = chain.known[snapshot_id]
        send_small(settings, place, names, f"{manifest_name(snapshot_id)}{SUFFIX}")
        send_small(settings, place, names, manifest_name(snapshot_id))
        if any(entry["path"] in bad for entry in manifest.files):
            continue
        head = manifests.pointer_bytes(Pointer(snapshot_id, manifest.sha256))
        if head_name(snapshot_id) not in names:
            _send_head(place, head, head_name(snapshot_id))
        whole.append(snapshot_id)
    return whole


def _send_head(place: Place, head: bytes, name: str) -> None:
    with TemporaryDirectory(prefix="fapiao-head-") as folder:
        path = Path(folder) / "head"
        path.write_bytes(head)
        place.upload(path, name, store.hash_bytes(head))


def send_small(settings: Settings, place: Place, names: Mapping[str, int], name: str) -> None:
    """Send a small file unless one of that name lies there."""
    path = settings.snapshot_dir / name
    if name not in names and path.is_file():
        place.upload(path, name, store.hash_file(path))


def _is_damaged(place: Place, problems: dict[str, str], whole: list[str]) -> IntegrityError:
    return IntegrityError(
        "有文件损坏，含有它们的快照没有复制完 | Some files are damaged; the snapshots that need them were not copied.",
        where=f"{place.url}: " + "; ".join(sorted(problems)[:5]),
        found="; ".join(problems[path] for path in sorted(problems)[:5]),
        expected=f"{len(whole)} snapshots are whole there",
        next_step="检查后从另一份副本修复 | fapiao snapshot verify; repair from another copy",
    )
