"""Runs an operation in a forked process that kills itself at the k-th thing it does to the disk: no handler runs.

What counts as doing something to the disk are the calls below; each counts twice, before and after. What is written
between two of them (a Parquet file, a copy's stream) is half there when the process dies at the second.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.operations"])

TOUCHES: tuple[tuple[Any, str], ...] = (
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (Path, "write_bytes"),
    (Path, "chmod"),
    (os, "fsync"),
    (os, "link"),
    (os, "remove"),
    (shutil, "copyfile"),
    (shutil, "move"),
)


def _count_touches(k: int, counter: Any) -> None:
    """Replace every touching call by one that counts and, at the k-th, kills the process (0: never)."""
    guard = threading.Lock()

    def touch() -> None:
        with guard:
            counter.value += 1
            if counter.value == k:
                os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in TOUCHES:
        original: Callable[..., Any] = getattr(owner, name)

        def touching(*args: Any, _original: Callable[..., Any] = original, **kwargs: Any) -> Any:
            touch()
            result = _original(*args, **kwargs)
            touch()
            return result

        setattr(owner, name, touching)


def _run(operation: str, root: str, k: int, counter: Any) -> None:
    from tests.faults import operations  # noqa: PLC0415 - preloaded by the fork server

    _count_touches(k, counter)
    getattr(operations, operation)(Path(root))


def run_killed(operation: str, root: Path, k: int = 0) -> tuple[int, int]:
    """Exit code (-9 if killed) and the number of touches made."""
    counter = FORKS.Value("i", 0)
    process: BaseProcess = FORKS.Process(target=_run, args=(operation, str(root), k, counter))
    process.start()
    process.join(60)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode, counter.value
