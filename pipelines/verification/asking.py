"""Asking: one invoice after the other, each noted before it is sent and kept as received before it is read.

The notes lie in a folder until their bundle is landed: a killed night loses neither an answer nor a try that counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipelines.pull.api_client import ApiClient
from pipelines.pull.api_faults import ApiError
from pipelines.pull.words import say
from pipelines.routes_verification import VerificationService
from pipelines.settings import beijing_now
from pipelines.sources.landing import write_safely
from pipelines.sources.reasons import Message
from pipelines.verification.answers import NOTE, PAGE, read_answer
from pipelines.verification.questions import Question

USELESS = frozenset({"unreadable", "timed_out", "no_answer"})
MAX_USELESS = 3
"""So many invoices in a row without a usable answer end the night's asking: it is not the invoices."""


@dataclass(frozen=True)
class Asking:
    """How many were asked, and what ended it before the last question."""

    asked: int = 0
    fault: Message | None = None


def ask_questions(service: VerificationService, questions: list[Question], folder: Path) -> Asking:
    """Ask in this order; notes and answers go into the folder. A failure that is the service's, not the invoice's, ends
    the asking. Never raises for what the service does."""
    asked, useless = 0, 0
    try:
        with ApiClient(service) as client:
            for place, question in enumerate(questions, start=1):
                outcome, error = _ask_one(client, service, question, folder / f"{place:05}")
                if error and (error.is_refusal or not error.is_passing):
                    return Asking(asked, error.sentence)
                asked = place
                useless = useless + 1 if outcome in USELESS else 0
                if useless == MAX_USELESS:
                    said = (
                        error.sentence if error else say("verification", "useless", place=client.place, count=useless)
                    )
                    return Asking(asked, said)
    except ApiError as error:
        return Asking(asked, error.sentence)
    return Asking(asked)


def _ask_one(
    client: ApiClient, service: VerificationService, question: Question, stem: Path
) -> tuple[str, ApiError | None]:
    """The outcome, and why there was no answer."""
    note = stem.with_suffix(NOTE)
    noted = question.as_texts() | {"asked_at": str(beijing_now()), "requests": question.attempts}
    write_safely(note, _as_bytes(noted))
    before = client.counted
    try:
        answer = client.ask(service.method, service.path, question.as_params(service), question.attempts)
    except ApiError as error:
        if client.counted == before:
            note.unlink()
        else:
            write_safely(note, _as_bytes(noted | {"requests": client.counted - before, "fault": error.kind}))
        return "no_answer", error
    write_safely(stem.with_suffix(PAGE), answer.content)
    write_safely(note, _as_bytes(noted | {"requests": client.counted - before}))
    return str(read_answer(service, answer.content)["outcome"]), None


def _as_bytes(noted: dict[str, object]) -> bytes:
    return json.dumps(noted, ensure_ascii=False, indent=1).encode()
