"""Why a database could not be read: from the error's own code to one sentence. The database's text stays out of it,
but for the name of the table or column that it complains about: addresses and passwords stand in such texts."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy.exc import DBAPIError

from pipelines.errors import UpstreamUnavailableError
from pipelines.pull.words import say

FAMILIES = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "mssql": "mssql", "oracle": "oracle"}
"""SQLAlchemy's name of a dialect -> the family that its codes and its session belong to."""
KINDS = ("refused", "forbidden", "timeout", "unreachable", "lost", "wrong_query")


class DatabaseError(UpstreamUnavailableError):
    """A reading that gave nothing usable; `kind` is a key of `[database]` in reference/pull_words.toml."""

    def __init__(self, kind: str, code: str = "", **details: object) -> None:
        self.kind = kind
        self.code = code
        self.sentence = say("database", kind, **details)
        super().__init__(str(self.sentence), found=code or None)


@cache
def _reference() -> dict[str, Any]:
    text = resources.files("pipelines").joinpath("reference", "database_errors.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def find_kind(family: str, error: DBAPIError, *, is_connecting: bool) -> tuple[str, str]:
    """Kind and code of a driver's error; a code that is not listed is `other`, or `unreachable` while connecting."""
    code = find_code(family, error)
    for kind in KINDS:
        if any(fnmatch(code, listed) for listed in _reference()[family].get(kind, [])):
            return kind, code
    if is_connecting:
        return ("refused" if _asked_for_password(error) else "unreachable"), code
    if code == "" and (error.connection_invalidated or family == "postgresql"):
        return "lost", code  # PostgreSQL's driver has a code for everything but a dead connection
    return "other", code


def find_code(family: str, error: DBAPIError) -> str:
    """SQLSTATE, error number or ORA-/DPY- code of the driver's error; '' where it has none."""
    origin = error.orig
    if family == "postgresql":
        return getattr(origin, "sqlstate", None) or ""
    text = str(origin)
    if family == "oracle":
        found = re.search(r"(ORA|DPY)-\d+", text)
        return found.group() if found else ""
    numbers = re.findall(r"(?<!\d)\d{3,5}(?!\d)", " ".join(str(part) for part in getattr(origin, "args", ())))
    return numbers[0] if numbers else ""


def _asked_for_password(error: DBAPIError) -> bool:
    """PostgreSQL gives no code for a refused login, but its driver knows whether the server asked for the password."""
    state = getattr(error.orig, "pgconn", None)
    return bool(state and (state.used_password or state.needs_password))


def find_subject(error: DBAPIError) -> str:
    """The table or column in the database's first line, such as ` (gl_accvouch)`; '' if it names none."""
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)
    found = re.search(r"(?:table|relation|view|object|column|schema)\s+['\"`]?(?P<name>[\w.$#]+)", said, re.IGNORECASE)
    return f"（{found['name']}）" if found else ""
