"""`make serve` as people run it: a server, a worker and the deployments as processes, one of them killed in a night."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.alerts.standing import read_book
from pipelines.heartbeat import read_heartbeat
from pipelines.settings import Settings, beijing_now, load_settings
from pipelines.simulator import Scenario, Simulator, make_books
from pipelines.simulator.books import first_day_for, write_books
from pipelines.simulator.trial import write_settings
from pipelines.snapshots.verify import verify_snapshots
from pipelines.warehouse import connect, open_warehouse
from tests.faults.fault_nights import HURRY, LEDGER
from tests.flows.test_real_server import free_port

ROOT = Path(__file__).parents[2]
SETTLE_SECONDS = 12
"""A file that has just come keeps the night waiting for so long: time enough to kill it in its middle."""


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    port: int
    root: Path
    simulator: Simulator

    @property
    def settings(self) -> Settings:
        return load_settings(self.root)

    @property
    def said(self) -> str:
        return (self.root.parent / "said.txt").read_text(encoding="utf-8")

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"http://127.0.0.1:{self.port}/api{path}"
        answer = httpx.request("GET" if body is None else "POST", url, json=body, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def start_run(self, name: str = "nightly") -> str:
        deployment = self.ask(f"/deployments/name/{name}/{name}")["id"]
        return str(self.ask(f"/deployments/{deployment}/create_flow_run", {})["id"])

    def state_of(self, run: str) -> str:
        return str(self.ask(f"/flow_runs/{run}")["state"]["type"])


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "flows.serve", "--port", str(port)]


def environment_for(root: Path, simulator: Simulator) -> dict[str, str]:
    account = simulator.scenario.accounts[0]
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FAPIAO_"))}
    # A Prefect of the user's own must not be led to.
    return ours | {
        "FAPIAO_DATA_ROOT": str(root),
        "HOME": str(root.parent),
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PREFECT_HOME": str(root.parent / "elsewhere"),
        "TAX_API_ID": account.id,
        "TAX_API_SECRET": account.secret,
    }


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    now = beijing_now()
    with Simulator(make_books(seed=5, invoices=60, first_day=first_day_for(now), months=2), Scenario(now=now)) as it:
        yield it


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("serve") / "data"
    root.mkdir(mode=0o700)
    pulled = write_settings(simulator, simulator.scenario.accounts[0]).replace("requests_per_second = 20", HURRY)
    (root / "fapiao.toml").write_text(
        f"threads = 2\nsettle_seconds = {SETTLE_SECONDS}\n"
        + pulled
        + LEDGER.format(taxpayer=next(iter(simulator.books.taxpayers))),
        encoding="utf-8",
    )
    port = free_port()
    with (root.parent / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            command(port), cwd=ROOT, env=environment_for(root, simulator), stdout=said, stderr=subprocess.STDOUT
        )
    served = Served(process, port, root, simulator)
    try:
        wait_for(lambda: "Ctrl-C" in served.said or process.poll() is not None, 200, "make serve stands")
        assert process.poll() is None, served.said
        yield served
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            for pid in processes_of(root):
                os.kill(pid, signal.SIGKILL)


def processes_of(root: Path) -> dict[int, str]:
    """Commands of the living processes that work on this data root."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"FAPIAO_DATA_ROOT={root}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended meanwhile, or is not ours
    found.pop(os.getpid(), None)
    return {pid: line for pid, line in found.items() if line}


def find_workers(served: Served) -> list[int]:
    return [pid for pid, line in processes_of(served.root).items() if "worker start" in line]


def test_every_scheduled_deployment_has_a_planned_run(served: Served) -> None:
    deployments = {one["id"]: one for one in served.ask("/deployments/filter", {})}
    planned = {
        one["deployment_id"]
        for one in served.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
    }
    assert {one["name"] for id_, one in deployments.items() if id_ in planned} == {
        one["name"] for one in deployments.values() if one["schedules"]
    }
    assert {"nightly", "watch-sources", "drill", "verify-backups"} <= {one["name"] for one in deployments.values()}
    for one in deployments.values():
        assert one["name"] in served.said
        assert one["global_concurrency_limit"]["limit"] == 1
    queues = served.ask("/work_pools/fapiao/queues/filter", {})
    assert {one["name"]: one["concurrency_limit"] for one in queues if one["name"] != "default"} == {
        "night": 1,
        "watch": 1,
    }


