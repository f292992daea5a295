"""Requests to an API: not faster than agreed, again after a passing failure, and never beyond the night's budget."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from pipelines.pull.api_auth import make_auth
from pipelines.pull.api_faults import ApiError, check_response
from pipelines.pull.api_pace import find_pace
from pipelines.routes import ApiService

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The bytes as received, and what they say."""

    content: bytes
    parsed: object


class ApiClient:
    """An open connection; ends with the `with` block."""

    def __init__(self, route: ApiService) -> None:
        self._route = route
        self.place = httpx.URL(route.base_url).host
        """The API's name for people."""
        self.counted = 0
        """Requests so far that the other side may have counted: all but those that it refused."""
        self._deadline = time.monotonic() + route.budget_seconds
        self._pace = find_pace(route.base_url, route.auth)
        auth = make_auth(route.auth, route.base_url)
        self._http = httpx.Client(
            base_url=route.base_url, auth=auth, timeout=route.timeout_seconds, follow_redirects=False
        )
        self._jitter = wait_random_exponential(multiplier=0.2, max=route.longest_wait_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def ask(self, method: str, path: str, params: dict[str, str], attempts: int | None = None) -> Answer:
        """The answer; GET sends the parameters in the query, POST as a JSON object. `attempts` instead of the
        settings'. Raises ApiError."""
        again = Retrying(
            stop=stop_after_attempt(attempts or self._route.attempts),
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, ApiError) and self._may_wait_for(error)),
            sleep=self.sleep,
            reraise=True,
        )
        return again(self._ask_once, method, path, params)

    def sleep(self, seconds: float) -> None:
        """Wait, unless that would go beyond the budget. Raises ApiError then."""
        if time.monotonic() + seconds > self._deadline:
            raise ApiError("over_budget", seconds=f"{self._route.budget_seconds:.0f}")
        time.sleep(seconds)

    def _may_wait_for(self, error: ApiError) -> bool:
        return error.is_passing and (error.wait_seconds or 0) <= self._route.longest_wait_seconds

    def _wait(self, state: RetryCallState) -> float:
        """What the API asked for, but at least a moment that differs between two who were refused together."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, ApiError) else None
        return max(asked or 0.0, self._jitter(state))

    def _ask_once(self, method: str, path: str, params: dict[str, str]) -> Answer:
        self._keep_rate()
        self.counted += 1
        try:
            return self._send(method, path, params)
        except ApiError as error:
            self.counted -= error.is_refusal
            raise

    def _send(self, method: str, path: str, params: dict[str, str]) -> Answer:
        try:
            response = self._http.post(path, json=params) if method == "POST" else self._http.get(path, params=params)
        except httpx.TimeoutException:
            raise ApiError("timeout", place=self.place, seconds=self._route.timeout_seconds) from None
        except httpx.RequestError as error:
            logger.warning("no answer from %s: %s", self.place, type(error).__name__)
            raise ApiError("unreachable", place=self.place, found=type(error).__name__) from None
        return Answer(response.content, check_response(response, self._route.answer))

    def _keep_rate(self) -> None:
        self.sleep(self._pace.reserve(self._route.requests_per_second))
