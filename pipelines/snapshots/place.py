"""A place that copies of a store go to: another disk, S3 and what is compatible, anything that fsspec reaches.

Names are those of the store. A file appears under its name as a whole or not at all, and is never overwritten. Access
keys and end points come from the environment that the file system's own library reads (for S3: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL), never from our settings.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import fsspec
from fsspec.core import url_to_fs
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from pipelines.errors import FapiaoError, IntegrityError, UpstreamUnavailableError, UsageError
from pipelines.snapshots import store

R = TypeVar("R")

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "oss", "abfs", "az", "adl", "cos", "obs"}
"""Here an upload is visible only when it is whole; elsewhere a file is written beside and renamed."""
ATTEMPTS = 4
LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FapiaoError)
"""Waiting does not help against these."""
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Place:
    """`url` as the user wrote it, for messages; `root` is its path in the file system."""

    url: str
    file_system: fsspec.AbstractFileSystem
    root: str

    @property
    def _protocols(self) -> set[str]:
        found = self.file_system.protocol
        return {found} if isinstance(found, str) else set(found)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def list_files(self) -> Mapping[str, int]:
        """Names of all files with their bytes; empty if nothing is there yet."""
        found = self._reach(self._find)
        return {path.removeprefix(f"{self.root}/"): int(info["size"]) for path, info in found.items()}

    def list_stored(self) -> dict[str, int]:
        """The same by the names and with the bytes that they have there."""
        return dict(Place.list_files(self))

    @property
    def data_folders(self) -> tuple[str, ...]:
        """Where the data files lie there."""
        return store.DATA_FOLDERS

    def stored_name(self, name: str) -> str:
        """The name that a file has there."""
        return name

    def remove(self, stored_name: str) -> None:
        """Remove one file, durably on a disk; one that is gone already is no error."""
        self._reach(lambda: self._remove(stored_name))

    def _remove(self, stored_name: str) -> None:
        if self.file_system.exists(self._path(stored_name)):
            self.file_system.rm_file(self._path(stored_name))
        if "file" in self._protocols:
            store.sync_folder(Path(self._path(stored_name)).parent)

    def prepare(self) -> None:
        """What must lie there before the first file; nothing at a plain place."""

    def _find(self) -> dict[str, dict[str, Any]]:
        self.file_system.invalidate_cache()
        try:
            found: dict[str, dict[str, Any]] = self.file_system.find(self.root, detail=True)
        except FileNotFoundError:
            return {}
        return found

    def read_bytes(self, name: str) -> bytes:
        """A small file. IntegrityError if it is not there."""
        content: bytes = self._reach(lambda: self.file_system.cat_file(self._path(name)))
        return content

    def hash_file(self, name: str) -> str:
        """sha256 over the bytes as they lie there, all of them read back."""
        return self._reach(lambda: self._stream(name, None))

    def download(self, name: str, target: Path) -> str:
        """Fetch a file; sha256 of what came."""
        return self._reach(lambda: self._stream(name, target))

    def _stream(self, name: str, target: Path | None) -> str:
        digest = hashlib.sha256()
        with self.file_system.open(self._path(name), "rb", block_size=CHUNK_BYTES, cache_type="readahead") as source:
            if target is None:
                while chunk := source.read(CHUNK_BYTES):
                    digest.update(chunk)
                return digest.hexdigest()
            with target.open("wb") as sink:
                while chunk := source.read(CHUNK_BYTES):
                    digest.update(chunk)
                    sink.write(chunk)
        return digest.hexdigest()

    def upload(self, source: Path, name: str, sha256: str) -> None:
        """Copy a file there and read it back. IntegrityError if what lies there is not what was sent; it is removed."""
        self._reach(lambda: self._upload(source, name, sha256))

    def _upload(self, source: Path, name: str, sha256: str) -> None:
        if self._protocols & OBJECT_STORES:
            self._send(source, name, sha256)
            return
        beside = f"{store.INCOMING}/{uuid.uuid4().hex}"
        self._make_folder(beside)
        self._make_folder(name)
        self._send(source, beside, sha256)
        self.file_system.mv(self._path(beside), self._path(name))
        if "file" in self._protocols:
            store.sync_folder(Path(self._path(name)).parent)

    def _send(self, source: Path, name: str, sha256: str) -> None:
        self._put(source, name)
        if "file" in self._protocols:
            store.sync_file(Path(self._path(name)))
        found = self._stream(name, None)
        if found != sha256:
            self.file_system.rm_file(self._path(name))
            raise IntegrityError(
                "复制的文件与原文件不符，已删除 | A copied file is not what was sent; it was removed.",
                where=f"{self.url} {name}",
                found=f"sha256 {found}",
                expected=f"sha256 {sha256}",
                next_step=(
                    "重新推送；再次发生请查磁盘和网络 | "
                    "push again; if it happens again, look at the disk and the network"
                ),
            )

    def _put(self, source: Path, name: str) -> None:
        self.file_system.put_file(str(source), self._path(name))

    def remove_unfinished(self, names: Mapping[str, int]) -> None:
        """Remove what a push that died left beside."""
        for name in [name for name in names if name.startswith(f"{store.INCOMING}/")]:
            self._reach(partial(self.file_system.rm_file, self._path(name)))

    def _make_folder(self, name: str) -> None:
        self.file_system.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)

    def _reach(self, work: Callable[[], R]) -> R:
        """Try some times with growing pauses. UpstreamUnavailableError if the place cannot be reached or refuses."""
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.2, max=5),
                retry=retry_if_exception(lambda error: not isinstance(error, LASTING)),
                reraise=True,
            ):
                with attempt:
                    result = work()
            return result
        except FapiaoError:
            raise
        except FileNotFoundError as error:
            raise IntegrityError(
                "副本里没有这个文件 | The copy lacks a file.", where=self.url, found=_first_line(error)
            ) from error
        except Exception as error:
            # Every file system has errors of its own, without a common class.
            raise UpstreamUnavailableError(
                "存放副本的地方无法访问 | The place of the copies cannot be reached.",
                where=self.url,
                found=f"{type(error).__name__}: {_first_line(error)}",
                next_step="检查网络、权限和密钥后重试，已完成的部分不会重做 | check network, rights and keys, then run "
                "it again: what is done is not done twice",
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def reach_place(url: str) -> Place:
    """A folder or a URL such as `s3://bucket/prefix`. UsageError for one that no installed library understands."""
    try:
        file_system, root = url_to_fs(url, use_listings_cache=False)
    except (ValueError, ImportError) as error:
        raise UsageError(
            "存放副本的地址不能识别 | The place of the copies is not understood.",
            where=url,
            found=_first_line(error),
            expected=(
                "文件夹、s3://bucket/prefix 或 fsspec 认得的其他地址 | "
                "a folder, s3://bucket/prefix, or another URL that fsspec knows"
            ),
        ) from None
    return Place(url, file_system, root.rstrip("/"))
