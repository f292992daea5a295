"""Bundles: one listing of an API as one zip of its pages, byte for byte as they came, with `listing.json`.

Equal listings are equal bytes: entries stand in order and carry a fixed time. When it was fetched is the file's time.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.sources.decode import MAX_UNPACKED_BYTES
from pipelines.sources.reasons import Message, UnreadableFileError, same

LISTING = "listing.json"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class Listing(BaseModel):
    """What `listing.json` says: the issue days asked for (None for a list of changes, which covers no day), rows that
    the API declared, where rows stand in a page, and whether everything came.

    `as_of_day` is the day of asking until every day asked for has settled: a list that did not grow after that still
    shows by its bytes that it was asked for again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    first_day: date | None
    last_day: date | None
    as_of_day: date
    rows_path: str
    declared: int | None
    rows: int
    pages: list[str]
    is_complete: bool

    @property
    def period(self) -> tuple[date, date] | None:
        return (self.first_day, self.last_day) if self.first_day and self.last_day else None


@dataclass(frozen=True)
class Bundle:
    """A listing and the bytes of its pages by name, in order."""

    listing: Listing
    pages: dict[str, bytes]


def pack_bundle(bundle: Bundle) -> bytes:
    """The bundle as a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {LISTING: bundle.listing.model_dump_json(indent=1).encode(), **bundle.pages}.items():
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def is_bundle(content: bytes) -> bool:
    """Whether these bytes are a zip whose first entry is `listing.json`."""
    return content[:4] == b"PK\x03\x04" and content[30 : 30 + len(LISTING)] == LISTING.encode()


def unpack_bundle(name: str, content: bytes) -> Bundle:
    """The bundle in a zip's bytes. Raises UnreadableFileError if it is damaged or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_UNPACKED_BYTES:
                raise unreadable_bundle(name, same(f"{size} bytes"), same(f"<= {MAX_UNPACKED_BYTES} bytes"))
            listing = Listing.model_validate_json(archive.read(LISTING))
            return Bundle(listing, {page: archive.read(page) for page in listing.pages})
    except (zipfile.BadZipFile, KeyError, ValidationError, EOFError, NotImplementedError) as error:
        raise unreadable_bundle(name, same(type(error).__name__), _whole()) from None


def _whole() -> Message:
    return Message("含 listing.json 与全部页的压缩包", "a zip with listing.json and all its pages")


def unreadable_bundle(name: str, found: Message, expected: Message, place: str = "") -> UnreadableFileError:
    """Why a bundle cannot be read."""
    reason = Message("接口清单无法采用", "the listing of the API cannot be used")
    return UnreadableFileError(reason, name=name, place=place, found=found, expected=expected)
