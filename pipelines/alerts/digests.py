"""Sends every channel its digest at its hour, once: what was sent is kept in `digests.json`.

At least once: a channel is noted as soon as it has taken its digest, so a crash in between sends that one again. What a
channel does not take, quiet hours hold back, or a running night hides, is tried again with the next call.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.alerts.cases import Case
from pipelines.alerts.channels import Channel, ChannelResult, deliver, list_remote_channels
from pipelines.alerts.digest import Digest
from pipelines.alerts.digest_due import find_due, find_due_before
from pipelines.alerts.digest_text import Nights, Standing, write_digest
from pipelines.alerts.routes import choose_channels, is_quiet
from pipelines.errors import FapiaoError
from pipelines.night import Night
from pipelines.reports.rows import fetch_rows, require_warehouse
from pipelines.settings import NamedChannel, Settings, beijing_now
from pipelines.sources.calendar import WorkCalendar, load_calendar
from pipelines.sources.landing import write_safely
from pipelines.warehouse import open_warehouse

logger = logging.getLogger(__name__)

FIRST_HOURS = 3
"""A channel that never had a digest gets one only so soon after its hour; else its first is the next one."""


class Sent(BaseModel):
    """The digest that a channel had last: when it was due, and up to when it told; None if it was passed over."""

    model_config = ConfigDict(extra="forbid")
    due_at: datetime
    told_until: datetime | None = None


class Book(BaseModel):
    """The file: by channel."""

    model_config = ConfigDict(extra="forbid")
    sent: dict[str, Sent] = Field(default_factory=dict)


def send_digests(settings: Settings, now: datetime | None = None) -> tuple[ChannelResult, ...]:
    """Send what is due; one result per channel that was tried. Nothing while another process sends, a night holds the
    warehouse, or before the first night."""
    now = now or beijing_now()
    wanting = [channel for channel in list_remote_channels(settings) if channel.declared and channel.declared.digest]
    if not wanting or not settings.warehouse_path.is_file():
        return ()
    try:
        calendar = load_calendar(settings.data_root)
    except FapiaoError as error:  # the installation's own table of working days
        found = f"{error.where}: {error.found}"
        return tuple(ChannelResult(channel.name, "failed", detail=found) for channel in wanting)
    with _hold_book(settings) as is_ours:
        if not is_ours:
            return ()
        results = [_send_one(channel, settings, now, calendar) for channel in wanting]
    return tuple(result for result in results if result)


def book_path(settings: Settings) -> Path:
    return settings.data_root / "digests.json"


@contextmanager
def _hold_book(settings: Settings) -> Iterator[bool]:
    """Whether this process may send; the system lets go of the lock when its holder dies."""
    with os.fdopen(os.open(settings.data_root / ".digests.lock", os.O_RDWR | os.O_CREAT, 0o600)) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def read_book(settings: Settings) -> Book:
    """A book that is missing or cannot be read begins anew: at worst a digest is sent twice, or one passed over."""
    try:
        return Book.model_validate_json(book_path(settings).read_bytes())
    except (FileNotFoundError, ValidationError):
        return Book()


def _send_one(channel: Channel, settings: Settings, now: datetime, calendar: WorkCalendar) -> ChannelResult | None:
    declared, book = channel.declared, read_book(settings)
    due = find_due(declared, now, calendar) if declared else None
    if declared is None or due is None:
        return None
    last = book.sent.get(channel.name)
    if last and due <= last.due_at <= now:
        return None
    if last is None and (now - due).total_seconds() > FIRST_HOURS * 3600:
        _note(settings, book, channel.name, Sent(due_at=due))
        return None
    if is_quiet(declared, now):
        return None
    digest = _compose(channel, declared, settings, now, _find_begin(declared, last, now, calendar))
    if digest is None:
        return None
    result = deliver(channel, digest)
    if result.state == "delivered":
        _note(settings, book, channel.name, Sent(due_at=due, told_until=now))
    return result


def preview_digests(settings: Settings, now: datetime | None = None) -> list[tuple[str, Digest]]:
    """Name and digest of each channel that has one, as it would be now; nothing is sent or noted. Empty while a night
    holds the warehouse. BadInputError when no night has run."""
    require_warehouse(settings)
    now, book, calendar = now or beijing_now(), read_book(settings), load_calendar(settings.data_root)
    found = [
        (channel.name, _compose(channel, channel.declared, settings, now, begin))
        for channel in list_remote_channels(settings)
        if channel.declared and channel.declared.digest
        for begin in [_find_begin(channel.declared, book.sent.get(channel.name), now, calendar)]
    ]
    return [(name, digest) for name, digest in found if digest]


def _find_begin(declared: NamedChannel, last: Sent | None, now: datetime, calendar: WorkCalendar) -> datetime:
    """Where the last digest ended; of the first one, the moment at which the one before it would have been due."""
    if last and last.told_until:
        return min(last.told_until, now)
    return find_due_before(declared, find_due(declared, now, calendar) or now, calendar)


def _compose(
    channel: Channel, declared: NamedChannel, settings: Settings, now: datetime, since: datetime
) -> Digest | None:
    told = _read_standing(channel, settings, since, now)
    language = declared.language or settings.alert_language
    return write_digest(told, declared.digest or "", settings, language, channel.limit_bytes) if told else None


def _note(settings: Settings, book: Book, channel: str, sent: Sent) -> None:
    book.sent[channel] = sent
    write_safely(book_path(settings), book.model_dump_json(indent=2).encode())


def _read_standing(channel: Channel, settings: Settings, since: datetime, now: datetime) -> Standing | None:
    """None while a night holds the warehouse: after it there is more to tell."""
    try:
        with open_warehouse(settings, read_only=True) as con:
            cases = fetch_rows(con, "alert/digest_case", Case, {"since_night": Night(since).night_id})
            (nights,) = fetch_rows(con, "alert/digest_night", Nights, {"since": since})
    except FapiaoError as error:
        logger.info("the digest waits: %s", error.message)
        return None
    return Standing(since, now, _choose(channel, cases, settings, now), nights, settings.escalate_after_days)


def _choose(channel: Channel, cases: Sequence[Case], settings: Settings, now: datetime) -> list[Case]:
    """What the routes give a channel that they name; everything for one that no route names."""
    if not any(channel.name in route.channels for route in settings.alert_routes):
        return list(cases)
    known = frozenset(found.name for found in list_remote_channels(settings))
    return [
        case
        for case in cases
        if channel.name in choose_channels(case.alert_key, case.amount_cny, case.age_days(Night(now)), settings, known)
    ]
