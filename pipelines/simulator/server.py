"""The simulator on the wire: HTTP/1.1 on 127.0.0.1."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from pipelines.simulator.books import SimulatedBooks, change_status
from pipelines.simulator.exchange import RefusalError, Reply, Request
from pipelines.simulator.faults import Fault
from pipelines.simulator.playing import read_moment
from pipelines.simulator.scenario import Scenario
from pipelines.simulator.service import Service

HOST = "127.0.0.1"


class Simulator:
    """A simulated tax system. As a `with` block it is started and stopped; stopped, connections are refused, and a
    start after that listens at the same address."""

    def __init__(self, books: SimulatedBooks, scenario: Scenario | None = None, port: int = 0) -> None:
        self.scenario = scenario or Scenario()
        self.books = books
        for flip in self.scenario.flips:
            self.books = change_status(self.books, flip.place, flip.at, flip.to)
        self.service = Service(self.books, self.scenario)
        self.port = port
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        self._ended = threading.Event()
        self._server = _make_server(self.service, self.port, self._ended)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no longer; what is known (tokens, tasks, the clock) stays."""
        self._ended.set()
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def set_clock(self, moment: str) -> None:
        """Beijing time as ISO text; the clock then stands still."""
        self.service.clock.fixed = read_moment(moment)

    def switch_on(self, fault: Fault) -> None:
        self.service.playing.switch_on(fault)

    def switch_off(self) -> None:
        """All faults."""
        self.service.playing.switch_off()


def _make_server(service: Service, port: int, ended: threading.Event) -> ThreadingHTTPServer:
    """`ended` also ends the connections that a client keeps open."""
    handler = type("Handler", (_Handler,), {"service": service, "ended": ended})
    server = _Server((HOST, port), handler)
    server.daemon_threads = True
    return server


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has not waited for its answer is no fault of the server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    service: Service
    ended: threading.Event
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Nothing: addresses hold whose invoices were asked for."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            reply = self.service.answer(self._read(body))
        except RefusalError as refusal:
            reply = refusal.as_reply()
        if reply.cut == "all" or self.ended.is_set():
            self.close_connection = True
        else:
            self._send(reply)

    def _read(self, body: bytes) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        params = {**dict(parse_qsl(parts.query)), **_read_body(body, headers.get("content-type", ""))}
        return Request(self.command, parts.path, self.path, params, headers, body)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.cut == "half":
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)


def _read_body(body: bytes, kind: str) -> dict[str, str]:
    """Fields of a form or of a JSON object, as text. Raises RefusalError 400."""
    try:
        if "json" not in kind:
            return dict(parse_qsl(body.decode()))
        fields = json.loads(body or b"{}")
        return {name: str(value) for name, value in fields.items()}
    except (ValueError, AttributeError):
        raise RefusalError(400, "400", "请求体不是 JSON 对象 | the body is no JSON object") from None
