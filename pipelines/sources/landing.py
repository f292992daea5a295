"""Files as received: the bytes go to `landing/` under their sha256 before anything reads them, and are never edited."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from pipelines.night import Night
from pipelines.settings import BEIJING, Settings, Source
from pipelines.snapshots.store import hash_file, sync_folder

UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload")

FAR_FAULTS = frozenset(
    {errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN, errno.ECONNRESET}
)
"""What only a share at the far end of a network says, also while a file that is open is read."""


@dataclass(frozen=True)
class LandedFile:
    """One delivery: `observed_at` is when the file was made as far as known, never later than the night."""

    file_id: str
    name: str
    content: bytes
    landed_path: str
    observed_at: datetime


def list_deliveries(settings: Settings, source: Source) -> list[Path]:
    """The source's files, oldest first, without those that bear a temporary name."""
    folder = settings.source_folder(source)
    if not folder.is_dir():
        return []
    found = [
        path
        for path in folder.iterdir()
        if path.is_file() and fnmatch(path.name, source.pattern) and not is_unfinished(path.name)
    ]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def find_growing(paths: list[Path], seconds: float, sleep: Callable[[float], None] = time.sleep) -> set[Path]:
    """Files that somebody is still writing. Waits only for files that changed less than `seconds` ago, until then."""
    now = time.time()
    marks = {path: _mark(path) for path in paths}
    ages = {path: now - mark[1] / 1e9 for path, mark in marks.items() if mark}
    young = [path for path, age in ages.items() if abs(age) < seconds]
    if young:
        sleep(seconds - max(0.0, min(ages[path] for path in young)))
    return {path for path in paths if marks[path] is None or (path in young and _mark(path) != marks[path])}


def _mark(path: Path) -> tuple[int, int] | None:
    """Size and time in nanoseconds; None if the file is gone."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def is_unfinished(name: str) -> bool:
    """Whether the name is one that programs give to files while they write them, or to lock files."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def is_fault_of(error: OSError, folder: Path) -> bool:
    """Whether the folder that files come from failed, and not the place that they are written to."""
    if error.filename is None:
        return error.errno in FAR_FAULTS
    return Path(os.fsdecode(error.filename)).is_relative_to(folder)


def land_file(settings: Settings, source: Source, path: Path, night: Night) -> LandedFile:
    """Copy the bytes to their place, unless they lie there whole already, and say what they are."""
    content = path.read_bytes()
    file_id = hashlib.sha256(content).hexdigest()
    target = settings.landing_dir / source.id / f"{file_id}{path.suffix.lower()}"
    if not target.is_file() or hash_file(target) != file_id:
        write_safely(target, content)
    made = datetime.fromtimestamp(path.stat().st_mtime, BEIJING).replace(tzinfo=None, microsecond=0)
    relative = str(target.relative_to(settings.data_root))
    return LandedFile(file_id, path.name, content, relative, min(made, night.as_of))


def write_safely(target: Path, content: bytes) -> None:
    """Write under a temporary name, sync, rename: a crash leaves the whole file or none. Mode 0600, folder 0700."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
