"""Which snapshots are on hold, and why."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.errors import IntegrityError
from pipelines.settings import Settings
from pipelines.snapshots import store


def hold_path(settings: Settings, snapshot_id: str) -> Path:
    return settings.snapshot_dir / hold_name(snapshot_id)


def hold_name(snapshot_id: str) -> str:
    return f"{store.HOLDS}/{snapshot_id}.json"


def list_holds(settings: Settings) -> dict[str, str]:
    """Held ids with the reason. IntegrityError for one that cannot be read: it must not be taken for none."""
    return {path.stem: _read_reason(path) for path in sorted((settings.snapshot_dir / store.HOLDS).glob("*.json"))}


def _read_reason(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["why"])
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("保留标记无法读取 | A hold cannot be read.", where=path, found=str(error)) from None
