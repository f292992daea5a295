"""Opens and closes a night's row in `night__run`, keeps two nights from running at once, says what came of one.

`finished_at` stays NULL when a run crashes; the next night finds that row and names it.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pipelines.errors import IntegrityError
from pipelines.migrate import Migrated, migrate_root
from pipelines.model import FINDING_VERDICTS
from pipelines.night import Night
from pipelines.settings import Settings, beijing_now
from pipelines.warehouse import open_warehouse, run_sql, transaction

LOCK_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class OpenedNight:
    """`crashed_nights` are the night_ids of runs that began after the last finished one and never ended. A look back is
    a run for a moment before that of a night that has ended: it shows what was known then and leaves no trace behind.
    `migrated` says what was done to a data root of an earlier version.
    """

    night_id: str
    crashed_nights: tuple[str, ...] = ()
    is_look_back: bool = False
    migrated: Migrated | None = None


@dataclass(frozen=True)
class NightOutcome:
    """What a night came to: counts and places, no rows.

    `migration` is one line for people on the night that brought the tables to this version.

    `verdicts` counts items per (verdict, cause). `stopped_rules` are the ids of failed stop-rules; with any, readers
    keep the last good night. `finding_count` counts the items that ask something of a person, without the
    `set_aside_count` that a person set aside. `failed_sources`: state of each source that was judged on older data,
    as in night__pull or night__source. `is_fetched` is False if sources were asked and no route gave anything.
    """

    night_id: str
    as_of: datetime
    is_published: bool
    stopped_rules: tuple[str, ...]
    verdicts: dict[tuple[str, str], int]
    snapshot_id: str | None
    report_path: Path | None
    crashed_nights: tuple[str, ...] = ()
    migration: str | None = None
    set_aside_count: int = 0
    failed_sources: dict[str, str] = field(default_factory=dict)
    is_fetched: bool = True

    @property
    def finding_count(self) -> int:
        found = sum(count for (verdict, _), count in self.verdicts.items() if verdict in FINDING_VERDICTS)
        return found - self.set_aside_count


@contextmanager
def hold_night_lock(settings: Settings, patience_seconds: float = 0) -> Iterator[None]:
    """One night at a time per data root; the operating system lets go of the lock when its holder dies.

    Raises IntegrityError when another night still holds it after `patience_seconds`.
    """
    path = settings.warehouse_path.parent / "night.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as handle:
        deadline = time.monotonic() + patience_seconds
        while not _take_lock(handle):
            if time.monotonic() >= deadline:
                raise IntegrityError(
                    "另一夜正在运行，本次没有开始 | "
                    "Another night is running on this data root; this one did not start.",
                    where=path,
                    next_step="等它结束后重试 | wait for it to end and run again",
                )
            time.sleep(min(LOCK_LOOK_SECONDS, patience_seconds))
        yield


def _take_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_night(settings: Settings, night: Night) -> OpenedNight:
    """Insert the night's row, or reset it when the night runs again; a look back keeps the row that is there.

    A data root of an earlier version is migrated first, which the logger `fapiao.progress` says.
    """
    migrated = migrate_root(settings)
    if migrated:
        logging.getLogger("fapiao.progress").info("%s", migrated)
    values = {"night_id": night.night_id, "as_of": night.as_of, "started_at": beijing_now()}
    with open_warehouse(settings) as con, transaction(con):
        crashed = run_sql(con, "night/crashed_runs").fetchall()
        is_look_back = run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone() is not None
        known = con.execute("SELECT 1 FROM night__run WHERE night_id = ?", [night.night_id]).fetchone()
        if not (is_look_back and known):
            run_sql(con, "night/open_run", values)
    return OpenedNight(night.night_id, tuple(row[0] for row in crashed), is_look_back, migrated)


def close_night(settings: Settings, night: Night) -> None:
    """Set `finished_at`. Raises IntegrityError when the night was never opened."""
    values = {"night_id": night.night_id, "finished_at": beijing_now()}
    with open_warehouse(settings) as con, transaction(con):
        closed = run_sql(con, "night/close_run", values).fetchall()
    if len(closed) != 1:
        raise IntegrityError(
            "要结束的一夜没有开始过 | The night that should end was never opened.",
            where="night__run",
            found=f"{len(closed)} rows with night_id {night.night_id}",
            expected="1",
        )
