"""Durable file writing: a file is complete under its final name, or it is not there at all.

Temporary files live in `<store>/incoming/`. Only the process that holds the working database writes a store, so
whatever lies there when a night begins was left by a dead run.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.settings import Settings

INCOMING = "incoming"
MANIFESTS = "manifests"
TABLES = "tables"
LANDING = "landing"
CONFIGURATION = "configuration"
PRUNED = "pruned"
HOLDS = "holds"
POINTER = "LATEST"
LOCK = "LOCK"
COPYING = "COPYING"
CHUNK = 1 << 20
DATA_FOLDERS = (TABLES, LANDING, CONFIGURATION)
"""Folders whose files are named by their content."""


def make_folder(path: Path) -> None:
    """Create a folder (0700) with its parents, each one durable: its entry is written to disk before it is used."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Write the entries of a folder to disk: without it a renamed file can be gone after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Write the bytes of a file to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_file(path: Path) -> str:
    """sha256 over the bytes of a file, 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def move_into_place(temporary: Path, final: Path) -> None:
    """Give a finished temporary file its final name; durable when it returns."""
    temporary.chmod(0o600)
    sync_file(temporary)
    make_folder(final.parent)
    temporary.replace(final)
    sync_folder(final.parent)


def keep_content(temporary: Path, final: Path, sha256: str) -> bool:
    """Put a file under the name of its content. True if it was not there; a whole one is left untouched.

    A file of that name with other bytes is damaged and is replaced by the good one.
    """
    if final.is_file() and hash_file(final) == sha256:
        temporary.unlink()
        return False
    move_into_place(temporary, final)
    return True


def write_durably(settings: Settings, final: Path, content: bytes) -> None:
    """Write a small file in one step: readers see the old content or the new one."""
    with incoming_file(settings, final.name) as temporary:
        temporary.write_bytes(content)
        move_into_place(temporary, final)


def write_signed(settings: Settings, final: Path, content: bytes, sign: Callable[[bytes], bytes | None]) -> None:
    """Write a small file, its signature first: a file that should be signed is never there without."""
    signature = sign(content)
    if signature is not None:
        write_durably(settings, final.with_name(f"{final.name}.sig"), signature)
    write_durably(settings, final, content)


@contextmanager
def incoming_file(settings: Settings, name: str) -> Iterator[Path]:
    """A temporary path in the store; what is left of it afterwards is removed."""
    folder = settings.snapshot_dir / INCOMING
    make_folder(folder)
    path = folder / f"{name}.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_incoming(settings: Settings) -> int:
    """Remove what dead runs left; the number of files removed."""
    folder = settings.snapshot_dir / INCOMING
    left = list(folder.glob("*")) if folder.is_dir() else []
    for path in left:
        path.unlink()
    return len(left)


def copy_hashed(source: Path, target: Path) -> str:
    """Copy the bytes of a file, read once; their sha256. A copy, no link: damage to one must not reach the other."""
    digest = hashlib.sha256()
    with source.open("rb") as stream, target.open("wb") as copy:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()
