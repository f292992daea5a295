"""How fast an account may ask: sources of one account that are fetched side by side share one pace."""

from __future__ import annotations

import time
from functools import cache
from threading import Lock

from pipelines.routes import ApiAuth


class Pace:
    """Hands out moments for requests, one after the other."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next_at = 0.0

    def reserve(self, requests_per_second: float) -> float:
        """Seconds to wait before the request that is reserved with this call."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next_at)
            self._next_at = at + 1 / requests_per_second
        return at - now


def find_pace(base_url: str, auth: ApiAuth) -> Pace:
    """The pace of that account; the settings name it by its variables, whose values stay out of this."""
    return _keep_pace(base_url, auth.model_dump_json())


@cache
def _keep_pace(_base_url: str, _account: str) -> Pace:
    return Pace()
