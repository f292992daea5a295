"""Prefect's processes for `make serve`: all state under the data root, on 127.0.0.1 only, no word to the outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from pipelines.errors import UpstreamUnavailableError, UsageError

HOST = "127.0.0.1"
POOL = "fapiao"
START_SECONDS = 180
STOP_SECONDS = 20
ELSEWHERE = ("PREFECT_API_", "PREFECT_HOME", "PREFECT_PROFILE", "PREFECT_SERVER_API_", "PREFECT_SERVER_DATABASE_")
"""Variables that would lead to another server, its files or its secrets."""
PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLI_PROMPT": "false",
}


@dataclass(frozen=True)
class Place:
    """Where everything of a standing server is: its port and `<data root>/serve`."""

    data_root: Path
    port: int

    @property
    def folder(self) -> Path:
        return self.data_root / "serve"

    @property
    def ui_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api"

    def log_path(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def make_environment(place: Place, ours: Mapping[str, str]) -> dict[str, str]:
    """The variables of server, worker and runs: ours, without those that lead to another Prefect."""
    kept = {name: value for name, value in ours.items() if not name.startswith(ELSEWHERE)}
    no_proxy = ",".join(filter(None, (ours.get("NO_PROXY") or ours.get("no_proxy"), HOST, "localhost")))
    return (
        kept
        | PRIVATE
        | {
            "PREFECT_HOME": str(place.folder / "prefect"),
            "PREFECT_API_URL": place.api_url,
            "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(place.folder / "prefect" / "ui"),
            "FAPIAO_DATA_ROOT": str(place.data_root),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }
    )


def require_free_port(port: int) -> None:
    """Raises UsageError when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                "端口不能使用 | The port cannot be used.",
                where="--port",
                found=f"{port}: {error.strerror}",
                next_step="换一个端口 | choose another: make serve PORT=4300",
            ) from None


def start_child(place: Place, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start a prefect command in a session of its own (Ctrl-C reaches us only); what it says goes to its log."""
    with place.log_path(name).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - fixed words and our own paths
            [sys.executable, "-m", "prefect", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def start_server(place: Place) -> subprocess.Popen[bytes]:
    """A server that answers. Raises UpstreamUnavailableError when it does not come up; then none is left running."""
    server = start_child(place, "server", ["server", "start", "--host", HOST, "--port", str(place.port)])
    try:
        _wait_until_healthy(place, server)
    except BaseException:
        stop_child(server)
        raise
    return server


def _wait_until_healthy(place: Place, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{place.api_url}/health", timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.3)
    raise UpstreamUnavailableError(
        "Prefect 服务没有启动成功 | The Prefect server did not come up.",
        where=place.log_path("server"),
        found=f"exit code {server.poll()}" if server.poll() is not None else f"no answer within {START_SECONDS} s",
    )


def start_worker(place: Place) -> subprocess.Popen[bytes]:
    """A worker that runs what is due, each run as a process of its own."""
    return start_child(
        place, "worker", ["worker", "start", "--pool", POOL, "--type", "process", "--install-policy", "never"]
    )


def stop_child(child: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
    """End it and whatever is left of its session; kindly first."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    signal_group(child.pid, signal.SIGKILL)


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send to every process of the group; nothing when it is gone."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return
