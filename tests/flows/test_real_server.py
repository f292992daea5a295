"""`fapiao nightly` reports to a Prefect server that runs as a process of its own, as an installation has it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

BIN = Path(sys.executable).parent
START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(server: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            if httpx.get(f"{url}/health", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"no healthy server within {START_SECONDS} s")


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    home = tmp_path_factory.mktemp("server")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            url = f"http://127.0.0.1:{port}/api"
            wait_until_healthy(server, url)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def run_fapiao(data_root: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FAPIAO_"))}
    environment |= {
        "FAPIAO_DATA_ROOT": str(data_root),
        "PREFECT_API_URL": url,
        "HOME": str(data_root.parent),
    }
    return subprocess.run(
        [BIN / "fapiao", *arguments], env=environment, capture_output=True, text=True, timeout=200, check=False
    )


def test_night_reports_to_a_running_server(server_url: str, data_root: Path) -> None:
    done = run_fapiao(data_root, server_url, "nightly", "--as-of", "2026-11-24 02:00", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["night_id"] == "20261124T020000"
    answer = httpx.post(f"{server_url}/flow_runs/filter", json={}, trust_env=False).json()
    assert [run["state"]["type"] for run in answer] == ["COMPLETED"]
    assert not (data_root / "prefect").exists()
    assert not (data_root.parent / ".prefect" / "profiles.toml").exists()


def test_server_that_does_not_answer_exits_with_4_and_names_it(data_root: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    done = run_fapiao(data_root, url, "nightly", "--as-of", "2026-11-24 02:00")
    assert done.returncode == 4
    assert url in done.stderr
    assert "Traceback" not in done.stderr
