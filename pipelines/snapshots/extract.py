"""Take rows out of a snapshot without touching a data root: one table, one period, or both, as Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.damage import require_hash
from pipelines.snapshots.kept_rows import list_files, read_rows
from pipelines.snapshots.manifest import Document, Manifest
from pipelines.snapshots.parquet import kept_schema, write_parquet
from pipelines.snapshots.read import open_snapshot


@dataclass(frozen=True)
class Extracted:
    """`files` holds the path and the rows of every Parquet file written."""

    snapshot_id: str
    files: tuple[tuple[Path, int], ...]

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.files)


def extract_rows(
    settings: Settings, snapshot_id: str, folder: Path, table: str | None = None, period: str | None = None
) -> Extracted:
    """Write `<folder>/<table>[.<period>].parquet` per table that has rows of the period (a month takes its days too).

    The rows of a period alone do not fit a working database of another night, so none is changed. UsageError for an
    unknown table or period, or a file that is there already; IntegrityError for a damaged file.
    """
    manifest = open_snapshot(settings, snapshot_id)
    chosen = _choose_parts(manifest, table, period)
    targets = {name: folder / f"{name}{f'.{period}' if period else ''}.parquet" for name in chosen}
    for path in targets.values():
        _refuse_existing(path)
    store.make_folder(folder)
    written = [(path, _write_rows(settings, manifest, chosen[name], name, path)) for name, path in targets.items()]
    return Extracted(manifest.snapshot_id, tuple(written))


def _choose_parts(manifest: Manifest, table: str | None, period: str | None) -> dict[str, list[Document]]:
    known = manifest.document["tables"]
    if table is not None and table not in known:
        raise UsageError("快照里没有这张表 | No such table in the snapshot.", found=table, expected=", ".join(known))
    chosen = {
        name: [entry for entry in manifest.parts_of(name) if period is None or entry["period"].startswith(period)]
        for name in ([table] if table else known)
    }
    filled = {name: entries for name, entries in chosen.items() if entries}
    if not filled:
        periods = sorted({entry["period"] for name in chosen for entry in manifest.parts_of(name)})
        raise UsageError(
            "快照里没有这个期间的行 | The snapshot has no rows of that period.",
            where=table,
            found=period,
            expected=", ".join(periods) or "this table has no rows at all",
        )
    return filled


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise UsageError(
            "文件已存在，没有覆盖 | The file is there already and was not overwritten.",
            where=path,
            next_step="--into 另一个目录 | name another folder with --into",
        )


def _write_rows(settings: Settings, manifest: Manifest, entries: list[Document], name: str, path: Path) -> int:
    for entry in list_files(manifest, name, entries):
        _require_content(settings, entry)
    schema = kept_schema(manifest.columns_of(name))
    rows = read_rows(settings, manifest, name, entries)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write_parquet(pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()), schema, temporary)
        store.move_into_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return rows.num_rows


def _require_content(settings: Settings, entry: Document) -> None:
    path = settings.snapshot_dir / entry["path"]
    require_hash(entry, store.hash_file(path) if path.is_file() else None)
