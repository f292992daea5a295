"""Runs one stage in a process of its own that kills itself at a named step: no handler runs, as in a power cut.

Usage: python -m tests.faults.killed_child ROOT OPERATION STEP [COUNT]
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import migrate, publish
from pipelines.snapshots import manifest, pruned, push, store
from pipelines.snapshots.place import Place
from tests.faults import operations

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
    "before_record": (pruned, "write_record", False),
    "after_record": (pruned, "write_record", True),
    "before_manifest_goes": (manifest, "remove_manifest", False),
    "after_manifest_goes": (manifest, "remove_manifest", True),
    "before_nth_upload": (Place, "upload", False),
    "after_nth_upload": (Place, "upload", True),
    "before_head": (push, "_send_head", False),
    "after_head": (push, "_send_head", True),
    "before_nth_far_file_goes": (Place, "remove", False),
    "after_nth_far_file_goes": (Place, "remove", True),
    "before_old_database_copied": (migrate, "keep_copy", False),
    "after_old_database_copied": (migrate, "keep_copy", True),
    "before_tables_change": (migrate, "migrate_tables", False),
    "while_tables_change": (migrate, "fill_tables", False),
    "before_tables_commit": (migrate, "migrate_tables", True),
    "after_tables_commit": (migrate, "drop_old_copies", False),
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


def main(root: str, operation: str, step: str, count: str = "1") -> None:
    die_at(step, int(count))
    getattr(operations, operation)(Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
