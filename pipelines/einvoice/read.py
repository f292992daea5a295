"""Read an e-invoice file by its bytes, whatever its name says."""

# ruff: noqa: PLC0415 - the libraries for PDF and pictures are loaded by who reads one

from __future__ import annotations

from dataclasses import fields, replace

from pipelines.einvoice.archive import open_archive
from pipelines.einvoice.document import read_document
from pipelines.einvoice.ofd import is_ofd, read_ofd
from pipelines.einvoice.reading import EInvoiceReading, unreadable
from pipelines.sources.reasons import Message

ZIP = b"PK\x03\x04"


def read_einvoice(name: str, content: bytes) -> EInvoiceReading:
    """The invoice of one file (XML, OFD, PDF, PNG, JPEG): its best witness, gaps filled from the others.

    UnreadableFileError, with a sentence in Chinese and English, if it cannot be read.
    """
    best, *others = read_witnesses(name, content)
    for other in others:
        gaps = {f.name: getattr(other, f.name) for f in fields(other) if getattr(best, f.name) is None}
        best = replace(best, **gaps, warnings=(*best.warnings, *other.warnings))
    return best


def read_witnesses(name: str, content: bytes) -> tuple[EInvoiceReading, ...]:
    """Everything that one file says of its invoice, the most trusted first. UnreadableFileError."""
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF") or b"%PDF-" in start:
        from pipelines.einvoice.pdf import read_pdf

        return read_pdf(name, content)
    if content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff")):
        from pipelines.einvoice.picture import read_picture

        return (read_picture(name, content),)
    if content.startswith(ZIP):
        with open_archive(name, content) as archive:
            if not is_ofd(archive):
                found = Message("不是 OFD 的压缩包", "a zip that is no OFD")
                raise unreadable(name, "文件不是电子发票", "the file is no e-invoice", found)
            return (read_ofd(archive),)
    if start.startswith(b"<") or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (read_document(name, content),)
    found = Message("空文件", "an empty file") if not content else Message("别的内容", "something else")
    raise unreadable(name, "文件不是电子发票", "the file is no e-invoice", found)
