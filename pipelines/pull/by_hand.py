"""The route of files that a person puts into the folder: it says what is wanted, and looks whether something came."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from pipelines.night import Night
from pipelines.pull.declared import FolderRoute
from pipelines.pull.route import Pulled, Window
from pipelines.settings import BEIJING, Settings, Source
from pipelines.sources.landing import list_deliveries
from pipelines.sources.reasons import Message


class FolderPuller:
    """`waiting` until a file of tonight's day lies in the folder."""

    def __init__(self, route: FolderRoute, settings: Settings) -> None:
        self._settings = settings

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        fresh = [path for path in list_deliveries(self._settings, source) if _made_on(path) >= night.as_of.date()]
        if fresh:
            return Pulled("unchanged", tuple(path.name for path in fresh))
        return Pulled("waiting", message=_request(source, window))


def _made_on(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, BEIJING).date()


def _request(source: Source, window: Window) -> Message:
    return Message(
        f"请导出 {window.first} 至 {window.last} 的文件并放入 {source.folder}。",
        f"Please export {window.first} to {window.last} and put the file into {source.folder}.",
    )
