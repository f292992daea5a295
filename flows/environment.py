"""Prefect's surroundings for runs that we start ourselves. Must be settled before prefect is imported.

A run that a Prefect worker started has prefect imported already and keeps the worker's surroundings.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import tomllib
from contextlib import closing
from datetime import datetime
from pathlib import Path

from pipelines.refused import require_writable

logger = logging.getLogger(__name__)

QUIET_AND_PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    # The console shows our own words; Prefect's own log lines still go to its API. A failed task would otherwise print
    # its traceback here, on top of the message that the command line prints.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}

EMBEDDED_SERVER = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
}
"""A temporary server on 127.0.0.1, gone with the process. Its first start migrates its database: 13 s on 2 cores, later
starts 6 s. Services that only a standing server needs are off."""


def settle_prefect(data_root: Path, *, always_embedded: bool = False) -> None:
    """Set Prefect's environment variables, unless prefect is imported already; what the user set stays.

    Prefect's files go to `<data_root>/prefect`, unless PREFECT_HOME, PREFECT_API_URL or a profile with an API address
    say that the user has a Prefect of their own. `always_embedded` ignores these (the demo needs no server).
    """
    if "prefect" in sys.modules:
        return
    if always_embedded:
        for name in ("PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"):
            os.environ.pop(name, None)
        os.environ["PREFECT_HOME"] = str(_make_home(data_root))
    for name, value in QUIET_AND_PRIVATE.items():
        os.environ.setdefault(name, value)
    if not _has_server():
        _embed(data_root)


def _embed(data_root: Path) -> None:
    if not os.environ.get("PREFECT_HOME"):
        os.environ["PREFECT_HOME"] = str(_make_home(data_root))
    for name, value in EMBEDDED_SERVER.items():
        os.environ.setdefault(name, value)
    _exempt_loopback_from_proxies()


def _make_home(data_root: Path) -> Path:
    """Prefect would try a database that it cannot write or read for three minutes: found out before.

    FapiaoError where the disk refuses."""
    require_writable(data_root)
    home = data_root.resolve() / "prefect"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    require_writable(home)
    set_aside_damaged(home / "prefect.db")
    return home


def set_aside_damaged(database: Path) -> Path | None:
    """Rename a damaged SQLite file, with what belongs to it, so that Prefect begins anew; where it lies now. It holds
    what Prefect noted of earlier runs, no evidence."""
    if not database.is_file() or not _is_damaged(database):
        return None
    aside = database.with_name(f"{database.name}.damaged-{datetime.now().astimezone():%Y%m%dT%H%M%S}")
    for suffix in ("", "-wal", "-shm"):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    logger.warning(
        "Prefect 的数据库已损坏，改名为 %s 后重新建立；核对数据不受影响 | Prefect's database was damaged: it is kept "
        "as %s and begun anew; the reconciliation's data are not touched",
        aside,
        aside.name,
    )
    return aside


def _is_damaged(database: Path) -> bool:
    """A database that is in use, or cannot be looked at, is none that is damaged."""
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as con:
            return bool(con.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True


def _has_server() -> bool:
    """Whether the user named a Prefect server: in the environment, or in the active profile of their Prefect."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    profiles = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser() / "profiles.toml"
    return profiles.is_file() and _active_profile_has_server(profiles)


def _active_profile_has_server(profiles: Path) -> bool:
    try:
        content = tomllib.loads(profiles.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return True  # leave it to Prefect, whose message about its own file is the better one
    active = os.environ.get("PREFECT_PROFILE") or content.get("active")
    return "PREFECT_API_URL" in content.get("profiles", {}).get(active, {})


def _exempt_loopback_from_proxies() -> None:
    """Behind a company proxy the embedded server on 127.0.0.1 would otherwise be asked for through the proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [part for part in os.environ.get(name, "").split(",") if part]
        missing = [host for host in ("127.0.0.1", "localhost") if host not in known]
        os.environ[name] = ",".join([*known, *missing])
