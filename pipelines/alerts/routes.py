"""Who hears of an alert, when, and who owns it: all from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from pipelines.settings import AlertRoute, NamedChannel, Owner, Settings

WRAPPERS = ("overdue:", "resolved:")


@dataclass(frozen=True)
class Subject:
    """What an alert is about. `cause` is a finding's cause, or the kind of the alert (file, source, rule, ...)."""

    cause: str
    taxpayer_id: str | None = None
    source_id: str | None = None


def find_subject(alert_key: str, settings: Settings) -> Subject:
    """Read the key: `finding:<cause>:<taxpayer>`, `source:<id>`, `file:<source>:<file>`, or another kind."""
    for wrapper in WRAPPERS:
        alert_key = alert_key.removeprefix(wrapper)
    kind, _, rest = alert_key.partition(":")
    if kind == "finding":
        cause, _, taxpayer_id = rest.partition(":")
        return Subject(cause, taxpayer_id)
    if kind in ("source", "pull", "file"):
        source_id = rest.rpartition(":")[0] if kind == "file" else rest
        taxpayer_id = next((source.taxpayer_id for source in settings.sources if source.id == source_id), None) or ""
        return Subject(kind, taxpayer_id or None, source_id)
    return Subject(kind)


def find_owner(alert_key: str, settings: Settings) -> Owner | None:
    """The first owner of the settings that fits; one without any condition fits everything."""
    subject = find_subject(alert_key, settings)
    return next((owner for owner in settings.owners if _owns(owner, subject)), None)


def _owns(owner: Owner, subject: Subject) -> bool:
    return (
        (not owner.sources or subject.source_id in owner.sources)
        and (not owner.taxpayers or subject.taxpayer_id in owner.taxpayers)
        and (not owner.causes or subject.cause in owner.causes)
    )


def choose_channels(
    alert_key: str, amount_cny: Decimal | None, age_days: int, settings: Settings, known: frozenset[str]
) -> frozenset[str]:
    """Names of the channels that every fitting route names. Without one: the unnamed `alert_channels`, or all of them
    where there is none: no alert falls through. A route that names no known channel counts as not there."""
    subject = find_subject(alert_key, settings)
    routed = {
        name
        for route in settings.alert_routes
        if _fits(route, subject, amount_cny, age_days)
        for name in route.channels
        if name in known
    }
    unnamed = known - {channel.name for channel in settings.named_channels}
    return frozenset(routed) or unnamed or known


def _fits(route: AlertRoute, subject: Subject, amount_cny: Decimal | None, age_days: int) -> bool:
    return (
        (not route.taxpayers or subject.taxpayer_id in route.taxpayers)
        and (not route.causes or subject.cause in route.causes)
        and (not route.min_amount_cny or (amount_cny or Decimal(0)) >= route.min_amount_cny)
        and age_days >= route.min_age_days
    )


def is_quiet(channel: NamedChannel, now: datetime) -> bool:
    """Whether the quiet hours hold; they may span midnight, and begin and end at the same time for none."""
    begin, end = channel.quiet_from, channel.quiet_to
    if begin is None or end is None:
        return False
    return _is_within(now.time(), begin, end)


def _is_within(moment: time, begin: time, end: time) -> bool:
    return begin <= moment < end if begin <= end else moment >= begin or moment < end
