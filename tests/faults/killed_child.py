"""Runs one stage in a process of its own that kills itself at a named step: no handler runs, as in a power cut.

Usage: python -m tests.faults.killed_child DATA_ROOT STAGE STEP [COUNT]
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import publish
from pipelines.settings import Settings
from pipelines.snapshots import manifest, store, write
from tests.unit.small_warehouse import SECOND

STEPS: dict[str, tuple[Any, str, bool]] = {
    "before_nth_file": (store, "move_into_place", False),
    "after_nth_file": (store, "move_into_place", True),
    "in_nth_file": (store, "hash_file", False),
    "before_landed_copy": (store, "copy_hashed", False),
    "before_manifest": (manifest, "commit_manifest", False),
    "before_pointer": (manifest, "move_pointer", False),
    "after_pointer": (manifest, "move_pointer", True),
    "after_copy": (publish, "copy_tables", True),
    "in_views": (publish, "comment_tables", True),
    "before_rename": (publish, "move_into_place", False),
    "after_rename": (publish, "move_into_place", True),
}
"""Step -> where the function is, its name, and whether the process dies after it (or before)."""


def die_at(step: str, count: int) -> None:
    """Replace a function by one that kills the process at its call number `count`."""
    module, name, is_after = STEPS[step]
    original: Callable[..., Any] = getattr(module, name)
    calls = iter(range(1, 10_000))

    def dying(*args: Any, **kwargs: Any) -> Any:
        is_last = next(calls) == count
        if is_last and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(module, name, dying)


def main(data_root: str, stage: str, step: str, count: str = "1") -> None:
    settings = Settings(data_root=Path(data_root), threads=2)
    die_at(step, int(count))
    run = {"keep": write.keep_night, "publish": publish.publish_night}[stage]
    run(settings, SECOND)


if __name__ == "__main__":
    main(*sys.argv[1:])
