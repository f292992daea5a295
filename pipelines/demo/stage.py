"""The folder that the demo plays in, and the installation's own settings that must stay out of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import UsageError

MARKER = "made-by-fapiao-demo.txt"
KEPT = {"prefect", MARKER}
"""Prefect's own database stays: to migrate it anew costs 8 s."""


def clear_demo_root(data_root: Path) -> Path:
    """Empty `<data_root>/demo` and return it; a data root that is a demo itself is taken as it is.

    Raises UsageError, and touches nothing, when the folder holds anything but has no marker of an earlier demo.
    """
    root = data_root if (data_root / MARKER).is_file() else data_root / "demo"
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        raise UsageError(
            "演示用的目录不是普通目录 | The demo's folder is no plain folder.",
            where=root,
            next_step=f"移走 {root} | move {root} away",
        )
    entries = list(root.iterdir()) if root.exists() else []
    if entries and not (root / MARKER).is_file():
        raise UsageError(
            "演示目录里有别的文件，没有动它 | The demo's folder holds something else; it was left alone.",
            where=root,
            found=", ".join(sorted(entry.name for entry in entries)[:5]),
            next_step=(
                f"移走 {root}，或把 FAPIAO_DATA_ROOT 设到别处 | "
                f"move {root} away, or set FAPIAO_DATA_ROOT to another folder"
            ),
        )
    for entry in entries:
        if entry.name not in KEPT:
            _remove(entry)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    (root / MARKER).write_text(
        "fapiao demo 生成，每次重建 | made by fapiao demo, renewed each time\n", encoding="utf-8"
    )
    return root


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


@contextmanager
def forget_own_settings() -> Iterator[None]:
    """Without `FAPIAO_*` of the environment: its alert channels must not hear of invented invoices."""
    own = {name: value for name, value in os.environ.items() if name.startswith("FAPIAO_")}
    for name in own:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(own)
