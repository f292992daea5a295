"""A small SFTP server on 127.0.0.1 that serves a folder to one user with one password."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

USER = "erp"


@dataclass(frozen=True)
class SftpServer:
    root: Path
    port: int
    known_hosts: Path
    word: str = "word-of-erp"

    def url(self, path: str, word: str | None = None) -> str:
        return f"sftp://{USER}:{word or self.word}@127.0.0.1:{self.port}{path}"


class _Door(paramiko.ServerInterface):
    def __init__(self, word: str) -> None:
        self._word = word

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, self._word)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "password"


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: paramiko.ServerInterface, root: Path) -> None:
        super().__init__(server)
        self._root = root

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            found = sorted(self._at(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return [paramiko.SFTPAttributes.from_stat(one.stat(), one.name) for one in found]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle:
        del attr
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = self._at(path).open("rb")  # type: ignore[attr-defined]
        return handle


@contextmanager
def run_sftp(folder: Path) -> Iterator[SftpServer]:
    root = folder / "root"
    root.mkdir()
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n", encoding="utf-8")
        server = SftpServer(root, port, known)
        threading.Thread(target=_serve, args=(listening, server, key), daemon=True).start()
        yield server


def _serve(listening: socket.socket, server: SftpServer, key: paramiko.PKey) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test is over
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, server.root)
        transport.start_server(event=threading.Event(), server=_Door(server.word))
