"""Bytes of a file -> sheets of text cells. What a file is decides its content, never its name alone.

Files come from outside: sizes and unzip ratios are bounded, XML is read by calamine without entities, and wrong content
raises UnreadableFileError that names the file, what was found and what can be read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.sources.decode_html import read_html_tables
from pipelines.sources.decode_parquet import read_parquet_cells
from pipelines.sources.decode_text import decode_text, read_delimited
from pipelines.sources.decode_workbook import DAMAGED_ARCHIVE, damaged_workbook, read_workbook_sheets
from pipelines.sources.reasons import Message, UnreadableFileError, same

MAX_FILE_BYTES = 300 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_RATIO = 200
SMALL_BYTES = 10 * 1024 * 1024
READABLE = Message(
    "xlsx、xls、Parquet、CSV（UTF-8、GBK、GB18030、UTF-16，也可 .csv.gz）或另存为 .xls 的 HTML",
    "xlsx, xls, Parquet, CSV (UTF-8, GBK, GB18030, UTF-16; also .csv.gz) or HTML saved as .xls",
)
NO_TABLE = Message("文件不是表格", "the file is no table")
EMPTY = Message("文件是空的", "the file is empty")
SPREADSHEET_XML = "urn:schemas-microsoft-com:office:spreadsheet"
IMAGE = Message("图片", "an image")
FOREIGN = {
    b"%PDF": Message("PDF 文档", "a PDF document"),
    b"\x89PNG": IMAGE,
    b"\xff\xd8\xff": IMAGE,
    b"Rar!": Message("RAR 压缩包", "a RAR archive"),
}


@dataclass(frozen=True)
class Sheet:
    """`cells` has one string column per spreadsheet column (empty text where blank, NULL where a row of text ended),
    row 0 is row 1 of the file.

    `name` is '' for a text file, which has no sheets to choose from.
    """

    name: str
    cells: pa.Table
    is_hidden: bool = False


def decode_file(name: str, content: bytes, encodings: list[str], delimiter: str | None = None) -> list[Sheet]:
    """All sheets of a workbook, or the one sheet of a text file, in order. Raises UnreadableFileError."""
    _refuse_oversize(name, len(content))
    if content[:2] == b"\x1f\x8b":
        content = _unpack_gzip(name, content)
    if content[:4] == b"PK\x03\x04":
        _refuse_unsafe_archive(name, content)
        return _workbook(name, content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(name, content)
    if content[:4] == b"PAR1":
        return [Sheet("", read_parquet_cells(name, content, MAX_UNPACKED_BYTES))]
    for magic, kind in FOREIGN.items():
        if content.startswith(magic):
            raise UnreadableFileError(NO_TABLE, name=name, found=kind, expected=READABLE)
    return _text_sheets(name, content, encodings, delimiter)


def _workbook(name: str, content: bytes) -> list[Sheet]:
    return [Sheet(sheet, cells, is_hidden) for sheet, is_hidden, cells in read_workbook_sheets(name, content)]


def _text_sheets(name: str, content: bytes, encodings: list[str], delimiter: str | None) -> list[Sheet]:
    text = decode_text(name, content, encodings)
    if not text.strip():
        raise UnreadableFileError(EMPTY, name=name, found=same(f"{len(content)} bytes"), expected=READABLE)
    start = text[:2000].lstrip("\ufeff \t\r\n").lower()
    if SPREADSHEET_XML in start and "<html" not in start:
        raise UnreadableFileError(
            NO_TABLE,
            name=name,
            found=Message("XML 电子表格 2003", "an XML spreadsheet of 2003"),
            expected=READABLE,
            next_step=Message("请用 Excel 打开后另存为 xlsx", "open it in Excel and save it as xlsx"),
        )
    if start.startswith("<") and ("<table" in text.lower() or start.startswith(("<html", "<!doctype html"))):
        return [Sheet("", cells) for cells in read_html_tables(name, text)]
    if start.startswith("<"):
        found = Message("没有表格的 XML 或 HTML", "XML or HTML without a table")
        raise UnreadableFileError(NO_TABLE, name=name, found=found, expected=READABLE)
    return [Sheet("", read_delimited(name, text, delimiter))]


def refuse_too_large(name: str, size: int) -> None:
    """UnreadableFileError for a file that would fill the memory: to be asked before it is read."""
    if size > MAX_FILE_BYTES:
        reason = Message("文件过大", "the file is too large")
        limit = same(f"<= {MAX_FILE_BYTES} bytes")
        raise UnreadableFileError(reason, name=name, found=same(f"{size} bytes"), expected=limit)


def _refuse_oversize(name: str, size: int) -> None:
    refuse_too_large(name, size)
    if size == 0:
        raise UnreadableFileError(EMPTY, name=name, found=same("0 bytes"), expected=READABLE)


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > packed * MAX_RATIO)


def _unpack_gzip(name: str, content: bytes) -> bytes:
    limit = min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, len(content) * MAX_RATIO))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, limit + 1)
    except zlib.error as error:
        reason = Message("压缩文件无法解开", "the file cannot be unpacked")
        raise UnreadableFileError(reason, name=name, found=same(str(error)), expected=same("gzip")) from None
    if len(unpacked) > limit:
        reason = Message("解压后超过上限", "the file unpacks to more than is allowed")
        raise UnreadableFileError(reason, name=name, found=same(f"> {limit} bytes"), expected=same(f"<= {limit} bytes"))
    if not unpacker.eof:
        found = Message("没有结尾的 gzip", "gzip without its end")
        raise UnreadableFileError(
            Message("文件被截断", "the file is cut"),
            name=name,
            found=found,
            expected=Message("完整的文件", "a whole file"),
        )
    return unpacked


def _refuse_unsafe_archive(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except DAMAGED_ARCHIVE as error:
        raise damaged_workbook(name, error) from None
    unpacked = sum(entry.file_size for entry in entries)
    if any(_is_bomb(entry.compress_size, entry.file_size) for entry in entries) or unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFileError(
            Message("工作簿解压后超过上限", "the workbook unpacks to more than is allowed"),
            name=name,
            found=Message(f"{len(content)} 字节解压为 {unpacked} 字节", f"{len(content)} bytes unpack to {unpacked}"),
            expected=Message(
                f"不超过 {MAX_UNPACKED_BYTES} 字节且不超过原大小的 {MAX_RATIO} 倍",
                f"<= {MAX_UNPACKED_BYTES} bytes and at most {MAX_RATIO} times its size",
            ),
        )
    if not any(
        Path(entry.filename).name.startswith("workbook.") or entry.filename == "content.xml" for entry in entries
    ):
        first = ", ".join(entry.filename for entry in entries[:3])
        raise UnreadableFileError(
            Message("压缩包不是工作簿", "the archive is no workbook"),
            name=name,
            found=same(first or "0 entries"),
            expected=READABLE,
            next_step=Message("请解压后放入其中的文件", "unpack it and deliver the files in it"),
        )
