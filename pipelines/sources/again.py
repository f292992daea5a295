"""A file with rows that could not be used is read again when the settings or the layouts it was read with changed.

Its bytes are those of `landing/`, so it need not lie in the source's folder any more. What a file was read with is
noted per file (`raw_reading`); what it held before stays in the snapshots.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from pipelines.model import Side
from pipelines.settings import Settings, Source
from pipelines.sources.landing import LandedFile
from pipelines.sources.layout import known_layouts
from pipelines.warehouse import Connection, run_sql


@dataclass(frozen=True)
class OutdatedFile:
    """A landed file and what its last reading came to."""

    landed: LandedFile
    received_at: datetime
    rows_kept: int
    rows_rejected: int


def fingerprint_reading(settings: Settings, source: Source) -> str:
    """sha256 over all that decides how a file of the source is read: its settings, whose we are, and the layouts."""
    said = source.model_dump(mode="json", include={"side", "layout", "taxpayer_id", "direction"})
    layouts = [
        layout.model_dump(mode="json")
        for name, layout in sorted(known_layouts(settings).items())
        if layout.side == source.side and source.layout in (name, "auto")
    ]
    taxpayers = [taxpayer.model_dump() for taxpayer in settings.taxpayers]
    return hashlib.sha256(json.dumps([said, taxpayers, layouts], sort_keys=True).encode()).hexdigest()


def list_outdated(con: Connection, settings: Settings, source: Source, fingerprint: str) -> list[OutdatedFile]:
    """Files of the source to read again, the oldest first; those whose landed bytes are gone stay as they are."""
    if source.side not in (Side.UPSTREAM, Side.LEDGER):
        return []
    values = {"source_id": source.id, "side": str(source.side), "reading_fingerprint": fingerprint}
    rows = run_sql(con, "core/reading_outdated", values).fetchall()
    return [
        OutdatedFile(
            LandedFile(file_id, name, path.read_bytes(), landed_path, observed_at), received_at, kept, rejected
        )
        for file_id, name, landed_path, observed_at, received_at, kept, rejected in rows
        if (path := settings.data_root / landed_path).is_file()
    ]


def note_reading(con: Connection, source: Source, landed: LandedFile, fingerprint: str) -> None:
    keys = {"file_id": landed.file_id, "source_id": source.id}
    run_sql(con, "core/reading_note", {**keys, "reading_fingerprint": fingerprint})


def forget_rows(con: Connection, source: Source, landed: LandedFile) -> None:
    """Before it is read again: the rows of the file, but not what is known from them."""
    run_sql(con, "core/reading_forget", {"file_id": landed.file_id, "source_id": source.id})


def withdraw_sightings(con: Connection, source: Source, landed: LandedFile) -> None:
    """After it was read again: what is known from the file and no longer stands in it."""
    values = {"source_id": source.id, "file_name": landed.name, "observed_at": landed.observed_at}
    run_sql(con, f"core/reading_withdraw_{source.side}", values)
