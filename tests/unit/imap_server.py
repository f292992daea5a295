"""A small IMAP server on 127.0.0.1, in the clear or over TLS: it serves one folder and remembers what it was asked."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, WORD = "ap@example.com", "word-of-ap"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass
class ImapServer:
    """`mails` by uid: day received and bytes. The connection breaks instead of the fetch of mail `breaks_at`."""

    port: int = 0
    folder: str = "INBOX"
    uid_validity: int = 7
    mails: dict[int, tuple[date, bytes]] = field(default_factory=dict)
    breaks_at: int | None = None
    asked: list[str] = field(default_factory=list)

    def add(self, content: bytes, day: date = date(2026, 9, 1)) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = (day, content)
        return uid


def _answer(server: ImapServer, command: str) -> tuple[list[bytes], str]:
    """Untagged lines and the tagged end."""
    verb = command.split(" ", maxsplit=1)[0].upper()
    if verb == "CAPABILITY":
        return [b"* CAPABILITY IMAP4rev1 ID"], "OK"
    if verb == "LOGIN":
        return [], "OK" if command == f'LOGIN "{USER}" "{WORD}"' else "NO"
    if verb == "EXAMINE":
        return _examine(server, command)
    if command.startswith("UID SEARCH"):
        return [b"* SEARCH " + " ".join(map(str, _search(server, command))).encode()], "OK"
    if command.startswith("UID FETCH"):
        return _fetch(server, command), "OK"
    return [], "OK" if verb in {"ID", "LOGOUT"} else "BAD"


def _examine(server: ImapServer, command: str) -> tuple[list[bytes], str]:
    if command != f'EXAMINE "{server.folder}"':
        return [], "NO"
    numbers = (f"UIDVALIDITY {server.uid_validity}", f"UIDNEXT {max(server.mails, default=0) + 1}")
    return [f"* {len(server.mails)} EXISTS".encode(), *(f"* OK [{one}] told".encode() for one in numbers)], "OK"


def _search(server: ImapServer, command: str) -> list[int]:
    """As servers do: `n:*` holds the last mail in any case."""
    asked = re.fullmatch(r"UID SEARCH UID (\d+):\*(?: SINCE (\d+)-(\w+)-(\d+))?", command)
    assert asked, command
    first = min(int(asked[1]), max(server.mails, default=0))
    since = date(int(asked[4]), MONTHS.index(asked[3]) + 1, int(asked[2])) if asked[2] else date.min
    return [uid for uid, (day, _) in server.mails.items() if uid >= first and day >= since]


def _fetch(server: ImapServer, command: str) -> list[bytes]:
    asked = re.fullmatch(r"UID FETCH (\d+) \((.+)\)", command)
    assert asked, command
    uid = int(asked[1])
    if uid not in server.mails:
        return []
    day, content = server.mails[uid]
    if asked[2] == "BODY.PEEK[]":
        if server.breaks_at == uid:
            raise ConnectionError(command)
        return [f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode() + content + b")"]
    moment = f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year} 09:30:00 +0800"
    return [f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)} INTERNALDATE "{moment}")'.encode()]


def _talk(server: ImapServer, connection: socket.socket) -> None:
    with connection, connection.makefile("rwb") as lines:
        lines.write(b"* OK ready\r\n")
        lines.flush()
        for line in lines:
            tag, command = line.decode().strip().split(" ", 1)
            server.asked.append(command)
            try:
                untagged, end = _answer(server, command)
            except ConnectionError:
                return
            lines.writelines(part + b"\r\n" for part in untagged)
            lines.write(f"{tag} {end} done\r\n".encode())
            lines.flush()


def _serve(server: ImapServer, listening: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test is over
        try:
            _talk(server, context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:
            continue  # the client did not trust the certificate, or left


@contextmanager
def run_imap(certificate: Path | None = None) -> Iterator[ImapServer]:
    """`certificate`: a PEM file with the key, for TLS."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = ImapServer(listening.getsockname()[1])
        threading.Thread(target=_serve, args=(server, listening, context), daemon=True).start()
        yield server


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself: the server's file with the key, the file for clients without."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = signed.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(public + secret)
    (folder / "ca.pem").write_bytes(public)
    return folder / "server.pem", folder / "ca.pem"
