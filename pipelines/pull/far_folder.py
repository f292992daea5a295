"""A folder at the far end: local, SFTP or S3. It is listed and read, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import fsspec
import paramiko
import sqlalchemy as sa
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
)
from paramiko.hostkeys import HostKeys

from pipelines.errors import UpstreamUnavailableError
from pipelines.pull.words import say
from pipelines.sources.landing import is_unfinished

CONNECT_SECONDS = 15
KINDS = {"file": "file", "local": "file", "sftp": "sftp", "ssh": "sftp", "s3": "s3", "s3a": "s3"}
REFUSED_BY_S3 = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}


class FolderError(UpstreamUnavailableError):
    """A far folder that could not be read; `kind` is a key of `[folder]` in reference/pull_words.toml."""

    def __init__(self, kind: str, **details: object) -> None:
        self.kind = kind
        self.sentence = say("folder", kind, **details)
        super().__init__(str(self.sentence))


class UnknownHostError(paramiko.SSHException):
    """The server showed a key that known_hosts does not hold."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(fingerprint)
        self.fingerprint = fingerprint


class KnownHosts(paramiko.MissingHostKeyPolicy):
    """Only hosts of this file are talked to; whoever could pose as the host would get the password."""

    def __init__(self, path: Path) -> None:
        self._keys = HostKeys(str(path)) if path.is_file() else HostKeys()

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        del client
        if not self._keys.check(hostname, key):
            raise UnknownHostError(f"{hostname} {key.get_name()} {key.fingerprint}")


@dataclass(frozen=True)
class FarFile:
    """A file as the far end lists it; `mark` changes when its content may have changed."""

    name: str
    path: str
    size: int
    modified: float
    mark: str


@dataclass(frozen=True)
class FarFolder:
    """An open connection; `place` is the address without user and password."""

    files: Any
    path: str
    place: str

    def list_files(self, pattern: str) -> list[FarFile]:
        """The folder's own files of that pattern by name, without temporary ones. Raises FolderError."""
        with naming_faults(self.place):
            self.files.invalidate_cache()
            listed = self.files.ls(self.path, detail=True)
        found = [_far_file(entry) for entry in listed if entry["type"] == "file"]
        return sorted(
            (f for f in found if fnmatch(f.name, pattern) and not is_unfinished(f.name)), key=lambda f: f.name
        )


def _far_file(entry: dict[str, Any]) -> FarFile:
    moment = entry.get("mtime", entry.get("LastModified"))
    modified = moment.timestamp() if isinstance(moment, datetime) else float(moment or 0)
    mark = f"{entry['size']} {modified} {entry.get('ETag', '')}".strip()
    return FarFile(Path(entry["name"]).name, entry["name"], entry["size"], modified, mark)


@contextmanager
def open_folder(address: str, known_hosts: Path) -> Iterator[FarFolder]:
    """Connect to `file://`, `sftp://user:password@host/path` or `s3://bucket/path`. Raises FolderError."""
    url = _split(address)
    kind = KINDS[url.drivername]
    place = str(url.set(username=None, password=None)) if kind == "sftp" else address
    path = f"{url.host or ''}/{url.database or ''}" if kind == "s3" else f"/{url.database or ''}"
    with naming_faults(place):
        files = fsspec.filesystem(kind, skip_instance_cache=True, **_options(kind, url, known_hosts))
    try:
        yield FarFolder(files, path, place)
    finally:
        if kind == "sftp":
            files.client.close()


def _split(address: str) -> sa.URL:
    text = address if "://" in address else f"file://{Path(address).absolute()}"
    url = sa.make_url(text)
    if url.drivername not in KINDS:
        raise FolderError("not_supported", found=url.drivername)
    return url


def _options(kind: str, url: sa.URL, known_hosts: Path) -> dict[str, Any]:
    """S3 takes its keys and its endpoint from the environment as every S3 tool does (AWS_…)."""
    if kind == "s3":
        return {"use_listings_cache": False, "config_kwargs": {"connect_timeout": CONNECT_SECONDS}}
    if kind == "file":
        return {}
    return {
        "host": url.host,
        "port": url.port or 22,
        "username": url.username,
        "password": url.password,
        "timeout": CONNECT_SECONDS,
        "host_key_policy": KnownHosts(known_hosts.expanduser()),
    }


@contextmanager
def naming_faults(place: str) -> Iterator[None]:
    """What libraries raise about a connection or a folder comes out as FolderError."""
    try:
        yield
    except UnknownHostError as error:
        raise FolderError("host_unknown", place=place, found=error.fingerprint) from None
    except (paramiko.AuthenticationException, NoCredentialsError):
        raise FolderError("refused", place=place) from None
    except FileNotFoundError:
        raise FolderError("no_folder", place=place) from None
    except PermissionError as error:
        raise FolderError("refused" if _is_login(error) else "forbidden", place=place) from None
    except (OSError, EOFError, paramiko.SSHException, BotoCoreError, ClientError):
        raise FolderError("unreachable", place=place) from None


def _is_login(error: PermissionError) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] in REFUSED_BY_S3
