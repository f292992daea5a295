"""The night's sign of life: `heartbeat.json` in the data root says when it last began and ended, and when it is due.

A file, not a table: a night that hangs holds the warehouse, and that must not silence those who watch it.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import IntegrityError
from pipelines.settings import Settings, beijing_now
from pipelines.sources.landing import write_safely

logger = logging.getLogger(__name__)

PING_SECONDS = 10.0

Outcome = Literal["running", "published", "not_published", "look_back", "crashed"]
WHOLE: frozenset[Outcome] = frozenset({"published", "not_published"})
"""Nights that went through to their end: only these move the moment when the next one is due."""


class Heartbeat(BaseModel):
    """Beijing time. `next_due_at` is when the next whole night must have ended; a start alone never moves it."""

    model_config = ConfigDict(extra="forbid")
    night_id: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome
    next_due_at: datetime


def heartbeat_path(settings: Settings) -> Path:
    return settings.data_root / "heartbeat.json"


def read_heartbeat(settings: Settings) -> Heartbeat | None:
    """None where no night has begun yet. IntegrityError when the file is there and cannot be read."""
    path = heartbeat_path(settings)
    try:
        return Heartbeat.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise IntegrityError(
            "夜间任务的心跳文件读不出来 | The night's heartbeat cannot be read.",
            where=path,
            found=type(error).__name__,
            next_step="运行一次 fapiao nightly，它会重写此文件 | run fapiao nightly: it writes the file again",
        ) from error


def note_start(settings: Settings, night_id: str) -> None:
    """A night begins; what was due stays due, so that nights which begin and never end are noticed."""
    now, before = beijing_now(), _read_or_none(settings)
    due = before.next_due_at if before else now + settings.night_due
    ended = before.ended_at if before else None
    _write(settings, Heartbeat(night_id=night_id, started_at=now, ended_at=ended, outcome="running", next_due_at=due))


def note_end(settings: Settings, outcome: Outcome) -> None:
    """The night that noted its start has ended so."""
    now, before = beijing_now(), _read_or_none(settings)
    if before is None:
        logger.warning("heartbeat.json of this night is gone: its end cannot be noted")
        return
    changed: dict[str, object] = {"outcome": outcome, "ended_at": now}
    if outcome in WHOLE:
        changed["next_due_at"] = now + settings.night_due
    _write(settings, before.model_copy(update=changed))


def _read_or_none(settings: Settings) -> Heartbeat | None:
    try:
        return read_heartbeat(settings)
    except IntegrityError as error:
        logger.warning("heartbeat.json is written anew: %s", error.found)
        return None


def _write(settings: Settings, heartbeat: Heartbeat) -> None:
    """A heartbeat that cannot be written stops no night: those who watch will miss it, and say so."""
    try:
        write_safely(heartbeat_path(settings), heartbeat.model_dump_json(indent=2).encode())
    except OSError as error:
        logger.warning("heartbeat.json cannot be written: %s", error.strerror)


def ping_outside(settings: Settings) -> str | None:
    """Tell the address in `heartbeat_url_env` that a good night ended; what went wrong, or None. Never raises.

    The address may be the secret itself and stays out of texts and logs.
    """
    if settings.heartbeat_url_env is None:
        return None
    url = os.environ.get(settings.heartbeat_url_env)
    problem = _ping(url) if url else "the variable is not set"
    if problem:
        logger.warning("the heartbeat address in %s was not reached: %s", settings.heartbeat_url_env, problem)
    return problem


def _ping(url: str) -> str | None:
    talkers = [logging.getLogger("httpx"), logging.getLogger("httpcore")]
    levels = [talker.level for talker in talkers]
    for talker in talkers:
        talker.setLevel(logging.WARNING)
    try:
        answer = httpx.get(url, timeout=PING_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    finally:
        for talker, level in zip(talkers, levels, strict=True):
            talker.setLevel(level)
    return None if answer.is_success else f"HTTP {answer.status_code}"
