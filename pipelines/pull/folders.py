"""The route `remote`: new, whole files of a drop folder (local, SFTP, S3) into the source's own folder."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.night import Night
from pipelines.pull.declared import RemoteRoute
from pipelines.pull.far_folder import FolderError, open_folder
from pipelines.pull.folder_copy import Copied, copy_new_files
from pipelines.pull.route import Pulled, State, Window
from pipelines.settings import Settings, Source
from pipelines.sources.reasons import Message, join_messages

KNOWN_HOSTS = "FAPIAO_KNOWN_HOSTS"
"""Variable that names another file of trusted SFTP hosts than ~/.ssh/known_hosts."""


class RemotePuller:
    """Copies; nothing at the far end is ever changed. Days are not asked for: a drop folder gives what lies in it."""

    def __init__(self, route: RemoteRoute, settings: Settings) -> None:
        del settings
        self._route = route

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        """`incomplete` while a file still arrives or one could not be used, `unchanged` if nothing is new."""
        del source, window
        known = Path(os.environ.get(KNOWN_HOSTS) or "~/.ssh/known_hosts")
        try:
            with open_folder(self._address(), known) as folder:
                copied = copy_new_files(folder, self._route.pattern, self._route.stable_seconds, inbox)
        except FolderError as error:
            return Pulled("failed", message=_closed((error.sentence,)))
        watermark = None if copied.notes else night.as_of
        return Pulled(_state_of(copied), copied.files, watermark=watermark, message=_closed(copied.notes))

    def _address(self) -> str:
        variable = self._route.url_env
        address = os.environ.get(variable) if variable else self._route.url
        if not address:
            raise FolderError("no_secret", variable=variable)
        return address


def _state_of(copied: Copied) -> State:
    if copied.notes:
        return "incomplete"
    return "pulled" if copied.files else "unchanged"


def _closed(notes: tuple[Message, ...]) -> Message | None:
    zh, en = join_messages(tuple(Message(f"{note.zh}。", f"{note.en}.") for note in notes))
    return Message(zh, en) if zh and en else None
