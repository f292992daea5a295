"""Bring a snapshot back: a working data root, or the rows of one table or period as Parquet.

A data root is built beside and renamed into place, after every file was read, hashed and loaded, and after the loaded
rows were compared with the manifest. Until then whatever was there before is untouched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.night_log import hold_night_lock
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.load import identify_files, load_tables, require_unchanged, require_whole
from pipelines.snapshots.manifest import Manifest
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.settle import move_staged, settle_configuration, stage_landing
from pipelines.snapshots.totals import check_rows
from pipelines.warehouse import connect, ensure_tables, run_sql, transaction

MANUAL_NOTE = (
    "提醒渠道等密钥不在快照里，请重新设置 | Secrets such as alert channels are in no snapshot: set them again "
    "(FAPIAO_ALERT_CHANNELS)."
)


@dataclass(frozen=True)
class Restored:
    """A data root that was built: rows over all tables, landed files put back, and what a person should know."""

    snapshot_id: str
    night_id: str
    as_of: datetime
    data_root: Path
    tables: int
    rows: int
    landed_files: int
    rules_stopped: int
    notes: tuple[str, ...] = ()


def find_as_of(settings: Settings, moment: datetime) -> str:
    """Id of the newest snapshot whose `as_of` is not after the moment; UsageError that names the earliest if none."""
    known = [manifests.read_manifest(settings, found) for found in manifests.list_manifest_ids(settings)]
    fitting = [found for found in known if datetime.fromisoformat(found.document["as_of"]) <= moment]
    if fitting:
        return max(fitting, key=lambda found: (found.document["as_of"], found.snapshot_id)).snapshot_id
    raise UsageError(
        "那时还没有快照 | There is no snapshot of that time or before.",
        found=moment.isoformat(),
        expected=f"{min(k.document['as_of'] for k in known)} or later" if known else None,
        next_step="fapiao snapshot list",
    )


def restore_snapshot(
    settings: Settings,
    snapshot_id: str,
    data_root: Path | None = None,
    *,
    over_live: bool = False,
    with_row_hash: bool = False,
) -> Restored:
    """Build the working database, the received files, own layouts and `fapiao.toml` of a snapshot in a data root.

    `data_root` is the store's own root if left out. A root that holds a working database is live: UsageError, unless
    `over_live`, and then the old database is kept beside the new one. `with_row_hash` compares each row's text
    too, as a drill does. IntegrityError, with the target untouched, for a file that is damaged or rows that are not
    what the manifest says. Nothing is published here.
    """
    manifest = open_snapshot(settings, snapshot_id)
    target = settings.model_copy(update={"data_root": data_root or settings.data_root})
    require_not_live(target, over_live=over_live)
    before = identify_files(settings, manifest)
    require_whole(settings, manifest, later=(f"{store.LANDING}/",))
    store.make_folder(target.warehouse_path.parent)
    with hold_night_lock(target):
        _remove_leftovers(target)
        temporary = target.warehouse_path.with_name(f".restoring.{os.getpid()}.duckdb")
        try:
            with stage_landing(settings, target, manifest) as staged:
                rows, notes = _build_database(settings, target, manifest, temporary, with_row_hash=with_row_hash)
                require_unchanged(before)
                move_staged(staged)
            notes += settle_configuration(settings, target, manifest)
            notes += _swap_database(target, temporary)
        finally:
            _remove_leftovers(target)
    return _summarise(manifest, target, rows, len(staged), notes)


def _remove_leftovers(target: Settings) -> None:
    """Half-built databases, of this run or of one that died; the night's lock says that no other is building one."""
    for path in target.warehouse_path.parent.glob(".restoring.*"):
        path.unlink()


def _summarise(manifest: Manifest, target: Settings, rows: int, landed: int, notes: list[str]) -> Restored:
    document = manifest.document
    return Restored(
        snapshot_id=manifest.snapshot_id,
        night_id=manifest.night_id,
        as_of=datetime.fromisoformat(document["as_of"]),
        data_root=target.data_root,
        tables=len(document["tables"]),
        rows=rows,
        landed_files=landed,
        rules_stopped=document["audit"]["stopped"],
        notes=(*notes, MANUAL_NOTE),
    )


def require_not_live(target: Settings, *, over_live: bool) -> None:
    """UsageError if the data root holds a working database and nobody said that it may be replaced."""
    if target.warehouse_path.exists() and not over_live:
        raise UsageError(
            "目标数据目录正在使用，没有动它 | The target data root is live; it was left alone.",
            where=target.warehouse_path,
            expected="空的数据目录 | an empty data root",
            next_step="--into 另一个目录，或明确用 --over-live | name another folder with --into, or say --over-live",
        )


def _build_database(
    settings: Settings, target: Settings, manifest: Manifest, path: Path, *, with_row_hash: bool
) -> tuple[int, list[str]]:
    """Load, compare with the manifest, close the night's own row (a night is kept before it ends)."""
    con = connect(path, target)
    try:
        path.chmod(0o600)
        ensure_tables(con)
        with transaction(con):
            notes = load_tables(con, settings, manifest)
        rows = check_rows(con, manifest, with_hash=with_row_hash)
        run_sql(
            con,
            "snapshot/close_restored",
            {"night_id": manifest.night_id, "finished_at": datetime.fromisoformat(manifest.document["created_at"])},
        )
        con.execute("CHECKPOINT")
    finally:
        con.close()
    return rows, notes


def _swap_database(target: Settings, temporary: Path) -> list[str]:
    """Put the new database in place; one that was there stays beside it under another name."""
    final = target.warehouse_path
    notes = []
    if final.exists():
        kept = final.with_name(f"recon.replaced-{beijing_now():%Y%m%dT%H%M%S}.{os.getpid()}.duckdb")
        log = final.with_name(f"{final.name}.wal")
        os.link(final, kept)
        if log.exists():
            log.replace(kept.with_name(f"{kept.name}.wal"))
        notes.append(f"原工作库保留为 | the old working database was kept as {kept.name}")
    store.move_into_place(temporary, final)
    return notes
