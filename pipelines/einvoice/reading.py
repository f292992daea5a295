"""What one witness says of one invoice, and the meaning of its text: digits, money, dates, names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pipelines.sources.reasons import Message, UnreadableFileError

READABLE = Message(
    "一张发票的数电票 XML、OFD、PDF，或带二维码的 PNG、JPEG 图片",
    "one invoice as XML, OFD or PDF, or a PNG or JPEG picture with its QR code",
)


class Witness(StrEnum):
    """What was read, the most trusted first: a signed document, its printed text, the code printed on it."""

    XML = "xml"
    OFD = "ofd"
    PDF_TEXT = "pdf_text"
    QR = "qr"


@dataclass(frozen=True)
class EInvoiceReading:
    """One invoice as one witness states it. Money in CNY; None where the witness is silent; Beijing time."""

    witness: Witness
    invoice_number: str
    invoice_code: str | None = None
    kind: str | None = None
    issued_at: datetime | None = None
    seller_tax_id: str | None = None
    seller_name: str | None = None
    buyer_tax_id: str | None = None
    buyer_name: str | None = None
    amount_cny: Decimal | None = None
    tax_cny: Decimal | None = None
    total_cny: Decimal | None = None
    is_red: bool = False
    original_invoice_number: str | None = None
    warnings: tuple[Message, ...] = ()

    @property
    def issued_on(self) -> date | None:
        return self.issued_at.date() if self.issued_at else None


def unreadable(name: str, zh: str, en: str, found: Message) -> UnreadableFileError:
    """The error of a file that is no e-invoice that can be read. It comes from the seller: it is not exported again."""
    error = UnreadableFileError(Message(zh, en), name=name, found=found, expected=READABLE)
    error.sentence = Message(
        f"文件 {name} 无法读取：{zh}（实际：{found.zh}；应为：{READABLE.zh}）。文件未采用，请向开票方重新索取原件。",
        f"File {name} cannot be read: {en} (found: {found.en}; expected: {READABLE.en}). Nothing of it was used; ask "
        "the seller for the original.",
    )
    return error


def plain_text(text: str | None) -> str | None:
    """Half-width text without outer blanks; None if nothing is left."""
    plain = unicodedata.normalize("NFKC", text or "").strip()
    return plain if plain.strip("-— ") else None


def party_name(text: str | None) -> str | None:
    """A name as written, without outer blanks."""
    name = (text or "").strip()
    return name if name.strip("-— ") else None


def tax_id(text: str | None) -> str | None:
    plain = plain_text(text)
    return re.sub(r"\s", "", plain).upper() if plain else None


def digits(text: str | None, *lengths: int) -> str | None:
    """The text if it is a run of so many ASCII digits."""
    plain = plain_text(text)
    return plain if plain and re.fullmatch(r"[0-9]+", plain) and len(plain) in lengths else None


def money(text: str | None) -> Decimal | None:
    """Money with at most two decimals; None for anything else: nothing is rounded."""
    plain = re.sub(r"[\s,¥元]", "", plain_text(text) or "")
    if not re.fullmatch(r"[-+]?[0-9]{1,15}(\.[0-9]{1,2})?", plain):
        return None
    return Decimal(plain).quantize(Decimal("0.01"))


def moment(text: str | None) -> datetime | None:
    """2026-09-23 10:11:12, 2026年09月23日, 20260923, 2026/9/23; None for anything else."""
    plain = re.sub(r"[年月/.]", "-", plain_text(text) or "").replace("日", " ").replace("T", " ").strip()
    found = re.match(r"(\d{4})-?(\d{1,2})-?(\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", plain, re.ASCII)
    if not found:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None


def original_number(text: str) -> str | None:
    """The blue invoice that a remark of a red one names."""
    found = re.search(r"蓝字(?:数电)?(?:发)?票?号码\s*[::：]?\s*(\d{8,20})", text, re.ASCII)
    return found.group(1) if found else None
