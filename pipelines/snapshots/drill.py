"""The restore drill: a backup that was never restored is a hope. Restores a snapshot into a scratch folder and says so.

Each drill leaves a small file in `<data_root>/drills/`, so that the age of the last good one is known.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import EXIT_DONE, EXIT_INTEGRITY, IntegrityError, UsageError
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import store
from pipelines.snapshots.manifest import write_canonical
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.restore import restore_snapshot
from pipelines.sources.landing import write_safely

FOLDER = "drills"
SCRATCH_SECONDS = 86_400


@dataclass(frozen=True)
class Drill:
    """One drill; `problem` says why a snapshot could not be restored, None if it could. `ended_at` is Beijing time."""

    snapshot_id: str
    ended_at: str
    rows: int
    seconds: float
    problem: str | None = None

    @property
    def is_good(self) -> bool:
        return self.problem is None

    @property
    def exit_code(self) -> int:
        """0 restored and the same, 5 not."""
        return EXIT_DONE if self.is_good else EXIT_INTEGRITY


def run_drill(settings: Settings, snapshot_id: str | None = None) -> Drill:
    """Restore one snapshot (a random earlier one if none is named) under the data root, compare it with its manifest by
    content, remove it again, and note the outcome. UsageError if there is no snapshot or no such one."""
    chosen = open_snapshot(settings, snapshot_id).snapshot_id if snapshot_id else choose_snapshot(settings)
    began = time.monotonic()
    rows, problem = _restore_aside(settings, chosen)
    drill = Drill(chosen, beijing_now().isoformat(), rows, round(time.monotonic() - began, 2), problem)
    _note(settings, drill)
    return drill


def choose_snapshot(settings: Settings) -> str:
    """A random snapshot but the newest, or the newest if it is the only one; UsageError if there is none."""
    ids = manifests.list_manifest_ids(settings)
    if not ids:
        raise UsageError("还没有快照，无从演练 | There is no snapshot to drill with.", where=settings.snapshot_dir)
    return secrets.choice(ids[:-1] or ids)


def _restore_aside(settings: Settings, snapshot_id: str) -> tuple[int, str | None]:
    store.make_folder(settings.data_root / FOLDER)
    _remove_old_scratch(settings.data_root / FOLDER)
    with TemporaryDirectory(prefix="restored-", dir=settings.data_root / FOLDER) as scratch:
        try:
            return restore_snapshot(settings, snapshot_id, Path(scratch) / "data", with_row_hash=True).rows, None
        except IntegrityError as error:
            return 0, str(error).replace("\n", ";")


def _remove_old_scratch(folder: Path) -> None:
    """What a killed drill left; one of today may still be running."""
    for path in folder.glob("restored-*"):
        if time.time() - path.stat().st_mtime > SCRATCH_SECONDS:
            shutil.rmtree(path)


def _note(settings: Settings, drill: Drill) -> None:
    stamp = drill.ended_at.replace("-", "").replace(":", "")
    path = settings.data_root / FOLDER / f"{stamp}.{time.time_ns()}.json"
    write_safely(path, write_canonical(asdict(drill)))


def list_drills(settings: Settings) -> list[Drill]:
    """All drills that were noted, oldest first. IntegrityError for a note that cannot be read."""
    return [_read(path) for path in sorted((settings.data_root / FOLDER).glob("*.json"))]


def _read(path: Path) -> Drill:
    try:
        return Drill(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise IntegrityError(
            "演练记录无法读取 | The note of a drill cannot be read.", where=path, found=str(error)
        ) from None


def age_of_last_good(settings: Settings, now: datetime | None = None) -> timedelta | None:
    """How long ago a drill last succeeded; None if none ever did."""
    good = [datetime.fromisoformat(drill.ended_at) for drill in list_drills(settings) if drill.is_good]
    return (now or beijing_now()) - max(good) if good else None
