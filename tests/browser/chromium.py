"""A Chromium without a window, driven over its DevTools protocol: open a file, run a script in it, take a picture.

No driver is needed, only the browser: `FAPIAO_CHROMIUM` names it, else the usual names are looked for on the path.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from websockets.sync.client import connect
from websockets.sync.connection import Connection

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
START_SECONDS = 30
ANSWER_SECONDS = 60


def find_chromium() -> str | None:
    """Path of a Chromium on this machine, None if there is none."""
    named = os.environ.get("FAPIAO_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@dataclass
class Page:
    """One tab. `problems` are uncaught errors and messages of the console at level error, in order."""

    socket: Connection
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _last_id: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result; AssertionError where the browser refuses it."""
        self._last_id += 1
        self.socket.send(json.dumps({"id": self._last_id, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=ANSWER_SECONDS))
            if told.get("id") == self._last_id:
                assert "error" not in told, told["error"]
                return dict(told["result"])
            self._note(told)

    def _note(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        if told["method"] == "Runtime.exceptionThrown":
            self.problems.append(str(params["exceptionDetails"].get("exception", params["exceptionDetails"])))
        elif told["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(params["entry"]["text"])
        elif told["method"] == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def run(self, script: str) -> Any:
        """Value of a JavaScript expression; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, script: str, seconds: float = 30) -> None:
        """Until the expression is true."""
        end = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.02)

    def open(self, path: Path, *, ready: str = "document.documentElement.dataset.ready") -> None:
        self.call("Page.navigate", url=path.as_uri())
        self.wait_for(f"location.href !== 'about:blank' && document.readyState === 'complete' && !!({ready})")

    def click(self, selector: str) -> None:
        """A real click of the mouse in the middle of the first element that fits."""
        quoted = json.dumps(selector)
        self.run(f"document.querySelector({quoted}).scrollIntoView({{block: 'center'}})")
        box = self.run(
            f"(() => {{ const b = document.querySelector({quoted}).getBoundingClientRect();"
            " return [b.x + Math.min(b.width / 2, 40), b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        self.call("Input.insertText", text=text)

    def resize(self, width: int, height: int, *, is_phone: bool = False) -> None:
        scale = 2 if is_phone else 1
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=is_phone
        )

    def take_picture(self, path: Path, *, is_whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def print_pdf(self, path: Path) -> None:
        printed = self.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(printed["data"]))


@contextmanager
def open_browser(profile: Path) -> Iterator[Page]:
    """A fresh browser with an empty profile in that folder; ended with its children when done."""
    binary = find_chromium()
    assert binary
    process = subprocess.Popen(
        [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(_find_tab(profile), max_size=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            yield page
            page.call("Browser.close")
    finally:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _find_tab(profile: Path) -> str:
    note = profile / "DevToolsActivePort"
    end = time.monotonic() + START_SECONDS
    while not (note.is_file() and len(note.read_text().split()) == 2):
        assert time.monotonic() < end, "Chromium did not start"
        time.sleep(0.05)
    port = note.read_text().split()[0]
    with urlopen(Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT"), timeout=10) as answer:
        return str(json.loads(answer.read())["webSocketDebuggerUrl"])
