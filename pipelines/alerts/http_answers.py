"""What far services answered while apprise spoke to them: it tells that one refused, but not for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipelines.pull.api_faults import read_wait

PATIENCE_CODES = frozenset({429, 503})


@dataclass(frozen=True)
class HttpAnswer:
    """Status, and the seconds that a Retry-After asks for; None if it asks for none."""

    status: int
    wait_seconds: float | None


@contextmanager
def hear_answers() -> Iterator[list[HttpAnswer]]:
    """Every answer that requests, which apprise sends with, gets meanwhile. For one thread at a time; bodies and
    addresses are not kept."""
    from requests.sessions import Session  # noqa: PLC0415 - late, like apprise

    heard: list[HttpAnswer] = []
    send = Session.send

    def send_and_hear(session: Session, request: Any, **options: Any) -> Any:
        response = send(session, request, **options)
        heard.append(HttpAnswer(response.status_code, read_wait(response.headers.get("Retry-After"))))
        return response

    Session.send = send_and_hear  # type: ignore[method-assign, assignment]
    try:
        yield heard
    finally:
        Session.send = send  # type: ignore[method-assign]


def find_wait(heard: list[HttpAnswer]) -> float | None:
    """How long the last answer asks to be left alone, if it does."""
    return heard[-1].wait_seconds if heard and heard[-1].status in PATIENCE_CODES else None