def test_pages_are_served_on_loopback_only_and_files_stay_under_the_data_root(served: Served) -> None:
    page = httpx.get(f"http://127.0.0.1:{served.port}/", trust_env=False)
    assert page.status_code == 200
    assert "<html" in page.text
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"]
    mine = [address for address in listening if address.endswith(f":{served.port:04X}")]
    assert mine == [f"0100007F:{served.port:04X}"]
    assert not (served.root.parent / "elsewhere").exists()
    assert not (served.root.parent / ".prefect").exists()


@pytest.mark.parametrize("is_same_root", [True, False])
def test_a_second_one_refuses_and_names_what_is_in_use(served: Served, tmp_path: Path, is_same_root: bool) -> None:
    root, port = (served.root, free_port()) if is_same_root else (tmp_path / "other", served.port)
    done = subprocess.run(
        command(port),
        cwd=ROOT,
        env=environment_for(root, served.simulator),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert (str(root) if is_same_root else f"{port}: Address already in use") in done.stderr
    assert "Traceback" not in done.stderr
    assert served.process.poll() is None


def test_a_worker_killed_in_the_middle_of_a_night_is_healed_by_the_next(served: Served) -> None:
    list(write_books(served.simulator.books, served.root / "inbox", beijing_now()))
    killed = served.start_run()
    wait_for(lambda: list((served.root / "inbox" / "tax_api").glob("listing_*.zip")), 90, "the night has pulled")
    run = served.ask(f"/flow_runs/{killed}")
    night_pid = int(run["infrastructure_pid"])
    assert run["state"]["type"] == "RUNNING"
    (worker,) = find_workers(served)
    os.kill(worker, signal.SIGKILL)
    os.killpg(night_pid, signal.SIGKILL)
    wait_for(lambda: served.state_of(killed) == "CRASHED", 30, "the dead run is marked as crashed")
    beat = read_heartbeat(served.settings)
    assert beat is not None
    assert beat.outcome == "running"
    wait_for(lambda: find_workers(served) not in ([], [worker]), 30, "there is another worker")
    assert stands(served, "job:nightly")

    healed = served.start_run()
    wait_for(lambda: served.state_of(healed) in {"COMPLETED", "FAILED", "CRASHED"}, 120, "the next night ends")
    assert served.state_of(healed) == "COMPLETED"
    wait_for(lambda: not stands(served, "job:nightly"), 30, "the alert about the dead run is over")
    check_whole(served, crashed_night=beat.night_id)
    logged = served.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [healed]}}})
    assert any(beat.night_id in line["message"] and "never ended" in line["message"] for line in logged)


def stands(served: Served, key: str) -> bool:
    entry = read_book(served.root / "job-nightly.json", beijing_now()).standing.get(key)
    return entry is not None and entry.resolved_at is None


def check_whole(served: Served, crashed_night: str) -> None:
    """The crashed night is noted, every record is there once, the published database and the snapshot are whole."""
    settings = served.settings
    with open_warehouse(settings, read_only=True) as con:
        ended = dict(con.execute("SELECT night_id, finished_at IS NOT NULL FROM night__run").fetchall())
    assert ended.pop(crashed_night) is False
    assert list(ended.values()) == [True]
    listed = sum(one.issued_at <= served.simulator.service.clock.read() for one in served.simulator.books.invoices)
    ledger = next((served.root / "inbox" / "ledger").iterdir())
    lines = sum(bool(line.strip(" ,")) for line in ledger.read_text(encoding="utf-8-sig").splitlines()[1:])
    con = connect(settings.published_path, settings, read_only=True)
    try:
        count = "SELECT count(*), count(DISTINCT record_id) FROM "
        invoices = con.execute(count + "core_upstream__invoice").fetchall()
        entries = con.execute(count + "core_ledger__entry").fetchall()
        members = con.execute("SELECT count(*), count(DISTINCT (side, record_id)) FROM recon__member").fetchall()
    finally:
        con.close()
    assert invoices == [(listed, listed)]
    assert entries == [(lines, lines)]
    assert members == [(listed + lines, listed + lines)]
    verified = verify_snapshots(settings)
    assert verified.is_sound
    assert len(verified.snapshots) == 1


def test_an_interrupt_ends_everything_even_a_night_in_flight(served: Served) -> None:
    ledger = next((served.root / "inbox" / "ledger").iterdir())
    ledger.touch()  # it has just come again: the night waits for it
    served.start_run()
    wait_for(lambda: outcome_of(served) == "running", 60, "a night is under way")
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=90) == 0
    assert processes_of(served.root) == {}
    assert outcome_of(served) in {"running", "crashed"}


def outcome_of(served: Served) -> str:
    beat = read_heartbeat(served.settings)
    assert beat is not None
    return beat.outcome
