"""Bytes of a file -> sheets of text cells. What a file is decides its content, never its name alone.

Files come from outside: sizes and unzip ratios are bounded, XML is read by calamine without entities, and wrong content
raises BadInputError that names the file, what was found and what can be read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.errors import BadInputError
from pipelines.sources.decode_html import read_html_tables
from pipelines.sources.decode_text import decode_text, read_delimited
from pipelines.sources.decode_workbook import read_workbook_sheets

MAX_FILE_BYTES = 300 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_RATIO = 200
SMALL_BYTES = 10 * 1024 * 1024
READABLE = "xlsx, xls, CSV (UTF-8, GBK, GB18030, UTF-16; also .csv.gz) or HTML saved as .xls"
FOREIGN = {b"%PDF": "a PDF document", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"Rar!": "a RAR archive"}


@dataclass(frozen=True)
class Sheet:
    """`cells` has one string column per spreadsheet column (empty text where blank), row 0 is row 1 of the file.

    `name` is '' for a text file, which has no sheets to choose from.
    """

    name: str
    cells: pa.Table


def decode_file(name: str, content: bytes, encodings: list[str]) -> list[Sheet]:
    """All sheets of a workbook, or the one sheet of a text file, in order. Raises BadInputError."""
    _refuse_oversize(name, len(content))
    if content[:2] == b"\x1f\x8b":
        content = _unpack_gzip(name, content)
    if content[:4] == b"PK\x03\x04":
        _refuse_unsafe_archive(name, content)
        return _workbook(name, content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(name, content)
    for magic, kind in FOREIGN.items():
        if content.startswith(magic):
            raise BadInputError("The file is no table.", where=name, found=kind, expected=READABLE)
    return _text_sheets(name, content, encodings)


def _workbook(name: str, content: bytes) -> list[Sheet]:
    return [Sheet(sheet, cells) for sheet, cells in read_workbook_sheets(name, content)]


def _text_sheets(name: str, content: bytes, encodings: list[str]) -> list[Sheet]:
    text = decode_text(name, content, encodings)
    if not text.strip():
        raise BadInputError("The file is empty.", where=name, found=f"{len(content)} bytes", expected=READABLE)
    start = text[:2000].lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<") and ("<table" in text.lower() or start.startswith(("<html", "<!doctype html"))):
        return [Sheet("", cells) for cells in read_html_tables(name, text)]
    if start.startswith("<"):
        raise BadInputError("The file is no table.", where=name, found="XML or HTML without a table", expected=READABLE)
    return [Sheet("", read_delimited(name, text))]


def _refuse_oversize(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise BadInputError("The file is too large.", where=name, found=f"{size} bytes", expected=f"{MAX_FILE_BYTES}")
    if size == 0:
        raise BadInputError("The file is empty.", where=name, found="0 bytes", expected=READABLE)


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > packed * MAX_RATIO)


def _unpack_gzip(name: str, content: bytes) -> bytes:
    limit = min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, len(content) * MAX_RATIO))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, limit + 1)
    except zlib.error as error:
        raise BadInputError("The file cannot be unpacked.", where=name, found=str(error), expected="gzip") from None
    if len(unpacked) > limit:
        raise BadInputError(
            "The file unpacks to more than is allowed.", where=name, found=f"> {limit} bytes", expected=f"<= {limit}"
        )
    if not unpacker.eof:
        raise BadInputError("The file is cut.", where=name, found="gzip without its end", expected="a whole file")
    return unpacked


def _refuse_unsafe_archive(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BadInputError(
            "The workbook is damaged or cut.", where=name, found=str(error), expected="a whole xlsx file"
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    if any(_is_bomb(entry.compress_size, entry.file_size) for entry in entries) or unpacked > MAX_UNPACKED_BYTES:
        raise BadInputError(
            "The workbook unpacks to more than is allowed.",
            where=name,
            found=f"{len(content)} bytes unpack to {unpacked}",
            expected=f"<= {MAX_UNPACKED_BYTES} bytes and at most {MAX_RATIO} times its size",
        )
    if not any(
        Path(entry.filename).name.startswith("workbook.") or entry.filename == "content.xml" for entry in entries
    ):
        first = ", ".join(entry.filename for entry in entries[:3])
        raise BadInputError("The archive is no workbook.", where=name, found=first or "no entries", expected=READABLE)
