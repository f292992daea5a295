"""What a working data root needs besides its database: the received files, own layouts, the settings file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.configuration import OWN_LAYOUT, SETTINGS
from pipelines.snapshots.load import view_rows
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.sources.landing import write_safely
from pipelines.warehouse import connect, run_sql


@dataclass(frozen=True)
class Staged:
    """A received file that lies complete beside its place, not in it yet."""

    temporary: Path
    final: Path


@contextmanager
def stage_landing(settings: Settings, target: Settings, manifest: Manifest) -> Iterator[list[Staged]]:
    """Copy the received files beside where `raw_file` says that they lie, hashing what is copied; those that are not
    there already. What is not moved by the end is removed.

    IntegrityError for a damaged file, and for a place outside the landing folder: a manifest comes from a store that
    others may write.
    """
    stored = {entry["sha256"]: settings.snapshot_dir / entry["path"] for entry in manifest.document["landing"]}
    places = [(sha256, _place_in_landing(target, path)) for sha256, path in _read_places(settings, target, manifest)]
    wanted = [(sha256, Staged(final.with_name(f".{final.name}.restoring.tmp"), final)) for sha256, final in places]
    try:
        with ThreadPoolExecutor(settings.threads) as pool:
            copied = list(pool.map(lambda one: _stage(stored[one[0]], *one), wanted))
        yield [staged for (_, staged), is_copied in zip(wanted, copied, strict=True) if is_copied]
    finally:
        for _, staged in wanted:
            staged.temporary.unlink(missing_ok=True)


def _read_places(settings: Settings, target: Settings, manifest: Manifest) -> list[tuple[str, str]]:
    if not manifest.parts_of("raw_file"):
        return []
    con = connect(":memory:", target)
    try:
        view_rows(con, settings, manifest, "raw_file", "raw_file")
        return run_sql(con, "snapshot/landed_place").fetchall()
    finally:
        con.close()


def _place_in_landing(target: Settings, landed_path: str) -> Path:
    final = target.data_root / landed_path
    if not final.resolve().is_relative_to(target.landing_dir.resolve()):
        raise IntegrityError(
            "收到的文件会落到接收目录之外，未写入 | A received file would be put outside the landing folder.",
            where=landed_path,
        )
    return final


def _stage(source: Path, sha256: str, staged: Staged) -> bool:
    if staged.final.is_file() and store.hash_file(staged.final) == sha256:
        return False
    store.make_folder(staged.final.parent)
    found = store.copy_hashed(source, staged.temporary)
    if found != sha256:
        raise IntegrityError(
            "快照有损坏，没有恢复 | The snapshot is damaged and was not restored.",
            where=source,
            found=f"sha256 is {found}, expected {sha256}",
            next_step=("从副本修复，或恢复另一个快照 | fapiao snapshot repair <copy>; or restore another snapshot"),
        )
    staged.temporary.chmod(0o600)
    store.sync_file(staged.temporary)
    return True


def move_staged(staged: list[Staged]) -> None:
    """Give all staged files their names; durable when it returns."""
    for one in staged:
        one.temporary.replace(one.final)
    for folder in {one.final.parent for one in staged}:
        store.sync_folder(folder)


def settle_configuration(settings: Settings, target: Settings, manifest: Manifest) -> list[str]:
    """Write `fapiao.toml` and own layouts where there are none; notes on what was there already and differs.

    The oldest snapshots kept no configuration files; their settings stand in the manifest itself.
    """
    wanted = {target.data_root / "fapiao.toml": write_settings_toml(manifest.document["settings"]).encode()}
    for entry in manifest.configuration:
        if final := _place_of(target, entry):
            wanted[final] = _content_of(settings, entry)
    return [note for final, content in wanted.items() if (note := _settle_file(final, content))]


def _content_of(settings: Settings, entry: Document) -> bytes:
    content = (settings.snapshot_dir / entry["path"]).read_bytes()
    return write_settings_toml(json.loads(content)).encode() if entry["kind"] == SETTINGS else content


def _settle_file(final: Path, wanted: bytes) -> str | None:
    if final.exists():
        is_same = final.read_bytes() == wanted
        return None if is_same else f"{final.name}: 已存在，未改动 | was there already and was left as it is"
    write_safely(final, wanted)
    return None


def _place_of(target: Settings, entry: Document) -> Path | None:
    """Shipped lists and layouts come with the program and are not put back."""
    if entry["kind"] == SETTINGS:
        return target.data_root / "fapiao.toml"
    return target.data_root / "layouts" / Path(entry["file_name"]).name if entry["kind"] == OWN_LAYOUT else None


def write_settings_toml(values: dict[str, Any]) -> str:
    """Settings as the text of a `fapiao.toml`; a value that is not set is left out."""
    plain = {name: value for name, value in values.items() if value is not None and not _is_records(value)}
    lines = [f"{name} = {_toml_value(value)}" for name, value in plain.items()]
    for name, records in values.items():
        for record in records if _is_records(records) else []:
            lines += ["", f"[[{name}]]", *(f"{k} = {_toml_value(v)}" for k, v in record.items() if v is not None)]
    return "\n".join(lines) + "\n"


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) for part in value)


def _toml_value(value: Any) -> str:
    """A group, such as a source's route, stands on one line. JSON's texts, numbers and booleans are TOML's too, but for
    one character that TOML wants escaped."""
    if isinstance(value, dict):
        parts = (f"{_toml_value(name)} = {_toml_value(part)}" for name, part in value.items() if part is not None)
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
