"""Files of a far folder -> the source's own folder: whole ones only, new ones only, in any order of arrival."""

from __future__ import annotations

import gzip
import json
import os
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path

import paramiko

from pipelines.pull.far_folder import FarFile, FarFolder
from pipelines.pull.words import say
from pipelines.sources.decode import MAX_FILE_BYTES, MAX_UNPACKED_BYTES
from pipelines.sources.landing import write_safely
from pipelines.sources.reasons import Message

SEEN = ".seen.json"
QUARANTINE = "quarantine"
MEGABYTE = 1024 * 1024
LOOKS = 3
"""How often the folder is looked at again while something in it still grows."""


@dataclass(frozen=True)
class Copied:
    """Names of the files that are in the source's folder now, that still arrive, and what a person should know."""

    files: tuple[str, ...]
    arriving: tuple[str, ...]
    notes: tuple[Message, ...]


def copy_new_files(
    folder: FarFolder,
    pattern: str,
    stable_seconds: float,
    inbox: Path,
    sleep: Callable[[float], None] = time.sleep,
) -> Copied:
    """Copy what is new and did not change for `stable_seconds`, seen by two looks and not by anybody's clock.

    Raises FolderError if the folder cannot be listed; a single file that cannot be copied is a note.
    """
    seen = _read_seen(inbox)
    whole, arriving = _wait_for_whole(folder, pattern, stable_seconds, seen, sleep)
    copied: list[str] = []
    notes: list[Message] = []
    for file in whole:
        try:
            content = _fetch(folder, file)
        except (OSError, EOFError, paramiko.SSHException) as error:
            notes.append(say("folder", "not_copied", name=file.name, found=str(error) or type(error).__name__))
            continue
        if len(content) != file.size:
            arriving.append(file.name)
            continue
        wrong = find_damage(content)
        _keep(file, content, inbox / QUARANTINE if wrong else inbox)
        if wrong:
            notes.append(say("folder", "quarantined", name=file.name, found=wrong))
        else:
            copied.append(file.name)
        seen[file.name] = file.mark
        write_safely(inbox / SEEN, json.dumps(seen, ensure_ascii=False, indent=1, sort_keys=True).encode())
    if arriving:
        notes.append(say("folder", "arriving", names=", ".join(arriving)))
    return Copied(tuple(copied), tuple(arriving), tuple(notes))


def _wait_for_whole(
    folder: FarFolder, pattern: str, seconds: float, seen: dict[str, str], sleep: Callable[[float], None]
) -> tuple[list[FarFile], list[str]]:
    """Files that two looks show alike, and the names of those that still change or are empty."""
    before = _fresh(folder, pattern, seen)
    whole: list[FarFile] = []
    for _ in range(LOOKS):
        if not before:
            break
        sleep(seconds)
        marks = {file.name: file.mark for file in before}
        before = _fresh(folder, pattern, seen)
        whole = [file for file in before if marks.get(file.name) == file.mark and file.size]
        if len(whole) == len(before):
            break
    return whole, [file.name for file in before if file not in whole]


def _fresh(folder: FarFolder, pattern: str, seen: dict[str, str]) -> list[FarFile]:
    return [file for file in folder.list_files(pattern) if seen.get(file.name) != file.mark]


def _fetch(folder: FarFolder, file: FarFile) -> bytes:
    if file.size > MAX_FILE_BYTES:
        raise OSError(f"> {MAX_FILE_BYTES // MEGABYTE} MB")
    with folder.files.open(file.path, "rb") as far:
        content: bytes = far.read()
    return content


def _keep(file: FarFile, content: bytes, folder: Path) -> None:
    """Under the far name and with the far time: a file's time says when it was made."""
    write_safely(folder / file.name, content)
    os.utime(folder / file.name, (file.modified, file.modified))


def find_damage(content: bytes) -> str:
    """Why a whole file cannot even be opened, or ''. What is in it is the reader's business."""
    try:
        if content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(BytesIO(content)) as archive:
                is_bomb = sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES
                broken = "> 1 GB" if is_bomb else archive.testzip()
            return f"zip: {broken}" if broken else ""
        if content[:2] == b"\x1f\x8b":
            with gzip.open(BytesIO(content)) as packed:
                unpacked = sum(len(part) for part in islice(iter(partial(packed.read, MEGABYTE), b""), 1025))
            return "gzip: > 1 GB" if unpacked > MAX_UNPACKED_BYTES else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _read_seen(inbox: Path) -> dict[str, str]:
    """Marks of what was copied before; a lost list only means that files are copied again."""
    try:
        seen: dict[str, str] = json.loads((inbox / SEEN).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return seen
