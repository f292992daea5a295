"""What a snapshot says about itself: one JSON file per snapshot, and the pointer to the latest one.

The written form is canonical (sorted keys, two blanks, a list of plain values on one line, one newline at the end). Its
sha256 stands in the next manifest and in the pointer, never in the manifest itself. `docs/snapshot-format.md` is the
description for a reader who has none of this code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots import signing, store
from pipelines.snapshots.shape import find_misshape

FORMAT = "fapiao-snapshot"
FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Version 1 has no rows in the manifest and spells out each night in its files."""
SMALL_VERSION = 1
"""Of the pointer and the records of pruning, which did not change."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """A manifest as read: `sha256` is over its bytes in the file."""

    snapshot_id: str
    sha256: str
    document: Document

    @property
    def night_id(self) -> str:
        return str(self.document["night_id"])

    @property
    def table_files(self) -> list[Document]:
        return [entry for table in self.document["tables"].values() for entry in table["files"]]

    @property
    def files(self) -> list[Document]:
        """Every file that the snapshot needs: path, sha256 and bytes each."""
        return [*self.table_files, *self.document["landing"], *self.configuration]

    @property
    def configuration(self) -> list[Document]:
        """Settings, reference lists and layouts; none in a snapshot of before they were kept."""
        found: list[Document] = self.document.get("configuration", [])
        return found

    @property
    def rows(self) -> int:
        return sum(int(table["rows"]) for table in self.document["tables"].values())

    def columns_of(self, table: str) -> list[Document]:
        """Columns of one table as this snapshot has them; none if it does not know the table."""
        found: list[Document] = self.document["tables"].get(table, {}).get("columns", [])
        return found

    def files_of(self, table: str) -> list[Document]:
        """Files of one table, by period; none if the snapshot does not know the table."""
        found: list[Document] = self.document["tables"].get(table, {}).get("files", [])
        return found

    def here_of(self, table: str) -> list[Document]:
        """Parts of one table whose rows stand in the manifest itself, by period."""
        found: list[Document] = self.document["tables"].get(table, {}).get("here", [])
        return found

    def parts_of(self, table: str) -> list[Document]:
        """All parts of one table, by period: those in files and those in the manifest."""
        return sorted([*self.files_of(table), *self.here_of(table)], key=lambda entry: str(entry["period"]))

    def newest_of(self, table: str) -> Document | None:
        """`column` and `value`: what '' stands for in that column of the table's rows; None if for nothing."""
        found: Document | None = self.document["tables"].get(table, {}).get("newest")
        return found


@dataclass(frozen=True)
class Pointer:
    snapshot_id: str
    manifest_sha256: str


def write_canonical(document: Document) -> bytes:
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


_PLAIN_LIST = re.compile(r"\[\n((?: +[^\s\[\]{}][^\n]*\n)+) +\]")


def write_manifest(document: Document) -> bytes:
    """Canonical, but a list of plain values stands on one line: a row of a table is a line."""
    return _PLAIN_LIST.sub(_join_lines, write_canonical(document).decode()).encode()


def _join_lines(found: re.Match[str]) -> str:
    return f"[{' '.join(line.strip() for line in found[1].splitlines())}]"


def manifest_path(settings: Settings, snapshot_id: str) -> Path:
    return settings.snapshot_dir / store.MANIFESTS / f"{snapshot_id}.json"


def pointer_path(settings: Settings) -> Path:
    return settings.snapshot_dir / store.POINTER


def list_manifest_ids(settings: Settings) -> list[str]:
    """Ids of the manifests that are there, oldest night first."""
    return sorted(path.stem for path in (settings.snapshot_dir / store.MANIFESTS).glob("*.json"))


