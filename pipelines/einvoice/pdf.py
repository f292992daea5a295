"""A PDF of one invoice: its text, and the QR code on a rendered page."""

from __future__ import annotations

import io
import logging
import re
import struct
import unicodedata
import zlib
from decimal import Decimal

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from pipelines.einvoice.picture import find_codes, several
from pipelines.einvoice.qr import QrReading
from pipelines.einvoice.reading import (
    EInvoiceReading,
    Witness,
    moment,
    money,
    original_number,
    party_name,
    tax_id,
    unreadable,
)
from pipelines.sources.reasons import Message, same

MAX_PDF_BYTES = 50 * 1024 * 1024
MAX_TEXT = 200_000
PAGES = 3
"""How many pages are looked at: an invoice and its list of goods."""
RESOLUTION = 3.0
"""Pixels per point: 216 dpi, a QR code of 2 cm gets 170 pixels."""
MAX_PIXELS = 20_000_000

BROKEN = (
    *(PyPdfError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError, AssertionError),
    *(OSError, struct.error, zlib.error),
)
"""What pypdf lets through when a PDF is damaged."""

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells every flaw of a file that it still reads

NUMBER = re.compile(r"(?<!蓝字数电票)(?<!蓝字)发票号码\s*:?\s*(\d{20}|\d{8})(?!\d)", re.ASCII)
BARE_NUMBER = re.compile(r"(?<!\d)(\d{20})(?!\d)", re.ASCII)
CODE = re.compile(r"(?<!蓝字)发票代码\s*:?\s*(\d{12}|\d{10})(?!\d)", re.ASCII)
DATE = re.compile(r"(\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日)", re.ASCII)
TOTAL = re.compile(r"小写\)?\s*[¥]?\s*(-?[\d,]+\.\d{2})", re.ASCII)
AMOUNT_AND_TAX = re.compile(r"(?<!税)合\s*计\s*¥?\s*(-?[\d,]+\.\d{2})\s*¥?\s*(-?[\d,]+\.\d{2})", re.ASCII)
TAX_ID = re.compile(r"纳税人识别号\s*:?\s*([0-9A-Z]{15,20})(?![0-9A-Z])", re.ASCII)
NAME = re.compile(r"(?<!项目)名\s*称\s*:\s*(\S+)")
TITLE = re.compile(r"(?:电子发票\s*\((增值税专用发票|普通发票)\))")


def read_pdf(name: str, content: bytes) -> tuple[EInvoiceReading, ...]:
    """What text and QR code say, the text first; one of them may be missing. UnreadableFileError if both are, if they
    name two invoices, or if the PDF cannot be opened."""
    if len(content) > MAX_PDF_BYTES:
        raise unreadable(name, "PDF 过大", "the PDF is too large", same(f"{len(content)} bytes"))
    codes = _codes(name, content)
    if len(codes) > 1:
        raise unreadable(name, "一个文件应只有一张发票", "one file holds one invoice", several(codes))
    printed = read_text(page_text(name, content), codes[0].invoice_number if codes else None)
    readings = (*([printed] if printed else []), *(code.as_witness() for code in codes))
    if not readings:
        found = Message("文字和二维码都读不出发票", "neither text nor QR code of an invoice")
        raise unreadable(name, "PDF 中读不出发票", "no invoice can be read from the PDF", found)
    if len({reading.invoice_number for reading in readings}) > 1:
        numbers = same(" / ".join(reading.invoice_number for reading in readings))
        raise unreadable(name, "文字与二维码不是同一张发票", "text and QR code name two invoices", numbers)
    return readings


def page_text(name: str, content: bytes) -> str:
    """Text of the first pages, half-width."""
    try:
        pages = PdfReader(io.BytesIO(content)).pages[:PAGES]
        text = "\n".join(page.extract_text() for page in pages)
    except BROKEN as error:
        found = same(f"{type(error).__name__}: {error}"[:200])
        raise unreadable(name, "PDF 无法打开", "the PDF cannot be opened", found) from None
    return unicodedata.normalize("NFKC", text[:MAX_TEXT])


def read_text(text: str, coded: str | None = None) -> EInvoiceReading | None:
    """The invoice that the printed text states; None if it has no number. Parties only where both can be told apart.

    Where labels and values stand apart the number is bare: there the one of the QR code (`coded`) is looked for.
    """
    number = _first(NUMBER, text) or (coded if coded and coded in text else None) or _first(BARE_NUMBER, text)
    if number is None:
        return None
    totals = AMOUNT_AND_TAX.search(text)
    amount, tax = (money(totals.group(1)), money(totals.group(2))) if totals else (None, None)
    total = money(_first(TOTAL, text))
    is_red = (total or Decimal(0)) < 0
    (buyer_id, seller_id), (buyer_name, seller_name) = _both(TAX_ID, text), _both(NAME, text)
    title = _first(TITLE, text)
    return EInvoiceReading(
        witness=Witness.PDF_TEXT,
        invoice_number=number,
        invoice_code=_first(CODE, text),
        kind=f"数电票（{title}）" if title else None,
        issued_at=moment(re.sub(r"\s", "", _first(DATE, text) or "")),
        seller_tax_id=tax_id(seller_id),
        seller_name=party_name(seller_name),
        buyer_tax_id=tax_id(buyer_id),
        buyer_name=party_name(buyer_name),
        amount_cny=amount,
        tax_cny=tax,
        total_cny=total,
        is_red=is_red,
        original_invoice_number=original_number(text) if is_red else None,
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found.group(1) if found else None


def _both(pattern: re.Pattern[str], text: str) -> tuple[str | None, str | None]:
    """The buyer stands before the seller; with one or with three nobody knows whose it is."""
    found = pattern.findall(text)
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def _codes(name: str, content: bytes) -> list[QrReading]:
    """QR codes of invoices on the first page that has any."""
    try:
        with pypdfium2.PdfDocument(content) as document:
            pages = (find_codes(_render(document[index])) for index in range(min(len(document), PAGES)))
            return next((codes for codes in pages if codes), [])
    except (pypdfium2.PdfiumError, MemoryError) as error:
        raise unreadable(name, "PDF 无法打开", "the PDF cannot be opened", same(str(error))) from None


def _render(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    fits = (MAX_PIXELS / max(width * height, 1)) ** 0.5
    image: Image.Image = page.render(scale=min(RESOLUTION, fits), grayscale=True).to_pil()
    return image
