"""A real MariaDB for tests where one is installed: its own data folder and port on 127.0.0.1, removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from tests.unit.postgres_server import free_port

START_SECONDS = 60
PROGRAMS = ("mariadbd", "mariadb-install-db")


@dataclass(frozen=True)
class MariadbServer:
    """A running server; `root` may do everything in it."""

    port: int

    def url(self, user: str, password: str, scheme: str = "mariadb") -> str:
        return f"{scheme}+pymysql://{user}:{password}@127.0.0.1:{self.port}/erp?charset=utf8mb4"

    def run(self, *statements: str) -> None:
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True) as con:
            for statement in statements:
                con.cursor().execute(statement)


def lacking_programs() -> list[str]:
    """What is not installed of what the tests need."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def run_mariadb() -> Iterator[MariadbServer]:
    """Root hands folder and process to `nobody`, as the server refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="fapiao-mariadb-"))
    as_user = ["--user=nobody"] if os.geteuid() == 0 else []
    if as_user:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    port, data = free_port(), f"--datadir={folder / 'data'}"
    install = ["mariadb-install-db", "--no-defaults", data, "--auth-root-authentication-method=normal", *as_user]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    options = [
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--socket={folder / 's'}",
        f"--pid-file={folder / 'p'}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["mariadbd", "--no-defaults", data, *options, *as_user], stdout=log, stderr=log)
    try:
        running = MariadbServer(port)
        _wait(running, process, folder / "log")
        yield running
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def _wait(server: MariadbServer, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
        except pymysql.err.OperationalError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(log.read_text("utf-8", "replace")) from None
            time.sleep(0.1)
        else:
            return
