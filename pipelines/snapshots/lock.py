"""One writer per store. The operating system lets go of the lock when its holder dies, so a stale one cannot block."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipelines.errors import IntegrityError
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots import store

PAUSE_SECONDS = 0.1


@contextmanager
def hold_store(settings: Settings, what: str, patience_seconds: float = 0) -> Iterator[None]:
    """Hold the store for writing. IntegrityError that names the process, its work and since when, if another holds it
    and does not let go in time.

    What a dead holder wrote into the lock file is replaced: only a lock that is held counts, never the text. Its
    unfinished files are removed.
    """
    with _hold(settings, store.LOCK, what, patience_seconds):
        store.clear_incoming(settings)
        yield


@contextmanager
def hold_copying(settings: Settings, what: str) -> Iterator[None]:
    """Keep what is there from being removed while it is copied. A night may be kept meanwhile: a push can take hours,
    and adding files disturbs none. IntegrityError like above."""
    with _hold(settings, store.COPYING, what):
        yield


@contextmanager
def _hold(settings: Settings, name: str, what: str, patience_seconds: float = 0) -> Iterator[None]:
    store.make_folder(settings.snapshot_dir)
    path = settings.snapshot_dir / name
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as handle:
        deadline = time.monotonic() + patience_seconds
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                raise _is_held(path, handle)
            time.sleep(PAUSE_SECONDS)
        owner = {"what": what, "process": os.getpid(), "host": platform.node(), "since": str(beijing_now())}
        _write_owner(handle, owner)
        yield
        _write_owner(handle, {})


def _try_lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_owner(handle: IO[str], owner: dict[str, object]) -> None:
    handle.seek(0)
    handle.truncate()
    handle.write(json.dumps(owner) if owner else "")
    handle.flush()


def _is_held(path: Path, handle: IO[str]) -> IntegrityError:
    return IntegrityError(
        "另一个进程正在写快照库，本次没有开始 | Another process is writing the snapshot store; this one did not start.",
        where=path,
        found=handle.read() or "no owner is stated",
        next_step="等它结束后重试 | wait for it to end and try again",
    )
