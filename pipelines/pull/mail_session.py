"""A folder of an IMAP mailbox, opened with EXAMINE and read with BODY.PEEK: no mail is changed or marked as read."""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.errors import UpstreamUnavailableError
from pipelines.pull.declared import MailboxRoute
from pipelines.pull.words import say

TIMEOUT_SECONDS = 30
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class MailboxError(UpstreamUnavailableError):
    """A mailbox that could not be read; `kind` is a key of `[mailbox]` in reference/pull_words.toml."""

    def __init__(self, kind: str, **details: object) -> None:
        self.kind = kind
        self.sentence = say("mailbox", kind, **details)
        super().__init__(str(self.sentence))


@dataclass(frozen=True)
class Mail:
    """What the server says of a mail before it is fetched; `received` in seconds since 1970."""

    uid: int
    size: int
    received: float


@dataclass(frozen=True)
class MailFolder:
    """An open folder. A `uid` means the same mail as long as `uid_validity` is the same."""

    client: imaplib.IMAP4
    place: str
    uid_validity: int
    uid_next: int

    def find_uids(self, after: int, since: date | None) -> list[int]:
        """Mails with a higher uid, ascending, received on that day or later. Raises MailboxError."""
        criteria = [f"UID {after + 1}:*"] + ([f"SINCE {_imap_day(since)}"] if since else [])
        found = self._ask("SEARCH", *criteria)
        uids = sorted(int(uid) for line in found if line for uid in line.split())
        return [uid for uid in uids if uid > after]  # `n:*` holds the last mail even if its uid is lower

    def describe(self, uid: int) -> Mail | None:
        """None if the mail was deleted meanwhile. Raises MailboxError."""
        said = b" ".join(part for part in self._ask("FETCH", str(uid), "(RFC822.SIZE INTERNALDATE)") if part)
        size = re.search(rb"RFC822\.SIZE (\d+)", said)
        moment = imaplib.Internaldate2tuple(said)
        return Mail(uid, int(size[1]), time.mktime(moment)) if size and moment else None

    def fetch(self, uid: int) -> bytes:
        """The mail as received, b'' if it was deleted meanwhile. Raises MailboxError."""
        found = self._ask("FETCH", str(uid), "(BODY.PEEK[])")
        return next((part[1] for part in found if isinstance(part, tuple)), b"")

    def _ask(self, *command: str) -> list[Any]:
        try:
            answer, found = self.client.uid(*command)
        except (imaplib.IMAP4.error, OSError):
            raise MailboxError("lost", place=self.place) from None
        if answer != "OK":
            raise MailboxError("lost", place=self.place)
        return found


@contextmanager
def open_mailbox(route: MailboxRoute, word: str) -> Iterator[MailFolder]:
    """Connect, log in and open the folder for reading only. Raises MailboxError."""
    place = f"{route.user}@{route.host}:{route.port}"
    client = _connect(route, place)
    try:
        _log_in(client, route, word, place)
        yield _examine(client, route.mailbox, place)
    finally:
        _leave(client)


def _connect(route: MailboxRoute, place: str) -> imaplib.IMAP4:
    if not route.tls and route.host not in THIS_MACHINE:
        raise MailboxError("not_encrypted", place=place)
    try:
        if not route.tls:
            return imaplib.IMAP4(route.host, route.port, timeout=TIMEOUT_SECONDS)
        return imaplib.IMAP4_SSL(route.host, route.port, ssl_context=_trust(route), timeout=TIMEOUT_SECONDS)
    except ssl.SSLCertVerificationError as error:
        raise MailboxError("certificate", place=place, found=error.verify_message) from None
    except (OSError, imaplib.IMAP4.error):
        raise MailboxError("unreachable", place=place) from None


def _trust(route: MailboxRoute) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=route.ca_file)
    except OSError:
        raise MailboxError("no_ca_file", name=route.ca_file) from None


def _log_in(client: imaplib.IMAP4, route: MailboxRoute, word: str, place: str) -> None:
    try:
        client.login(f'"{_escape(route.user)}"', word)
        if "ID" in client.capabilities:  # 163.com and 126.com open no folder to a client without a name
            client.xatom("ID", '("name" "fapiao-recon" "version" "1" "vendor" "fapiao-recon")')
    except imaplib.IMAP4.abort:
        raise MailboxError("lost", place=place) from None
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise MailboxError("refused", place=place, variable=route.password_env) from None
    except OSError:
        raise MailboxError("lost", place=place) from None


def _examine(client: imaplib.IMAP4, name: str, place: str) -> MailFolder:
    try:
        answer, _ = client.select(f'"{_escape(encode_folder(name))}"', readonly=True)
    except imaplib.IMAP4.abort:
        raise MailboxError("lost", place=place) from None
    except imaplib.IMAP4.error:
        answer = "NO"
    except OSError:
        raise MailboxError("lost", place=place) from None
    if answer != "OK":
        raise MailboxError("no_folder", place=place, name=name)
    return MailFolder(client, place, _number(client, "UIDVALIDITY"), _number(client, "UIDNEXT"))


def _number(client: imaplib.IMAP4, name: str) -> int:
    """0 if the server does not say it."""
    found = client.response(name)[1]
    return int(found[0]) if found and found[0] else 0


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()


def encode_folder(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 of RFC 3501, 5.1.3."""
    return re.sub(r"[^\x20-\x7e]+", lambda found: f"&{_base64(found[0])}-", name.replace("&", "&-"))


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _imap_day(day: date) -> str:
    """`%b` would follow the locale."""
    return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}"
