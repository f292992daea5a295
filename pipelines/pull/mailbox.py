"""The route `mailbox`: attachments of mails that were not seen before, into the source's own folder."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.night import Night
from pipelines.pull.declared import MailboxRoute
from pipelines.pull.mail_parts import find_attachments
from pipelines.pull.mail_session import Mail, MailboxError, MailFolder, open_mailbox
from pipelines.pull.route import Pulled, State, Window
from pipelines.pull.words import say
from pipelines.settings import BEIJING, Settings, Source
from pipelines.sources.landing import write_safely
from pipelines.sources.reasons import Message, join_messages

SEEN = ".mailbox.json"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Seen:
    """Mails of the folder up to `uid` were looked at; None of both means that it was never opened."""

    uid_validity: int | None = None
    uid: int = 0


@dataclass
class Taken:
    """What came so far, and what a person should know."""

    files: list[str] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    is_whole: bool = True

    def leave(self, sentence: Message) -> None:
        """Something did not come."""
        self.notes.append(sentence)
        self.is_whole = False


class MailboxPuller:
    """Reads; mails are neither deleted nor marked. The first night asks for mails since the window's first day, every
    later one for those with new numbers (UIDs), whenever they were sent."""

    def __init__(self, route: MailboxRoute, settings: Settings) -> None:
        del settings
        self._route = route

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        """`incomplete` if a mail was too big or the connection broke after files came, `unchanged` without new ones."""
        taken = Taken()
        try:
            with open_mailbox(self._route, self._word()) as folder:
                self._take_new(folder, source, window, inbox, taken)
        except MailboxError as error:
            taken.leave(error.sentence)
            if not taken.files:
                return Pulled("failed", message=_closed(taken.notes))
        watermark = night.as_of if taken.is_whole else None
        return Pulled(_state_of(taken), tuple(taken.files), watermark=watermark, message=_closed(taken.notes))

    def _word(self) -> str:
        word = os.environ.get(self._route.password_env)
        if not word:
            raise MailboxError("no_secret", variable=self._route.password_env)
        return word

    def _take_new(self, folder: MailFolder, source: Source, window: Window, inbox: Path, taken: Taken) -> None:
        """Each mail is noted as seen once its files are there: after a break the rest is fetched."""
        seen = _read_seen(inbox, folder.place, self._route.mailbox)
        is_known = seen.uid_validity == folder.uid_validity
        if not is_known and seen.uid_validity is not None:
            taken.notes.append(say("mailbox", "renumbered", place=folder.place, first=window.first))
        after, since = (seen.uid, None) if is_known else (0, window.first)
        for uid in folder.find_uids(after, since):
            self._take_mail(folder, folder.describe(uid), source, inbox, taken)
            after = uid
            # A first night that breaks off is begun anew: what lies before its first day has no number yet.
            if is_known:
                self._note(inbox, folder, after)
        self._note(inbox, folder, max(after, folder.uid_next - 1))

    def _take_mail(self, folder: MailFolder, mail: Mail | None, source: Source, inbox: Path, taken: Taken) -> None:
        if mail is None:
            return
        if mail.size > self._route.max_bytes:
            taken.leave(_say_too_big(mail, self._route.max_bytes))
            return
        for name, content in find_attachments(folder.fetch(mail.uid), source.pattern):
            written = keep_attachment(inbox, name, content, mail.received)
            taken.files += [written] if written else []

    def _note(self, inbox: Path, folder: MailFolder, uid: int) -> None:
        known = _read_all(inbox)
        known[_key(folder.place, self._route.mailbox)] = {"uid_validity": folder.uid_validity, "uid": uid}
        write_safely(inbox / SEEN, json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True).encode())


def keep_attachment(inbox: Path, name: str, content: bytes, received: float) -> str | None:
    """Write it with the mail's time; the name that it got, None if these bytes lie there already.

    An attachment with the name of another one gets its hash into the name.
    """
    mark = hashlib.sha256(content).hexdigest()[:8]
    target = inbox / name
    if target.exists() and target.read_bytes() != content:
        target = target.with_stem(f"{target.stem}-{mark}")
    if target.exists():
        return None
    write_safely(target, content)
    os.utime(target, (received, received))
    return target.name


def _say_too_big(mail: Mail, limit: int) -> Message:
    day: date = datetime.fromtimestamp(mail.received, UTC).astimezone(BEIJING).date()
    return say("mailbox", "too_big", day=day, size=round(mail.size / MEGABYTE, 1), limit=round(limit / MEGABYTE, 1))


def _state_of(taken: Taken) -> State:
    if not taken.is_whole:
        return "incomplete"
    return "pulled" if taken.files else "unchanged"


def _closed(notes: list[Message]) -> Message | None:
    zh, en = join_messages(tuple(Message(f"{note.zh}。", f"{note.en}.") for note in notes))
    return Message(zh, en) if zh and en else None


def _key(place: str, mailbox: str) -> str:
    return f"{place}/{mailbox}"


def _read_seen(inbox: Path, place: str, mailbox: str) -> Seen:
    found = _read_all(inbox).get(_key(place, mailbox))
    return Seen(found["uid_validity"], found["uid"]) if found else Seen()


def _read_all(inbox: Path) -> dict[str, dict[str, int]]:
    """What was seen of each mailbox; a lost list only means that mails are fetched again."""
    try:
        known: dict[str, dict[str, int]] = json.loads((inbox / SEEN).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return known
