"""`make serve`: Prefect's server, a worker and the deployments on this machine, until Ctrl-C.

Loopback only; everything is kept in `<data root>/serve`. A worker that dies is replaced, after its dead runs have been
marked as crashed. For one machine; services of their own are in docs/runbook.md.
"""

# ruff: noqa: PLC0415 - prefect is imported after its environment is set

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from flows.standing_server import (
    Place,
    make_environment,
    require_free_port,
    start_server,
    start_worker,
    stop_child,
)
from pipelines.cli.edge import print_error, speak_utf8
from pipelines.errors import FapiaoError, UpstreamUnavailableError, UsageError
from pipelines.settings import load_settings

LOOK_SECONDS = 1.0
SHORT_LIFE_SECONDS = 60.0
SHORT_LIVES = 5
"""A worker that ends so often, each time so soon, is not started again."""


def serve(place: Place) -> None:
    """Start everything, say where it is, and stay until interrupted. Raises FapiaoError for what keeps it from it."""
    load_settings(place.data_root)
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _hold_place(place):
        require_free_port(place.port)
        os.environ |= (environment := make_environment(place, os.environ))
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        typer.echo("启动 Prefect 服务 | starting the Prefect server ...")
        server = start_server(place)
        try:
            _work(place, server)
        finally:
            stop_child(server)
            typer.echo("已全部结束 | Everything has stopped.")


@contextmanager
def _hold_place(place: Place) -> Iterator[None]:
    """One `make serve` per data root; the operating system lets go of it with the process."""
    with (place.folder / "serve.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "此数据目录已有一个 make serve 在运行 | A `make serve` runs on this data root already.",
                where=place.folder,
            ) from None
        yield


def _work(place: Place, server: subprocess.Popen[bytes]) -> None:
    from flows.dead_runs import bury_dead_runs, end_open_runs
    from flows.deploy import deploy_all, make_pool

    make_pool()
    deploy_all(place)
    worker = KeptWorker(place)
    try:
        _introduce(place)
        while server.poll() is None:
            time.sleep(LOOK_SECONDS)
            worker.look()
        raise UpstreamUnavailableError(
            "Prefect 服务意外结束 | The Prefect server has ended.",
            where=place.log_path("server"),
            found=f"exit code {server.poll()}",
        )
    finally:
        typer.echo("正在结束 | stopping ...")
        worker.stop()
        if server.poll() is None:
            end_open_runs()
            bury_dead_runs()


class KeptWorker:
    """A worker that is started again when it dies; before that, its dead runs are marked as crashed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._short_lives = 0
        self._start()

    def _start(self) -> None:
        from flows.dead_runs import bury_dead_runs

        for name in bury_dead_runs():
            typer.echo(f"任务 {name} 的进程已不在，记为中断 | run {name} has lost its process: marked as crashed")
        self._started = time.monotonic()
        self._child = start_worker(self._place)

    def look(self) -> None:
        """Start another if this one has ended. Raises UpstreamUnavailableError when none lives."""
        code = self._child.poll()
        if code is None:
            return
        is_short = time.monotonic() - self._started < SHORT_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if is_short else 0
        if self._short_lives >= SHORT_LIVES:
            raise UpstreamUnavailableError(
                "Prefect 的工作进程起不来 | The worker does not stay alive.",
                where=self._place.log_path("worker"),
                found=f"exit code {code}, {SHORT_LIVES} times",
            )
        typer.echo(f"工作进程已结束（{code}），重新启动 | the worker ended ({code}) and is started again")
        self._start()

    def stop(self) -> None:
        stop_child(self._child)


def _introduce(place: Place) -> None:
    from flows.deploy import await_plan

    plan = await_plan()
    typer.echo(f"\n界面 | pages      {place.ui_url}\n日志 | logs       {place.folder}/*.log")
    typer.echo(f"数据 | data root  {place.data_root}\n\n已安排（北京时间）| scheduled (Beijing time)")
    for one in plan:
        when = f"{one.next_at:%Y-%m-%d %H:%M} ({', '.join(one.crons)})" if one.next_at else "手动 | on demand"
        typer.echo(f"  {one.name:15} {when}\n{'':18}{one.description}")
    typer.echo("\n按 Ctrl-C 全部结束 | Ctrl-C ends all of it.")


def main() -> int:
    """The command; its exit code: 0 ended by Ctrl-C, 2 port or data root in use, 4 Prefect does not come up."""
    parser = argparse.ArgumentParser(prog="make serve", description=__doc__)
    parser.add_argument("--port", type=int, default=4200, help="of Prefect's pages and API, on 127.0.0.1")
    port = parser.parse_args().port
    speak_utf8()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        serve(Place(Path(os.environ.get("FAPIAO_DATA_ROOT") or "data").resolve(), port))
    except KeyboardInterrupt:
        return 0
    except FapiaoError as error:
        return print_error(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
