"""Keep a self-inspection file beside the snapshots, never over an earlier one, and prove later that it is unchanged.

`snapshots/inspections/<period>/<night_id>-<number>/` holds the page, the workbook, the JSON, and `SEAL.json` with the
sha256 of each and of the manifest that they rest on. With a signing key the seal is signed as manifests are.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import BadInputError
from pipelines.exports.inspection import Inspection, read_inspection
from pipelines.exports.inspection_files import render_inspection, write_inspection_book, write_inspection_json
from pipelines.exports.period import Period
from pipelines.settings import Settings
from pipelines.snapshots import signing, store
from pipelines.snapshots.chain import read_chain
from pipelines.snapshots.manifest import write_canonical

FOLDER = "inspections"
SEAL = "SEAL.json"
FORMAT = "fapiao-inspection-seal"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Verified:
    """`problems` are damage, empty if the file is as it was made; `notes` say what could not be looked at."""

    folder: Path
    period: str
    snapshot_id: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def keep_inspection(settings: Settings, period: Period) -> Path:
    """Make the file of a period and archive it under a name of its own; the folder.

    Raises BadInputError if nothing was published, that night has no snapshot, or the period has no records.
    """
    inspection = read_inspection(settings, period)
    parent = settings.snapshot_dir / FOLDER / period.name
    draft = parent / f".{inspection.night.night_id}.{os.getpid()}.part"
    store.make_folder(draft)
    try:
        _write_files(draft, inspection)
        return _move_to_new_name(draft, parent, inspection.night.night_id)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_files(draft: Path, inspection: Inspection) -> None:
    stem = f"自查自纠_{inspection.period.name}"
    contents = {
        f"{stem}.html": render_inspection(inspection),
        f"{stem}.xlsx": write_inspection_book(inspection),
        f"{stem}.json": write_inspection_json(inspection),
    }
    seal = write_canonical(_make_seal(inspection, contents))
    signature = signing.sign(seal)
    signed = {signing.signature_path(Path(SEAL)).name: signature} if signature else {}
    for name, content in {**contents, SEAL: seal, **signed}.items():
        path = draft / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        store.sync_file(path)
    store.sync_folder(draft)


def _make_seal(inspection: Inspection, contents: dict[str, bytes]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "period": inspection.period.name,
        "night_id": inspection.night.night_id,
        "made_at": inspection.made_at.isoformat(),
        "snapshot_id": inspection.evidence.snapshot_id,
        "manifest_sha256": inspection.evidence.manifest_sha256,
        "manifest_signature": inspection.evidence.signature,
        "files": [
            {"name": name, "sha256": store.hash_bytes(content), "bytes": len(content)}
            for name, content in sorted(contents.items())
        ],
    }


def _move_to_new_name(draft: Path, parent: Path, night_id: str) -> Path:
    """A folder with files in it cannot be renamed over: a name that is taken is never taken again."""
    number = 1
    while True:
        final = parent / f"{night_id}-{number:02d}"
        try:
            draft.rename(final)
        except OSError:
            if not final.exists():
                raise
            number += 1
            continue
        store.sync_folder(parent)
        return final


def verify_inspection(settings: Settings, path: Path) -> Verified:
    """Check a kept file, named by its folder or by any file in it, wherever it lies.

    Raises BadInputError if there is no seal that can be read; everything else that is wrong is a value.
    """
    folder = path if path.is_dir() else path.parent
    content, seal = _read_seal(folder)
    problems = [*_check_files(folder, seal), *_check_signature(folder, content, seal)]
    notes = []
    found = read_chain(settings).hash_of(seal["snapshot_id"])
    if found is None:
        notes.append(f"{seal['snapshot_id']}: 本机没有这个快照，未核对 | the snapshot is not here: not compared")
    elif found != seal["manifest_sha256"]:
        problems.append(f"{seal['snapshot_id']}: manifest sha256 {found}, expected {seal['manifest_sha256']}")
    if not signing.load_public_keys():
        notes.append(
            f"没有配置公钥，签名未核对 | no public key is configured ({signing.PUBLIC_KEYS}): no signature checked"
        )
    return Verified(folder, seal["period"], seal["snapshot_id"], tuple(problems), tuple(notes))


def _read_seal(folder: Path) -> tuple[bytes, dict[str, Any]]:
    path = folder / SEAL
    try:
        content = path.read_bytes()
        seal: dict[str, Any] = json.loads(content)
        if (seal["format"], seal["format_version"]) != (FORMAT, FORMAT_VERSION) or not _is_whole(seal):
            raise ValueError(seal["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(
            "没有可读的封存清单 | There is no seal that can be read.",
            where=path,
            found=type(error).__name__,
            expected=("`fapiao export inspection` 建立的文件夹 | the folder that `fapiao export inspection` made"),
        ) from None
    return content, seal


def _is_whole(seal: dict[str, Any]) -> bool:
    """Whether it says all that is asked of a seal. KeyError or TypeError for what is not there at all."""
    texts = [seal["period"], seal["snapshot_id"], seal["manifest_sha256"], seal["manifest_signature"] or ""]
    texts += [entry[name] for entry in seal["files"] for name in ("name", "sha256")]
    return bool(seal["files"]) and all(isinstance(text, str) for text in texts)


def _check_files(folder: Path, seal: dict[str, Any]) -> Iterator[str]:
    for entry in seal["files"]:
        path = folder / Path(entry["name"]).name
        if not path.is_file():
            yield f"{entry['name']}: missing"
        elif store.hash_file(path) != entry["sha256"]:
            yield f"{entry['name']}: sha256 {store.hash_file(path)}, expected {entry['sha256']}"


def _check_signature(folder: Path, content: bytes, seal: dict[str, Any]) -> Iterator[str]:
    """A seal that is not as it was written is damage with and without a key."""
    if content != write_canonical(seal):
        yield f"{SEAL}: other bytes than were written"
    keys, path = signing.load_public_keys(), signing.signature_path(folder / SEAL)
    if not keys:
        return
    if not path.is_file():
        if seal["manifest_signature"]:
            yield f"{path.name}: missing, although the snapshot is signed"
    elif not signing.is_signed_by(keys, content, path.read_bytes()):
        yield f"{path.name}: the signature is not of this seal"
