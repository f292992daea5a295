"""A tax system's API on this machine: it lists what it is given, and misbehaves as told, one fault per request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Row = dict[str, Any]
Reply = tuple[int, dict[str, str], object]


def invoice(number: int, day: str, amount: str = "100.00", status: str = "正常") -> Row:
    return {
        "sdfphm": f"{number:020}", "kprq": f"{day} 10:00:00", "je": float(amount), "se": 13.0,
        "jshj": float(amount) + 13, "xfsbh": "91310000MA1FL00001", "xfmc": "供应商", "gfsbh": "91310000MA1FL00002",
        "gfmc": "本企业", "fplx": "数电票（增值税专用发票）", "fpzt": status, "czrq": day,
    }  # fmt: skip


@dataclass
class Api:
    """`rows` are the books; `faults` are used up in order, each by one request for pages: a whole reply, or a change
    of the right one. `asked` holds method, path and query of every request."""

    url: str = ""
    rows: list[Row] = field(default_factory=list)
    faults: list[Reply | Callable[[Reply], Reply]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    polls: int = 0
    task: dict[str, str] = field(default_factory=dict)

    def reply(self, method: str, target: str, body: bytes) -> Reply:
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        self.asked.append((method, path, query))
        if path == "/oauth/token":
            self.tokens.append(f"opensesame{len(self.tokens)}")
            return 200, {}, {"access_token": self.tokens[-1]}
        if self.tokens and self.headers[-1].get("Authorization") != f"Bearer {self.tokens[-1]}":
            return 401, {}, {}
        right = self._right(method, path, query, body)
        if not self.faults or path.endswith("/status"):
            return right
        fault = self.faults.pop(0)
        return fault(right) if callable(fault) else fault

    def _right(self, method: str, path: str, query: dict[str, str], body: bytes) -> Reply:
        if method == "POST":
            self.task = json.loads(body)
            return 200, {}, {"data": {"task_id": 7}}
        if path == "/task/7/status":
            self.polls += 1
            return 200, {}, {"data": {"status": "done" if self.polls > 1 else "running"}}
        return self._page(self.task | query, "czrq" if path == "/changes" else "kprq")

    def _page(self, query: dict[str, str], day: str) -> Reply:
        first, last = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
        found = [row for row in self.rows if first <= date.fromisoformat(row.get(day, "2026-11-01")[:10]) <= last]
        start = (int(query.get("page", "1")) - 1) * int(query["size"])
        return 200, {}, {"data": {"rows": found[start : start + int(query["size"])], "total": len(found)}}


@contextmanager
def serve() -> Iterator[Api]:
    """An API at `url`, on a free port of this machine, until the end of the block."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.headers.append(dict(self.headers))
            status, headers, answer = api.reply(self.command, self.path, body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, text)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # one who did not want to wait has left
                self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the names that the server looks for

        def log_message(self, *args: object) -> None:
            """Requests are kept in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
