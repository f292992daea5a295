"""A place whose copies are sealed, and the choice between it and a plain one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import UsageError
from pipelines.snapshots import store
from pipelines.snapshots.damage import require_hash
from pipelines.snapshots.place import Place, reach_place
from pipelines.snapshots.sealing import COPY_KEY, FOLDER, MARKER, OVERHEAD_BYTES, Seal, load_seal


class Listing(Mapping[str, int]):
    """Files of a sealed place: asked for by plain names, with the bytes of the plain files; iterates over names as they
    are there."""

    def __init__(self, stored: Mapping[str, int], seal: Seal) -> None:
        self._stored = stored
        self._seal = seal

    def __getitem__(self, plain: str) -> int:
        return self._stored[self._seal.name(plain)] - OVERHEAD_BYTES

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


@dataclass(frozen=True)
class SealedPlace(Place):
    """The same as a plain place to who has the key. A file is sealed and opened as a whole, in memory."""

    seal: Seal

    def list_files(self) -> Mapping[str, int]:
        return Listing(super().list_files(), self.seal)

    def prepare(self) -> None:
        """Say that what lies here is sealed, and with which key."""
        if MARKER not in super().list_files():
            self._upload_bytes(self.seal.mark, MARKER)

    @property
    def data_folders(self) -> tuple[str, ...]:
        return (FOLDER,)

    def stored_name(self, name: str) -> str:
        return self.seal.name(name)

    def read_bytes(self, name: str) -> bytes:
        return self.seal.open(super().read_bytes(self.seal.name(name)), name)

    def hash_file(self, name: str) -> str:
        return hashlib.sha256(self.read_bytes(name)).hexdigest()

    def download(self, name: str, target: Path) -> str:
        content = self.read_bytes(name)
        target.write_bytes(content)
        return store.hash_bytes(content)

    def upload(self, source: Path, name: str, sha256: str) -> None:
        content = source.read_bytes()
        require_hash({"path": name, "sha256": sha256}, store.hash_bytes(content))
        self._upload_bytes(self.seal.close(content, name), self.seal.name(name))

    def _upload_bytes(self, content: bytes, stored_name: str) -> None:
        with TemporaryDirectory(prefix="fapiao-sealed-") as folder:
            path = Path(folder) / "sealed"
            path.write_bytes(content)
            super().upload(path, stored_name, store.hash_bytes(content))


def open_place(url: str) -> Place:
    """The place as it is to be used: sealed if a key is configured. UsageError if that does not fit what lies there."""
    place, seal = reach_place(url), load_seal()
    names = place.list_files()
    mark = place.read_bytes(MARKER) if MARKER in names else None
    is_empty = all(name.startswith(f"{store.INCOMING}/") for name in names)
    if mark is None and (seal is None or is_empty):
        return SealedPlace(place.url, place.file_system, place.root, seal) if seal else place
    if seal is None or mark is None:
        raise _does_not_fit(url, "sealed" if mark else "plain", f"{COPY_KEY} is {'set' if seal else 'not set'}")
    if mark != seal.mark:
        raise _does_not_fit(url, "sealed with another key", f"the key that {COPY_KEY} names")
    return SealedPlace(place.url, place.file_system, place.root, seal)


def _does_not_fit(url: str, found: str, expected: str) -> UsageError:
    return UsageError(
        "那里的副本与密钥设置不符 | The copies there do not fit the key that is configured.",
        where=url,
        found=found,
        expected=expected,
        next_step=f"设置或取消 {COPY_KEY}，或换一个位置 | set or unset {COPY_KEY}; or name another place",
    )