def read_manifest(settings: Settings, snapshot_id: str) -> Manifest:
    """Read one manifest. IntegrityError if it is missing, is no manifest, or comes from a newer format."""
    path = manifest_path(settings, snapshot_id)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError(
            "快照不存在 | The snapshot is not there.",
            where=path,
            expected="`fapiao snapshot list` 列出的编号之一 | one of the ids that `fapiao snapshot list` shows",
        ) from None
    return Manifest(snapshot_id, store.hash_bytes(content), _parse(path, content, snapshot_id))


def _parse(path: Path, content: bytes, snapshot_id: str) -> Document:
    try:
        document: Document = json.loads(content)
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if (
        isinstance(document, dict)
        and document.get("format") == FORMAT
        and document.get("format_version") not in READABLE_VERSIONS
    ):
        raise IntegrityError(
            "快照由另一格式版本写成 | The snapshot was written in another format version.",
            where=path,
            found=str(document.get("format_version")),
            expected=" or ".join(map(str, READABLE_VERSIONS)),
            next_step="用写成它的 fapiao-recon 版本读取 | read it with the version of fapiao-recon that wrote it",
        )
    problem = find_misshape(document)
    if problem or document["format"] != FORMAT or document["snapshot_id"] != snapshot_id:
        raise _damaged(path, problem or "编号或格式与文件名不符 | another id or format than its name says")
    return document


def _damaged(path: Path, found: str) -> IntegrityError:
    return IntegrityError(
        "快照清单已损坏 | The manifest is damaged.",
        where=path,
        found=found,
        next_step="运行 `fapiao snapshot verify`，再取回副本 | run `fapiao snapshot verify`, fetch a copy",
    )


def read_pointer(settings: Settings) -> Pointer | None:
    """The latest committed snapshot; None if there is no pointer. IntegrityError if it is not exactly as written."""
    path = pointer_path(settings)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
        pointer = Pointer(str(document["snapshot_id"]), str(document["manifest_sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)) from None
    if content != pointer_bytes(pointer):
        raise _damaged(path, "内容与写入时不同 | other bytes than were written")
    return pointer


def pointer_bytes(pointer: Pointer) -> bytes:
    """The pointer as it is written."""
    return write_canonical(
        {
            "format": FORMAT,
            "format_version": SMALL_VERSION,
            "snapshot_id": pointer.snapshot_id,
            "manifest_sha256": pointer.manifest_sha256,
        }
    )


def commit_manifest(settings: Settings, document: Document) -> Manifest:
    """Write the manifest with its signature, then the pointer. Every file that it lists must be in place already."""
    content = write_manifest(document)
    snapshot_id = str(document["snapshot_id"])
    store.write_signed(settings, manifest_path(settings, snapshot_id), content, signing.sign)
    manifest = Manifest(snapshot_id, store.hash_bytes(content), document)
    move_pointer(settings, manifest)
    return manifest


def remove_manifest(settings: Settings, snapshot_id: str) -> None:
    """Take a manifest away, then its signature; durable when it returns."""
    path = manifest_path(settings, snapshot_id)
    path.unlink(missing_ok=True)
    signing.signature_path(path).unlink(missing_ok=True)
    store.sync_folder(path.parent)


def remove_lone_signatures(settings: Settings) -> None:
    """Remove signatures without a manifest: a run died between the two."""
    for path in (settings.snapshot_dir / store.MANIFESTS).glob(f"*{signing.SUFFIX}"):
        if not path.with_suffix("").exists():
            path.unlink()


def move_pointer(settings: Settings, manifest: Manifest) -> None:
    content = pointer_bytes(Pointer(manifest.snapshot_id, manifest.sha256))
    store.write_durably(settings, pointer_path(settings), content)


def read_latest(settings: Settings) -> Manifest | None:
    """The manifest that the pointer names; None in an empty store. IntegrityError if the two do not agree."""
    pointer = read_pointer(settings)
    if pointer is None:
        return None
    manifest = read_manifest(settings, pointer.snapshot_id)
    if manifest.sha256 != pointer.manifest_sha256:
        raise _damaged(manifest_path(settings, pointer.snapshot_id), f"sha256 {manifest.sha256}")
    return manifest
