"""The ways out: console, file, and every apprise address of the settings. No address or token ever becomes text.

A channel is called by kind and place in the list (`wecombot[1]`), for an address may be the secret itself.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import tenacity
from rich.console import Console
from rich.text import Text

from pipelines.alerts.digest import Digest
from pipelines.alerts.http_answers import find_wait, hear_answers
from pipelines.settings import NamedChannel, Settings

ATTEMPTS = 3
FIRST_WAIT_S = 0.4
LONGEST_WAIT_S = 5.0

DEFAULT_LIMIT_BYTES = 12_000
LIMIT_BYTES = {"console": 4_000, "wecombot": 1_900, "dingtalk": 18_000, "feishu": 18_000}
"""What a message may hold, below the limits that the makers state (WeCom text: 2,048 bytes)."""


@dataclass(frozen=True)
class ChannelResult:
    """`state`: delivered, failed, held (quiet hours), or idle (nothing to send that it has not had).

    `detail` holds no secret.
    """

    channel: str
    state: str
    attempts: int = 0
    detail: str = ""

    @property
    def is_alive(self) -> bool:
        return self.state != "failed"


@dataclass(frozen=True)
class Refusal:
    """Why a message was not taken, and for how many seconds the service asks to be left alone, if it says so."""

    detail: str
    wait_seconds: float | None = None

    def __str__(self) -> str:
        asked = "" if self.wait_seconds is None else f", asks to wait {self.wait_seconds:.0f} s"
        return f"{self.detail}{asked}"


@dataclass(frozen=True)
class Channel:
    """`post` returns what went wrong, or None when the message was taken. `patience_seconds`: how long a channel that
    asks for patience is waited for, all tries together."""

    name: str
    post: Callable[[Digest], Refusal | None]
    is_local: bool = False
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    declared: NamedChannel | None = None
    patience_seconds: float = 60.0


def list_remote_channels(settings: Settings) -> list[Channel]:
    """One channel per address and named channel, also for an address that nobody understands: it fails when used."""
    unnamed = [_open_channel(url, place) for place, url in enumerate(settings.alert_channels, start=1)]
    channels = [*unnamed, *(_open_named_channel(channel) for channel in settings.named_channels)]
    return [replace(channel, patience_seconds=settings.channel_patience_seconds) for channel in channels]


def _open_named_channel(declared: NamedChannel) -> Channel:
    url = os.environ.get(declared.url_env, "")
    kind = url.partition("://")[0].lower()

    def post(digest: Digest) -> Refusal | None:
        unset = Refusal(
            f"环境变量 {declared.url_env} 没有设置 | the environment variable {declared.url_env} is not set"
        )
        return _post_by_apprise(url, digest) if url else unset

    return Channel(declared.name, post, limit_bytes=LIMIT_BYTES.get(kind, DEFAULT_LIMIT_BYTES), declared=declared)


def console_channel() -> Channel:
    """Writes to standard error, so that a program that reads standard output is not disturbed."""
    return Channel("console", _post_to_console, is_local=True, limit_bytes=LIMIT_BYTES["console"])


def _post_to_console(digest: Digest) -> None:
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text(digest.subject, style="bold"))
    console.print(Text(digest.body))


def _open_channel(url: str, place: int) -> Channel:
    kind = re.match(r"[A-Za-z][A-Za-z0-9]*(?=://)", url)
    name = kind[0].lower() if kind else "unknown"
    limit_bytes = LIMIT_BYTES.get(name, DEFAULT_LIMIT_BYTES)
    return Channel(f"{name}[{place}]", lambda digest: _post_by_apprise(url, digest), limit_bytes=limit_bytes)


def _post_by_apprise(url: str, digest: Digest) -> Refusal | None:
    import apprise  # noqa: PLC0415  # late: it loads over a hundred services

    with _listen_to_apprise() as complaints, hear_answers() as heard:
        target = apprise.Apprise()
        if not target.add(url):
            return Refusal("地址看不懂 | the address is not understood")
        taken = target.notify(title=digest.subject, body=digest.body, body_format=apprise.NotifyFormat.TEXT)
    return None if taken else Refusal(_classify(complaints), find_wait(heard))


@contextmanager
def _listen_to_apprise() -> Iterator[list[str]]:
    """Collect what apprise complains of, and keep addresses out of every log: it and urllib3 write them at DEBUG."""
    complaints: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: complaints.append(record.getMessage())  # type: ignore[method-assign]
    talkers = [logging.getLogger("apprise"), logging.getLogger("urllib3")]
    before = [(talker.propagate, talker.level) for talker in talkers]
    for talker in talkers:
        talker.propagate = False
        talker.addHandler(handler)
        talker.setLevel(logging.WARNING)
    try:
        yield complaints
    finally:
        for talker, (propagate, level) in zip(talkers, before, strict=True):
            talker.removeHandler(handler)
            talker.propagate = propagate
            talker.setLevel(level)


def _classify(complaints: list[str]) -> str:
    """What went wrong in words of our own: apprise's may quote the address."""
    said = " ".join(complaints)
    status = re.search(r"error\s*[=:]\s*(\d{3})\b", said)
    if status:
        return f"HTTP {status[1]}"
    return (
        ("连不上或没有应答 | no connection or no answer")
        if re.search(r"[Cc]onnection|[Ss]ocket|timed? ?out", said)
        else ("对方拒绝 | refused")
    )


def deliver(channel: Channel, digest: Digest) -> ChannelResult:
    """Send with retries; a failure is a result, not an exception. A service that asks for patience gets it, unless it
    asks for more than the channel's: then it is left alone at once."""
    out_of_patience = tenacity.stop_before_delay(channel.patience_seconds)
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(1 if channel.is_local else ATTEMPTS) | out_of_patience,
        wait=_wait,
        retry=tenacity.retry_if_result(lambda problem: problem is not None),
        retry_error_callback=_last_problem,
    )
    problem = retrying(channel.post, digest)
    attempts = int(retrying.statistics["attempt_number"])
    if problem is None:
        return ChannelResult(channel.name, "delivered", attempts)
    return ChannelResult(channel.name, "failed", attempts, str(problem))


def _wait(state: tenacity.RetryCallState) -> float:
    """What the service asked for, but at least a short, growing moment."""
    refusal = _last_problem(state)
    own = tenacity.wait_exponential_jitter(initial=FIRST_WAIT_S, max=LONGEST_WAIT_S, jitter=FIRST_WAIT_S)(state)
    return max(own, (refusal and refusal.wait_seconds) or 0.0)


def _last_problem(state: tenacity.RetryCallState) -> Any:
    return state.outcome.result() if state.outcome else None
