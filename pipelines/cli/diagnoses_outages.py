"""What `fapiao doctor` and the watch make of announced outages: a system that rests as announced is no fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.cli.diagnoses_state import STALE_NIGHTS
from pipelines.cli.diagnosis import Diagnosis
from pipelines.settings import Settings, beijing_now

if TYPE_CHECKING:
    from pipelines.pull.outage_rows import Outage
    from pipelines.pull.outages import Outages

COMING = timedelta(days=7)
SUBJECT = "维护公告 announced outages"


def diagnose_outages(settings: Settings) -> Iterator[Diagnosis]:
    """What is announced for the pulled sources in the next days; one more per entry that cannot be used."""
    if not settings.maintenance:
        return
    now = beijing_now()
    outages, pulled = _load(settings, now), [source.id for source in settings.sources if source.pull]
    said = [line for source_id in pulled for line in _say_next(outages, source_id, now)]
    detail = "；".join(said) or f"{COMING.days} 天内没有 none within {COMING.days} days"
    yield Diagnosis(SUBJECT, "ok", f"{detail}（北京时间 Beijing time {now:%m-%d %H:%M}）")
    for problem in outages.problems:
        wrong = f"{problem.found}；应为 expected: {problem.expected}"
        advice = "改正该处，否则届时照常报警 | correct it, or a failure then alarms as usual"
        yield Diagnosis(f"{SUBJECT} {problem.place}", "warn", wrong, advice, f"maintenance:{problem.file}")


def _load(settings: Settings, now: datetime) -> Outages:
    from pipelines.pull.outages import load_outages  # noqa: PLC0415 - reaches pyarrow

    return load_outages(settings, now)


def _say_next(outages: Outages, source_id: str, now: datetime) -> Iterator[str]:
    current = outages.find(source_id, now, now)
    if current:
        yield f"{source_id}: {current.sentence(now)}"
    if coming := outages.find_next(source_id, now, COMING):
        yield f"{source_id}: {coming.begins:%m-%d %H:%M} – {coming.ends:%m-%d %H:%M} {coming.note}".rstrip()


def excuse_routes(settings: Settings, found: Iterator[Diagnosis]) -> Iterator[Diagnosis]:
    """The same; what is wrong with a system is a note while its outage is announced. A variable that is not set stays
    a fault: no maintenance explains it."""
    if not settings.maintenance:
        yield from found
        return
    now = beijing_now()
    outages = _load(settings, now)
    for one in found:
        outage = outages.find(_source_of(one), now, now) if one.is_unreached else None
        yield _as_note(one, str(outage.sentence(now))) if outage else one


def excuse_watermarks(settings: Settings, found: Iterator[Diagnosis]) -> Iterator[Diagnosis]:
    """The same; data that are old because of announced outages are a note, until the night after the last was due."""
    if not settings.maintenance:
        yield from found
        return
    now = beijing_now()
    outages = _load(settings, now)
    for one in found:
        is_excused = one.state != "ok" and one.received_to and _is_excused(settings, outages, one, now)
        yield _as_note(one, _say_excuse(outages.find(_source_of(one), now, now), now)) if is_excused else one


def _is_excused(settings: Settings, outages: Outages, found: Diagnosis, now: datetime) -> bool:
    """An outage explains nothing that was old before it began: a weekly one does not hide a dead source for months."""
    spare = timedelta(hours=settings.night_due_hours)
    fresh_until = (found.received_to or now) + STALE_NIGHTS * spare
    return outages.find_excused(_source_of(found), fresh_until, spare) >= now


def _say_excuse(current: Outage | None, now: datetime) -> str:
    if current:
        return str(current.sentence(now))
    return "因公告维护，下一夜补取 | because of an announced outage: the next night fetches the rest"


def _source_of(found: Diagnosis) -> str:
    return (found.key or "").removeprefix("source:")


def _as_note(found: Diagnosis, said: str) -> Diagnosis:
    return replace(found, state="ok", detail=f"{found.detail}；{said}", next_step=None)
