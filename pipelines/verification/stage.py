"""The stage after the join: open items whose invoice is missing upstream are asked about, and judged again if answered.

An answer is evidence: it ends the sentence of its item. One thing follows from it: a day whose verified invoice of ours
was not listed was not fully received, whatever the list declared. A service that fails never stops a night.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines.errors import FapiaoError
from pipelines.night import Night
from pipelines.pull.words import say
from pipelines.reconcile.nightly import reconcile_night
from pipelines.routes_verification import VerificationService
from pipelines.settings import Settings, beijing_now
from pipelines.sources.reasons import Message
from pipelines.verification.answers import clear_asked, keep_asked
from pipelines.verification.asking import Asking, ask_questions
from pipelines.verification.questions import Question, read_questions
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

logger = logging.getLogger(__name__)

NOTES = ".asked"


@dataclass(frozen=True)
class Verified:
    """How many invoices were asked about and how many wait for another night; `verdicts` of the items if they were
    judged again, else empty."""

    asked: int = 0
    waiting: int = 0
    verdicts: Mapping[tuple[str, str], int] = field(default_factory=dict)


def verify_night(settings: Settings, night: Night) -> Verified:
    """Ask within the limits; writes core_verification__answer, its bundle and a row of night__pull.

    A look back (a later night has ended already) asks nothing. The warehouse is not held while the service answers.
    """
    service = settings.verification
    if service is None:
        return Verified()
    folder = settings.landing_dir / service.id / NOTES
    with open_warehouse(settings) as con:
        if run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone():
            return Verified()
        concluded = _keep(con, settings, service, folder, night)
        questions = read_questions(con, service, night, beijing_now().date())
    started, chosen = beijing_now(), questions[: service.a_night]
    asking = _ask_or_say(service, chosen, folder)
    with open_warehouse(settings) as con:
        concluded += _keep(con, settings, service, folder, night)
        _note_night(con, service, night, started, asking, len(questions) - asking.asked)
    judged = reconcile_night(settings, night).verdicts if concluded else {}
    return Verified(asking.asked, len(questions) - asking.asked, judged)


def _keep(con: Connection, settings: Settings, service: VerificationService, folder: Path, night: Night) -> int:
    """Also what a killed night left behind."""
    with transaction(con):
        concluded = keep_asked(con, settings, service, folder, night)
        run_sql(con, "core/core_upstream__unlisted", {"as_of": night.as_of})
    clear_asked(folder)
    return concluded


def _ask_or_say(service: VerificationService, questions: list[Question], folder: Path) -> Asking:
    try:
        return ask_questions(service, questions, folder) if questions else Asking()
    except Exception as error:  # noqa: BLE001 - kept as the service's failure; it must not stop the night
        logger.warning("verification %s failed: %s", service.id, type(error).__name__)
        what = error.message if isinstance(error, FapiaoError) else type(error).__name__
        return Asking(0, Message(what, what))


def _note_night(
    con: Connection, service: VerificationService, night: Night, started: datetime, asking: Asking, waiting: int
) -> None:
    """How the service did, where the routes of the sources say it: alerts are raised from there."""
    keys = {"source_id": service.id, "received_at": night.as_of}
    counts = dict(run_sql(con, "verification/tonight", keys).fetchall())
    message = _say(service, counts, asking.fault, waiting)
    row = {
        "night_id": night.night_id,
        "source_id": service.id,
        "route_no": 0,
        "kind": "verification",
        "state": _state_of(counts, asking.fault),
        "files": [],
        "rows": sum(counts.values()),
        "declared": None,
        "started_at": started,
        "ended_at": beijing_now(),
        "watermark": None,
        "message_zh": message.zh if message else None,
        "message_en": message.en if message else None,
    }
    with transaction(con):
        con.execute("DELETE FROM night__pull WHERE night_id = ? AND source_id = ?", [night.night_id, service.id])
        run_sql(con, "pull/night__pull", row)


def _state_of(counts: dict[str, int], fault: Message | None) -> str:
    heard = sum(counts.values()) - counts.get("no_answer", 0)
    if fault:
        return "incomplete" if heard else "failed"
    return "pulled" if heard else "unchanged"


def _say(service: VerificationService, counts: dict[str, int], fault: Message | None, waiting: int) -> Message | None:
    said = [say("verification", "counts", service=service.id, **_group(counts))] if counts else []
    if fault:
        said += [fault, say("verification", "left", waiting=waiting)]
    elif waiting:
        said.append(say("verification", "waiting", waiting=waiting, limit=service.a_night))
    if not said:
        return None
    return Message("".join(f"{one.zh}。" for one in said), " ".join(f"{one.en}." for one in said))


def _group(counts: dict[str, int]) -> dict[str, int]:
    told = {name: counts.get(name, 0) for name in ("consistent", "differs", "not_found")}
    return told | {"asked": sum(counts.values()), "others": sum(counts.values()) - sum(told.values())}
