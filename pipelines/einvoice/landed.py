"""One delivered e-invoice file into the warehouse: an invoice, or a zip archive of several.

The file itself is the raw row: its bytes lie in `landing/` under their sha256. Every document in it is kept (one
sighting per witness) or rejected with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from pipelines.einvoice.archive import Archive, open_archive
from pipelines.einvoice.ofd import is_ofd
from pipelines.einvoice.read import ZIP, read_witnesses
from pipelines.einvoice.reading import READABLE, EInvoiceReading, unreadable
from pipelines.model import EINVOICE_SIGHTING
from pipelines.settings import Source
from pipelines.sources.landing import LandedFile
from pipelines.sources.reasons import Message, UnreadableFileError, join_messages
from pipelines.sources.typing import FileAccount
from pipelines.warehouse import Connection, run_sql

REJECTED = "file_unreadable"
"""Reason in `raw_reject` of a document in an archive that cannot be read."""

SHOWN = 5


@dataclass(frozen=True)
class Document:
    """One document of a delivery: what it states, or the sentence that says why it states nothing. `place` is its
    number in the archive, the first is 1; `entry` its name there, '' if it came alone."""

    place: int
    entry: str
    readings: tuple[EInvoiceReading, ...] = ()
    refusal: Message | None = None


def read_delivery(name: str, content: bytes) -> list[Document]:
    """The documents of a file. UnreadableFileError for a single document, or an archive, that cannot be read."""
    if content.startswith(ZIP):
        with open_archive(name, content) as archive:
            if not is_ofd(archive):
                return _read_archive(archive)
    return [Document(1, "", read_witnesses(name, content))]


def _read_archive(archive: Archive) -> list[Document]:
    if not archive.names:
        found = Message("空压缩包", "an empty archive")
        raise unreadable(archive.name, "压缩包里没有文件", "the archive is empty", found)
    return [_read_entry(archive, place, entry) for place, entry in enumerate(archive.names, start=1)]


def _read_entry(archive: Archive, place: int, entry: str) -> Document:
    try:
        shown = f"{archive.name}/{PurePosixPath(entry).name}"
        return Document(place, entry, read_witnesses(shown, archive.read(entry)))
    except UnreadableFileError as error:
        return Document(place, entry, refusal=error.sentence)


def keep_documents(
    con: Connection, source: Source, landed: LandedFile, documents: list[Document], received_at: datetime
) -> tuple[FileAccount, tuple[Message, ...]]:
    """Write sightings and rejects of one file; its account and what a person should know of it."""
    keys = {"file_id": landed.file_id, "source_id": source.id}
    kept = [document for document in documents if document.readings]
    refused = [document for document in documents if document.refusal]
    con.register("einvoice_said", _said(landed, kept))
    run_sql(con, "einvoice/sighting", keys | {"observed_at": landed.observed_at, "received_at": received_at})
    con.unregister("einvoice_said")
    for document in refused:
        found = str(document.refusal)
        con.execute(
            "INSERT INTO raw_reject VALUES ($file_id, $source_id, $entry, $place, NULL, $reason, $found, $expected)",
            keys
            | {"entry": document.entry, "place": document.place, "reason": REJECTED}
            | {"found": found, "expected": str(READABLE)},
        )
    account = FileAccount(len(documents), len(kept), len(refused), 0)
    return account, _messages(landed.name, kept, refused)


def _said(landed: LandedFile, kept: list[Document]) -> pa.Table:
    """Rows with the columns of a reading, and where each was found."""
    rows = [
        _row(reading) | {"source_file": _shown_file(landed, document), "source_row": document.place}
        for document in kept
        for reading in document.readings
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(reading: EInvoiceReading) -> dict[str, Any]:
    zh, en = join_messages(reading.warnings)
    stated = {field.name: getattr(reading, field.name) for field in fields(reading) if field.name != "warnings"}
    return stated | {"witness": str(reading.witness), "warning_zh": zh, "warning_en": en}


_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
}
_GIVEN_BY_THE_NIGHT = {"record_id", "file_id", "source_id", "observed_at", "received_at"}
_SCHEMA = pa.schema([(c.name, _TYPES[c.type]) for c in EINVOICE_SIGHTING.columns if c.name not in _GIVEN_BY_THE_NIGHT])


def _shown_file(landed: LandedFile, document: Document) -> str:
    return f"{landed.name}/{PurePosixPath(document.entry).name}" if document.entry else landed.name


def _messages(name: str, kept: list[Document], refused: list[Document]) -> tuple[Message, ...]:
    warnings = [warning for document in kept for reading in document.readings for warning in reading.warnings]
    refusals = [document.refusal for document in refused if document.refusal]
    if refused:
        zh = f"压缩包 {name} 中有 {len(refused)} 个文件无法读取，原因见 raw_reject。"
        en = f"Archive {name}: {len(refused)} of its files could not be read; raw_reject says why."
        refusals = [Message(zh, en), *refusals]
    return tuple(dict.fromkeys([*refusals[:SHOWN], *warnings[:SHOWN]]))
