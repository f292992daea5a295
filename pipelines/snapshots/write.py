"""Keep one night: write what changed, then the manifest, then the pointer.

A crash at any moment leaves the last snapshot whole; the next night removes what was left and continues from it. The
working database is held open for writing meanwhile, so there is never a second writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.errors import IntegrityError
from pipelines.model import TABLES, Table
from pipelines.night import Night
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import pruned, store
from pipelines.snapshots.configuration import collect_configuration, keep_configuration
from pipelines.snapshots.keep_table import keep_table, known_parts
from pipelines.snapshots.lock import hold_store
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.partition import Part, fingerprint_parts, newest_night, prepare_periods
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

MOST_A_NIGHT = 99
PATIENCE_SECONDS = 900
"""How long a night waits for a prune or repair to end before it gives up."""


@dataclass(frozen=True)
class Snapshot:
    """`files` and `rows` of the whole snapshot; `files_new` and `bytes_added` are what this night added to the store
    (data files, without the manifest)."""

    snapshot_id: str
    files: int
    files_new: int
    bytes_added: int
    rows: int


def keep_night(settings: Settings, night: Night) -> Snapshot:
    """Write the snapshot of a night and note its id in `night__run`.

    A second call for a night of which nothing changed returns the snapshot that is there. IntegrityError if the store's
    latest manifest is damaged, or if a landed file is gone or is not what was received.
    """
    with open_warehouse(settings) as con, hold_store(settings, "keep", PATIENCE_SECONDS):
        manifests.remove_lone_signatures(settings)
        parent = manifests.read_latest(settings)
        drop_uncommitted(settings, parent)
        with transaction(con):
            snapshot_id = choose_snapshot_id(settings, night)
            if parent and parent.night_id == night.night_id:
                run_sql(con, "snapshot/snapshot_id", {"night_id": night.night_id, "snapshot_id": parent.snapshot_id})
                if _has_same_content(con, settings, parent):
                    return _summarise(parent, parent)
            run_sql(con, "snapshot/snapshot_id", {"night_id": night.night_id, "snapshot_id": snapshot_id})
            return _summarise(_write_snapshot(con, settings, night, snapshot_id, parent), parent)


def drop_uncommitted(settings: Settings, latest: Manifest | None) -> str | None:
    """Remove the manifest of a run that ended before it moved the pointer; its id.

    Only a single direct child of the latest snapshot can be one. IntegrityError for anything else that is newer than
    the pointer: the pointer was lost or turned back, and a night on top of it would fork the chain.
    """
    ids = manifests.list_manifest_ids(settings)
    newer = [found for found in ids if latest is None or found > latest.snapshot_id]
    if not newer:
        return None
    if len(newer) > 1 or _parent_sha256(settings, newer[0]) != (latest.sha256 if latest else None):
        raise IntegrityError(
            "快照指针丢失或被倒退 | The snapshot pointer is lost or was turned back.",
            where=manifests.pointer_path(settings),
            found=f"pointer: {latest.snapshot_id if latest else 'none'}, but there are also {', '.join(newer[-3:])}",
            expected="指向最新快照的指针 | a pointer that names the newest snapshot",
            next_step=(
                "运行 `fapiao snapshot verify`；从副本取回 LATEST | "
                "run `fapiao snapshot verify`; bring back LATEST from a copy of the store"
            ),
        )
    manifests.remove_manifest(settings, newer[0])
    return newer[0]


def _parent_sha256(settings: Settings, snapshot_id: str) -> str | None:
    parent = manifests.read_manifest(settings, snapshot_id).document["parent"]
    return parent["manifest_sha256"] if parent else None


def choose_snapshot_id(settings: Settings, night: Night) -> str:
    """The night with a running number: `20261124T020000-01`. Known before anything is written, so the night's own row
    can name it inside the snapshot.

    Names sort in the order of writing: a night that is judged again after later ones is named after the latest of them.
    """
    taken = [*manifests.list_manifest_ids(settings), *pruned.list_record_ids(settings)]
    prefix = max([night.night_id, *(found.rpartition("-")[0] for found in taken)])
    numbers = [int(found.rpartition("-")[2]) for found in taken if found.startswith(f"{prefix}-")]
    if max(numbers, default=0) >= MOST_A_NIGHT:
        raise IntegrityError(
            "同一夜的快照过多 | Too many snapshots of one night.", where=prefix, expected=f"at most {MOST_A_NIGHT}"
        )
    return f"{prefix}-{max(numbers, default=0) + 1:02d}"


def _has_same_content(con: Connection, settings: Settings, latest: Manifest) -> bool:
    document = latest.document
    if document["settings_fingerprint"] != settings.fingerprint or document["code"] != describe_code():
        return False
    if latest.configuration != [file.entry for file in collect_configuration(con, settings)]:
        return False
    prepare_periods(con)
    return all(
        [(part.period, part.rows, part.row_hash) for part in _look_again(con, table, latest)]
        == [(entry["period"], entry["rows"], entry["row_hash"]) for entry in latest.parts_of(table.name)]
        and newest_night(con, table) == (latest.newest_of(table.name) or {}).get("value")
        for table in TABLES
    )


def _look_again(con: Connection, table: Table, latest: Manifest) -> list[Part]:
    return fingerprint_parts(con, table, known=known_parts(latest, table.name))


def _write_snapshot(
    con: Connection, settings: Settings, night: Night, snapshot_id: str, parent: Manifest | None
) -> Manifest:
    prepare_periods(con)
    document: Document = {
        "format": manifests.FORMAT,
        "format_version": manifests.FORMAT_VERSION,
        "snapshot_id": snapshot_id,
        "night_id": night.night_id,
        "as_of": night.as_of.isoformat(),
        "created_at": beijing_now().isoformat(),
        "code": describe_code(),
        "settings": settings.public,
        "settings_fingerprint": settings.fingerprint,
        "audit": count_audit(con, night),
        "parent": {"snapshot_id": parent.snapshot_id, "manifest_sha256": parent.sha256} if parent else None,
        "landing": keep_landed_files(con, settings),
        "configuration": keep_configuration(settings, collect_configuration(con, settings)),
        "tables": {table.name: keep_table(con, settings, table, parent) for table in TABLES},
    }
    return manifests.commit_manifest(settings, document)


def describe_code() -> dict[str, str]:
    """Versions of the code and of the two libraries that decide what is written."""
    try:
        own = version("fapiao-recon")
    except PackageNotFoundError:
        own = "not installed"
    return {"fapiao_recon": own, "duckdb": duckdb.__version__, "pyarrow": pa.__version__}


def count_audit(con: Connection, night: Night) -> dict[str, Any]:
    """Counts of the night's audit: rules, passed, warned, stopped, rows_unexpected. All 0 if it was not audited."""
    run_sql(con, "snapshot/audit_count", {"night_id": night.night_id})
    names = [column[0] for column in con.description or []]
    return dict(zip(names, con.fetchone() or (), strict=True))


