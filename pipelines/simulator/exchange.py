"""A request and its answer, without the wire: what the simulator's rules are written in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """`params` are query, form and JSON fields together, as text; `path` is without the query, `target` with it."""

    method: str
    path: str
    target: str = ""
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def number(self, name: str, default: int) -> int:
        """A whole number of at least 1. Raises RefusalError 400 otherwise."""
        text = self.params.get(name) or str(default)
        if not text.isdecimal() or int(text) < 1:
            raise RefusalError(400, "400", f"{name}: {text!r}")
        return int(text)


@dataclass(frozen=True)
class Reply:
    """`cut` is how the wire treats it: not at all, half of it is sent, or the connection ends without an answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""


class RefusalError(Exception):
    """A request that is answered by an error. `retry_after` in seconds."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after

    def as_reply(self) -> Reply:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Reply(write_json({"code": self.code, "message": self.message, "data": None}), self.status, headers)


def write_json(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def answer_data(data: Any) -> Reply:
    """The usual envelope around what was asked for."""
    return Reply(write_json({"code": "0", "message": "成功", "data": data}))
