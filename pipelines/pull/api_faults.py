"""Why an API did not answer as it should: from status and answer to one sentence. Its own texts stay out of it, since
addresses and tokens may stand in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from pipelines.errors import UpstreamUnavailableError
from pipelines.pull.words import say
from pipelines.routes import ApiAnswer
from pipelines.sources.decode_bundle import find_path, parse_page

MAINTENANCE = re.compile(
    r"系统维护|停机维护|正在[^<。]{0,8}维护|维护升级|升级维护|维护公告|暂停服务"
    r"|(under|scheduled|down for|undergoing)(\s|&nbsp;){1,3}(scheduled\s)?maintenance",
    re.IGNORECASE,
)
"""What a page says that stands in for a service which is being maintained."""
PAGE_CHARS = 20_000
PASSING = frozenset({"busy", "maintenance", "broken", "timeout", "unreachable"})

REFUSALS = frozenset({"refused", "forbidden", "no_such_path", "wrong_request", "busy", "maintenance"})


class ApiError(UpstreamUnavailableError):
    """An API that gave nothing usable; `kind` is a key of `[api]` in reference/pull_words.toml.

    `wait_seconds`: how long it asked to be left alone, None if it did not say."""

    def __init__(self, kind: str, *, wait_seconds: float | None = None, **details: object) -> None:
        self.kind = kind
        self.wait_seconds = wait_seconds
        self.details = details
        self.sentence = say("api", kind, **details)
        super().__init__(str(self.sentence))

    @property
    def is_passing(self) -> bool:
        """Whether asking again a little later may help."""
        return self.kind in PASSING

    @property
    def is_refusal(self) -> bool:
        """Whether it said that it did not do what was asked. A lost answer may have been given."""
        return self.kind in REFUSALS


def check_response(response: httpx.Response, answer: ApiAnswer) -> object:
    """The parsed answer. Raises ApiError for every status but 2xx, for what is no JSON, and for a code of failure."""
    place = response.url.host
    wait = read_wait(response.headers.get("Retry-After"))
    if response.status_code >= 300:
        raise refuse_status(response)
    try:
        parsed = parse_page(response.content)
    except ValueError:
        if is_maintenance_page(response):
            raise _say_maintenance(response) from None
        raise ApiError("no_json", place=place) from None
    _check_code(parsed, answer, place, wait)
    return parsed


def refuse_status(response: httpx.Response) -> ApiError:
    """What a status says that is no success, also that of a login. 503 is maintenance if it says for how long or its
    page says so; alone it may as well be a service that has broken down."""
    wait = read_wait(response.headers.get("Retry-After"))
    code = response.status_code
    may_rest = code >= 500 or response.is_redirect
    if (code == 503 and wait is not None) or (may_rest and is_maintenance_page(response)):
        return _say_maintenance(response)
    return ApiError(_kind_of(code), wait_seconds=wait, place=response.url.host, code=code, wait=_say_wait(wait))


def is_maintenance_page(response: httpx.Response) -> bool:
    """Whether the answer, or the page that it leads to, speaks of maintenance."""
    leads_to = response.headers.get("Location", "").lower()
    return bool(re.search(r"maintenance|weihu", leads_to) or MAINTENANCE.search(response.text[:PAGE_CHARS]))


def _say_maintenance(response: httpx.Response) -> ApiError:
    wait = read_wait(response.headers.get("Retry-After"))
    place, code = response.url.host, response.status_code
    return ApiError("maintenance", wait_seconds=wait, place=place, code=code, wait=_say_wait(wait))


def _kind_of(status: int) -> str:
    known = {401: "refused", 403: "forbidden", 404: "no_such_path", 429: "busy"}
    return known.get(status) or ("broken" if status >= 500 else "wrong_request")


def _check_code(parsed: object, answer: ApiAnswer, place: str, wait: float | None) -> None:
    if answer.code is None:
        return
    try:
        code = str(find_path(parsed, answer.code))
    except KeyError:
        raise ApiError("shape", place=place, path=answer.code) from None
    if code in answer.maintenance_codes:
        raise ApiError("maintenance", wait_seconds=wait, place=place, code=code, wait=_say_wait(wait))
    if code not in answer.ok_codes:
        raise ApiError("wrong_request", place=place, code=code)


def read_wait(text: str | None) -> float | None:
    """Seconds that a Retry-After asks for, as a number or as a moment; None if it cannot be read."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _say_wait(wait: float | None) -> str:
    return "未说明 not said" if wait is None else f"{max(1, round(wait / 60))} min"
