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
HERE: Shape = {"period": str, "rows": int, "row_hash": str, "control_sums": dict, "content": list}
LIKE: Shape = {**HERE, "like": str, "night_id": str, "without": list, "changed": list}
NEWEST: Shape = {"column": str, "value": str}
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
    problem = next((found for found in (_check(*part) for part in parts) if found), None)
    misfits = (_check_here(name, table) for name, table in document["tables"].items())
    return problem or next((found for found in misfits if found), None)


def _check_here(name: str, table: dict[str, Any]) -> str | None:
    """Rows that stand in the manifest: as many as it says, each with all columns, and what they refer to is there."""
    here, newest = table.get("here", []), table.get("newest")
    if not isinstance(here, list):
        return f"{name}: here is no list"
    columns = [column["name"] for column in table["columns"]]
    shapes = ((entry, LIKE if isinstance(entry, dict) and "like" in entry else HERE, name) for entry in here)
    problem = next((found for found in (_check(*part) for part in shapes) if found), None)
    if problem is None and newest is not None:
        problem = _check(newest, NEWEST, name) or (
            None if newest["column"] in columns else f"{name}: newest of nothing"
        )
    if problem:
        return problem
    full = {entry["period"]: entry["rows"] for entry in [*table["files"], *here] if "like" not in entry}
    fits = all(_is_as_said(entry, full, columns) for entry in here)
    return None if fits else f"{name}: rows in the manifest are not as many as it says"


def _is_as_said(entry: dict[str, Any], full: dict[str, int], columns: list[str]) -> bool:
    content = entry["content"]
    if not all(isinstance(row, list) and len(row) == len(columns) for row in content):
        return False
    if "like" not in entry:
        return len(content) == int(entry["rows"])
    base, without = full.get(entry["like"], 0), entry["without"]
    changed = [cells[0] for cells in entry["changed"] if isinstance(cells, list) and len(cells) % 2 == 1]
    if not _are_rows(without, base) or not _are_rows(changed, base) or len(changed) < len(entry["changed"]):
        return False
    return base - len(without) + len(content) == int(entry["rows"])


def _are_rows(numbers: list[Any], rows: int) -> bool:
    """Different numbers of rows, counted from 0."""
    fitting = {number for number in numbers if isinstance(number, int) and 0 <= number < rows}
    return len(fitting) == len(numbers)


def _check_moments(document: dict[str, Any]) -> str | None:
    for name in ("as_of", "created_at"):
        try:
            datetime.fromisoformat(document[name])
        except ValueError:
            return f"{name} is no time"
    return None
