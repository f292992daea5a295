"""Alerts that stand between nights, kept in a JSON file: told once per channel, again when overdue, over once.

Not in the warehouse, for a night that hangs holds it. What quiet hours hold back or a channel does not take is tried
again with the next call.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.alerts.channels import Channel, ChannelResult, console_channel, deliver, list_remote_channels
from pipelines.alerts.compose import Alert
from pipelines.alerts.digest import Digest
from pipelines.alerts.raising import name_owner
from pipelines.alerts.routes import choose_channels, is_quiet
from pipelines.reports.words import pick
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely

logger = logging.getLogger(__name__)

RESOLVED_DAYS = 7
"""How long word that something is over is offered to a channel that does not take it."""


class Standing(BaseModel):
    """One alert; `told` is when each channel last took it, `resolved_at` is set once it is no longer true."""

    model_config = ConfigDict(extra="forbid")
    title_zh: str
    title_en: str
    raised_at: datetime
    resolved_at: datetime | None = None
    told: dict[str, datetime] = Field(default_factory=dict)


class Book(BaseModel):
    """The file: when the watch began, and what stands, by alert_key."""

    model_config = ConfigDict(extra="forbid")
    since: datetime
    standing: dict[str, Standing] = Field(default_factory=dict)


def read_book(path: Path, now: datetime) -> Book:
    """A book that is missing or cannot be read begins anew: at worst something is told twice. The newer of the book and
    the one beside, which is there if the disk refused."""
    places = [place for place in (path, _spare_path(path)) if place.is_file()]
    for place in sorted(places, key=lambda place: place.stat().st_mtime, reverse=True):
        try:
            return Book.model_validate_json(place.read_bytes())
        except (OSError, ValidationError):
            continue
    return Book(since=now)


def _write_book(path: Path, book: Book) -> None:
    """Into the temporary folder where the data root cannot be written, or every call would tell the same again."""
    content, spare = book.model_dump_json(indent=2).encode(), _spare_path(path)
    try:
        write_safely(path, content)
    except OSError as error:
        logger.warning("%s cannot be written: %s", path, error.strerror)
        try:
            write_safely(spare, content)
        except OSError as also:
            logger.warning("%s cannot be written: %s", spare, also.strerror)
        return
    spare.unlink(missing_ok=True)


def _spare_path(path: Path) -> Path:
    """One per user and data root: files of others in the temporary folder are not taken for ours."""
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"fapiao-{os.getuid()}" / f"{place}-{path.name}"


def settle_standing(
    path: Path, settings: Settings, alerts: Iterable[Alert], now: datetime, *, reaches_all: bool = False
) -> list[ChannelResult]:
    """Tell what is due of `alerts` (all that is true now), and what is over; writes `path`.

    With `reaches_all` neither routes nor quiet hours hold anything back.
    """
    book, current = read_book(path, now), {alert.alert_key: alert for alert in alerts}
    _note_changes(book, current, now)
    everyone = list_remote_channels(settings) or [console_channel()]
    results = [
        result
        for channel in everyone
        for result in _tell_all(channel, book, current, settings, now, reaches_all=reaches_all)
    ]
    oldest = now - timedelta(days=RESOLVED_DAYS)
    book.standing = {key: entry for key, entry in book.standing.items() if _is_kept(entry, oldest)}
    _write_book(path, book)
    return results


def _tell_all(
    channel: Channel, book: Book, current: dict[str, Alert], settings: Settings, now: datetime, *, reaches_all: bool
) -> Iterator[ChannelResult]:
    """What the channel has to hear, until it takes nothing: then it is left alone until the next call."""
    for key, entry in book.standing.items():
        result = _tell(channel, key, entry, current.get(key), settings, now, reaches_all=reaches_all)
        if result:
            yield result
        if result and not result.is_alive:
            return


def _note_changes(book: Book, current: dict[str, Alert], now: datetime) -> None:
    for key, entry in book.standing.items():
        entry.resolved_at = None if key in current else entry.resolved_at or now
    for key, alert in current.items():
        entry = book.standing.setdefault(key, Standing(title_zh="", title_en="", raised_at=now))
        entry.title_zh, entry.title_en = alert.title_zh, alert.title_en


def _is_kept(entry: Standing, oldest: datetime) -> bool:
    return entry.resolved_at is None or (bool(entry.told) and entry.resolved_at > oldest)


def _tell(
    channel: Channel,
    key: str,
    entry: Standing,
    alert: Alert | None,
    settings: Settings,
    now: datetime,
    *,
    reaches_all: bool,
) -> ChannelResult | None:
    """None when the channel has nothing to hear of it."""
    told = entry.told.get(channel.name)
    message = _say_over(entry, key) if alert is None else _say_due(alert, entry, told, settings, now)
    if message is None or (alert is None and told is None):
        return None
    if not reaches_all and not _may_go(channel, message, (now - entry.raised_at).days, settings, now):
        return None
    result = deliver(channel, _as_digest(name_owner(message, settings), channel, settings))
    if result.state == "delivered":
        _note_told(entry, channel.name, now)
    return result


def _note_told(entry: Standing, channel: str, now: datetime) -> None:
    if entry.resolved_at is None:
        entry.told[channel] = now
    else:
        entry.told.pop(channel)


def _say_due(alert: Alert, entry: Standing, told: datetime | None, settings: Settings, now: datetime) -> Alert | None:
    if told is None:
        return alert
    if (now - told).days < settings.escalate_after_days:
        return None
    days = (now - entry.raised_at).days
    return replace(
        alert,
        severity="critical",
        title_zh=f"已 {days} 天未解决：{alert.title_zh}",
        title_en=f"Not solved for {days} days: {alert.title_en}",
    )


def _say_over(entry: Standing, key: str) -> Alert:
    since = f"{entry.raised_at:%Y-%m-%d %H:%M}"
    return Alert(
        alert_key=key,
        severity="info",
        finding_count=0,
        amount_cny=None,
        title_zh=f"已解除：{entry.title_zh}",
        title_en=f"Resolved: {entry.title_en}",
        body_zh=f"自 {since} 起的提醒已不再成立，无需处理。",
        body_en=f"Raised {since}, no longer true: nothing to do.",
    )


def _may_go(channel: Channel, alert: Alert, age_days: int, settings: Settings, now: datetime) -> bool:
    if channel.is_local:
        return True
    known = frozenset(found.name for found in list_remote_channels(settings))
    if channel.name not in choose_channels(alert.alert_key, None, age_days, settings, known):
        return False
    declared = channel.declared
    wakes = declared is not None and declared.wakes_for_critical and alert.severity == "critical"
    return declared is None or wakes or not is_quiet(declared, now)


def _as_digest(alert: Alert, channel: Channel, settings: Settings) -> Digest:
    language = (channel.declared and channel.declared.language) or settings.alert_language
    return Digest(pick(language, alert.title_zh, alert.title_en), pick(language, alert.body_zh, alert.body_en))
