"""Zip archives from outside: bounded in number, size and ratio; an entry is bytes, its name never a path."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from pipelines.einvoice.reading import unreadable
from pipelines.sources.reasons import same

MAX_ENTRIES = 2000
MAX_ENTRY_BYTES = 50 * 1024 * 1024
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_RATIO = 200
SMALL_BYTES = 1024 * 1024
DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError)


class Archive:
    """The entries of one opened zip, by name; folders and hidden files left out."""

    def __init__(self, name: str, opened: zipfile.ZipFile) -> None:
        self.name = name
        self._opened = opened
        self._entries = [e for e in opened.infolist() if not e.is_dir() and not _is_hidden(e.filename)]
        self._refuse_unsafe()

    @property
    def names(self) -> list[str]:
        return [entry.filename for entry in self._entries]

    def read(self, entry: str) -> bytes:
        """Bytes of an entry, at most as many as its header says. UnreadableFileError if it is damaged."""
        try:
            with self._opened.open(entry) as file:
                content = file.read(MAX_ENTRY_BYTES + 1)
        except DAMAGED as error:
            raise unreadable(self.name, "压缩包已损坏", "the archive is damaged", same(f"{entry}: {error}")) from None
        if len(content) > MAX_ENTRY_BYTES:
            raise unreadable(self.name, "压缩包里的文件过大", "a file in the archive is too large", same(entry))
        return content

    def _refuse_unsafe(self) -> None:
        if len(self._entries) > MAX_ENTRIES:
            raise unreadable(self.name, "压缩包里的文件过多", "too many files", same(f"{len(self._entries)}"))
        if sum(entry.file_size for entry in self._entries) > MAX_UNPACKED_BYTES:
            raise unreadable(self.name, "压缩包解开后过大", "it unpacks to too much", same(f"> {MAX_UNPACKED_BYTES}"))
        for entry in self._entries:
            is_bomb = entry.file_size > SMALL_BYTES and entry.file_size > entry.compress_size * MAX_RATIO
            if entry.file_size > MAX_ENTRY_BYTES or is_bomb:
                shown = same(f"{entry.filename}: {entry.compress_size} -> {entry.file_size} bytes")
                raise unreadable(self.name, "压缩包解开后过大", "it unpacks to more than is allowed", shown)


@contextmanager
def open_archive(name: str, content: bytes) -> Iterator[Archive]:
    """UnreadableFileError if the bytes are no zip that may be opened."""
    try:
        opened = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED as error:
        raise unreadable(name, "压缩包已损坏", "the archive is damaged", same(str(error))) from None
    with opened:
        yield Archive(name, opened)


def _is_hidden(filename: str) -> bool:
    path = PurePosixPath(filename.replace("\\", "/"))
    return path.name.startswith(".") or path.parts[0] == "__MACOSX"
