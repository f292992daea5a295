"""Files as received: the bytes go to `landing/` under their sha256 before anything reads them, and are never edited."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from pipelines.night import Night
from pipelines.settings import BEIJING, Settings, Source

UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload")


@dataclass(frozen=True)
class LandedFile:
    """One delivery: `observed_at` is when the file was made as far as known, never later than the night."""

    file_id: str
    name: str
    content: bytes
    landed_path: str
    observed_at: datetime


def list_deliveries(settings: Settings, source: Source) -> list[Path]:
    """The source's files, oldest first. Files that are still being written, and lock files, are left for later."""
    folder = settings.source_folder(source)
    if not folder.is_dir():
        return []
    found = [
        path
        for path in folder.iterdir()
        if path.is_file() and fnmatch(path.name, source.pattern) and not is_unfinished(path.name)
    ]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def is_unfinished(name: str) -> bool:
    """Whether the name is one that programs give to files while they write them, or to lock files."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def land_file(settings: Settings, source: Source, path: Path, night: Night) -> LandedFile:
    """Copy the bytes to their place, unless they lie there already, and say what they are."""
    content = path.read_bytes()
    file_id = hashlib.sha256(content).hexdigest()
    target = settings.landing_dir / source.id / f"{file_id}{path.suffix.lower()}"
    if not target.is_file():
        write_safely(target, content)
    made = datetime.fromtimestamp(path.stat().st_mtime, BEIJING).replace(tzinfo=None, microsecond=0)
    relative = str(target.relative_to(settings.data_root))
    return LandedFile(file_id, path.name, content, relative, min(made, night.as_of))


def write_safely(target: Path, content: bytes) -> None:
    """Write under a temporary name, sync, rename: a crash leaves the whole file or none."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
