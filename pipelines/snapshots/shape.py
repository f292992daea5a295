"""Whether a manifest has the shape that the format promises: a flipped bit can turn one key into another."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

Shape = dict[str, type]

INSIDE = re.compile(r"(tables|landing|configuration)(/[\w=-][\w=.-]*)+", re.ASCII)
"""Where a file may lie: a manifest can come from elsewhere, and may not name a place outside the store."""

TOP: Shape = {
    "format": str,
    "format_version": int,
    "snapshot_id": str,
    "night_id": str,
    "as_of": str,
    "created_at": str,
    "code": dict,
    "settings": dict,
    "settings_fingerprint": str,
    "audit": dict,
    "landing": list,
    "tables": dict,
}
FILE: Shape = {"path": str, "sha256": str, "bytes": int}
TABLE_FILE: Shape = {**FILE, "period": str, "rows": int, "row_hash": str, "control_sums": dict}
LANDED_FILE: Shape = {**FILE, "file_name": str, "source_ids": list}
CONFIGURATION_FILE: Shape = {**FILE, "kind": str, "file_name": str}
TABLE: Shape = {"columns": list, "key": list, "rows": int, "files": list}
COLUMN: Shape = {"name": str, "type": str}
PARENT: Shape = {"snapshot_id": str, "manifest_sha256": str}
AUDIT: Shape = dict.fromkeys(("rules", "passed", "warned", "stopped", "rows_unexpected"), int)
CODE: Shape = dict.fromkeys(("fapiao_recon", "duckdb", "pyarrow"), str)


def find_misshape(document: Any) -> str | None:
    """What is wrong with a manifest as read, None if nothing is."""
    return _check(document, TOP, "manifest") or _check_parts(document)


def _check(value: Any, wanted: Shape, where: str) -> str | None:
    if not isinstance(value, dict):
        return f"{where} is no object"
    missing = next((name for name, kind in wanted.items() if not isinstance(value.get(name), kind)), None)
    if missing:
        return f"{where} lacks {missing}"
    return None if "path" not in wanted or INSIDE.fullmatch(value["path"]) else f"{where}: {value['path']} is no place"


def _check_parts(document: dict[str, Any]) -> str | None:
    parts: list[tuple[Any, Shape, str]] = [
        (document["audit"], AUDIT, "audit"),
        (document["code"], CODE, "code"),
        *((entry, LANDED_FILE, "landing") for entry in document["landing"]),
        *((entry, CONFIGURATION_FILE, "configuration") for entry in document.get("configuration", [])),
        *((table, TABLE, name) for name, table in document["tables"].items()),
    ]
    if "parent" not in document:
        return "manifest lacks parent"
    if document["parent"] is not None:
        parts.append((document["parent"], PARENT, "parent"))
    found = (_check(value, wanted, where) for value, wanted, where in parts)
    return next((problem for problem in found if problem), None) or _check_tables(document) or _check_moments(document)


def _check_tables(document: dict[str, Any]) -> str | None:
    parts: list[tuple[Any, Shape, str]] = [
        *((entry, TABLE_FILE, name) for name, table in document["tables"].items() for entry in table["files"]),
        *((column, COLUMN, name) for name, table in document["tables"].items() for column in table["columns"]),
    ]
    return next((problem for problem in (_check(*part) for part in parts) if problem), None)


def _check_moments(document: dict[str, Any]) -> str | None:
    for name in ("as_of", "created_at"):
        try:
            datetime.fromisoformat(document[name])
        except ValueError:
            return f"{name} is no time"
    return None