def keep_landed_files(con: Connection, settings: Settings) -> list[Document]:
    """Copy the bytes of files received since the last night; an entry for every file ever received."""
    rows = run_sql(con, "snapshot/landed_file").fetchall()
    return [
        {
            "path": keep_landed_file(settings, file_id, landed_path),
            "sha256": file_id,
            "bytes": size,
            "file_name": file_name,
            "source_ids": source_ids,
        }
        for file_id, size, landed_path, file_name, source_ids in rows
    ]


def keep_landed_file(settings: Settings, file_id: str, landed_path: str) -> str:
    """Copy one received file into the store unless it is there; its path in the store.

    IntegrityError if the landed file is gone or its bytes are not those that were received.
    """
    path = f"{store.LANDING}/{file_id}"
    final = settings.snapshot_dir / path
    landed = settings.data_root / landed_path
    if final.is_file() and landed.is_file() and final.stat().st_size == landed.stat().st_size:
        return path
    if final.is_file() and not landed.is_file():
        return path
    with store.incoming_file(settings, file_id) as temporary:
        found = store.copy_hashed(landed, temporary) if landed.is_file() else "no file"
        if found != file_id:
            raise IntegrityError(
                "收到的文件与当初收到的内容不符 | A received file is not what was received.",
                where=landed,
                found=found,
                expected=f"sha256 {file_id}",
                next_step="请重新送达该文件：其内容是已采用各行的凭据 | "
                "deliver the file again; its bytes are the evidence for rows that were taken from it",
            )
        store.keep_content(temporary, final, file_id)
    return path


def _summarise(written: Manifest, parent: Manifest | None) -> Snapshot:
    old = {entry["path"] for entry in parent.files} if parent else set()
    new = {entry["path"]: int(entry["bytes"]) for entry in written.files if entry["path"] not in old}
    return Snapshot(written.snapshot_id, len(written.files), len(new), sum(new.values()), written.rows)
