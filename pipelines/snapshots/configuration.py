"""The small files that the verdicts depended on besides the rows: settings, reference lists and layouts.

They are kept like everything else, under a readable folder and the sha256 of their content, so that a night can be
judged again in thirty years with the lists of that night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.manifest import Document, write_canonical
from pipelines.warehouse import Connection, run_sql

SETTINGS, REFERENCE, LAYOUT, OWN_LAYOUT = "settings", "reference", "layout", "own_layout"

LAYOUT_FILE = re.compile(r"[a-z][a-z0-9_]*\.toml")
"""Other names are no layouts."""


@dataclass(frozen=True)
class ConfigurationFile:
    """`kind` is settings, reference, layout (shipped) or own_layout (of the installation); `name` is its file name."""

    kind: str
    name: str
    content: bytes

    @property
    def entry(self) -> Document:
        """Its line of the manifest."""
        sha256 = store.hash_bytes(self.content)
        stem, _, suffix = self.name.rpartition(".")
        folder = self.kind if stem == self.kind else f"{self.kind}/{stem}"
        path = f"{store.CONFIGURATION}/{folder}/{sha256}.{suffix}"
        return {"path": path, "sha256": sha256, "bytes": len(self.content), "kind": self.kind, "file_name": self.name}


def collect_configuration(con: Connection, settings: Settings) -> list[ConfigurationFile]:
    """Settings without secrets, every reference list, every layout that read a file, and all of the installation's own.

    A layout that is gone meanwhile is left out: the rows that it gave are kept, and nothing can bring it back.
    """
    own = {path.name: path.read_bytes() for path in sorted((settings.data_root / "layouts").glob("[a-z]*.toml"))}
    own = {name: content for name, content in own.items() if LAYOUT_FILE.fullmatch(name)}
    used = [f"{name}.toml" for (name,) in run_sql(con, "snapshot/used_layout").fetchall()]
    shipped = _shipped("sources/layouts")
    return [
        ConfigurationFile(SETTINGS, "settings.json", write_canonical(settings.public)),
        *(ConfigurationFile(REFERENCE, name, content) for name, content in _shipped("reference").items()),
        *(ConfigurationFile(OWN_LAYOUT, name, content) for name, content in own.items()),
        *(ConfigurationFile(LAYOUT, name, shipped[name]) for name in used if name in shipped and name not in own),
    ]


def _shipped(folder: str) -> dict[str, bytes]:
    """Files of a folder of the package, by name."""
    found = resources.files("pipelines").joinpath(*folder.split("/")).iterdir()
    return {file.name: file.read_bytes() for file in sorted(found, key=lambda file: file.name) if file.is_file()}


def keep_configuration(settings: Settings, files: list[ConfigurationFile]) -> list[Document]:
    """Write what is not there yet; the entries of the manifest."""
    for file in files:
        _keep_file(settings, file)
    return [file.entry for file in files]


def _keep_file(settings: Settings, file: ConfigurationFile) -> None:
    final = settings.snapshot_dir / file.entry["path"]
    if final.is_file() and final.read_bytes() == file.content:
        return
    with store.incoming_file(settings, file.name) as temporary:
        temporary.write_bytes(file.content)
        store.move_into_place(temporary, final)
