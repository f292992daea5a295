"""The QR text of an invoice: `01,票种,代码,号码,金额,YYYYMMDD,校验码,CRC`."""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from pipelines.einvoice.reading import EInvoiceReading, Witness, digits, moment, money
from pipelines.errors import BadInputError
from pipelines.sources.reasons import Message

POLYNOMIAL = 0x8005
LEAST_FIELDS = 6
CRC_FIELD = 7


@dataclass(frozen=True)
class QrReading:
    """`amount_cny` is set on an invoice with a code, `total_cny` on a 数电票: the code holds one number, whose meaning
    the kind of invoice decides. `crc_agrees` is None where the text has no check sum."""

    text: str
    invoice_code: str | None
    invoice_number: str
    kind: str | None
    issued_at: datetime | None
    amount_cny: Decimal | None
    total_cny: Decimal | None
    check_code: str | None
    crc_agrees: bool | None
    warnings: tuple[Message, ...]

    def as_witness(self) -> EInvoiceReading:
        stated = self.total_cny if self.total_cny is not None else self.amount_cny
        return EInvoiceReading(
            Witness.QR,
            self.invoice_number,
            self.invoice_code,
            self.kind,
            self.issued_at,
            amount_cny=self.amount_cny,
            total_cny=self.total_cny,
            is_red=stated is not None and stated < 0,
            warnings=self.warnings,
        )


def parse_qr(text: str) -> QrReading:
    """Read the text of an invoice's QR code. BadInputError if it is no such text; a wrong check sum is a warning."""
    plain = unicodedata.normalize("NFKC", text).strip()
    fields = [field.strip() for field in plain.split(",")]
    number = digits(fields[3], 8, 20) if len(fields) >= LEAST_FIELDS else None
    if fields[0] != "01" or number is None:
        raise BadInputError(
            "二维码不是发票的二维码 | The QR code is not that of an invoice.",
            found=text[:60],
            expected="01,票种,代码,号码,金额,YYYYMMDD,校验码,CRC",
            next_step="请扫描发票左上角的二维码 | scan the code in the upper left corner of the invoice",
        )
    is_digital = len(number) == 20
    stated = money(fields[4])
    agrees = _crc_agrees(plain, fields)
    return QrReading(
        text=plain,
        invoice_code=digits(fields[2], 10, 12),
        invoice_number=number,
        kind=_kinds().get(fields[1]),
        issued_at=moment(fields[5]),
        amount_cny=None if is_digital else stated,
        total_cny=stated if is_digital else None,
        check_code=(fields[6] or None) if len(fields) > LEAST_FIELDS else None,
        crc_agrees=agrees,
        warnings=(CRC_MISS,) if agrees is False else (),
    )


CRC_MISS = Message(
    "二维码的校验值与内容不符，请以发票原件核对号码和金额。",
    "The check sum of the QR code does not fit its text: compare number and money with the invoice itself.",
)


def crc16(text: str) -> str:
    """CRC-16, polynomial 0x8005, initial 0, not reflected, as four upper-case hex digits."""
    value = 0
    for byte in text.encode():
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ POLYNOMIAL if value & 0x8000 else value << 1) & 0xFFFF
    return f"{value:04X}"


def _crc_agrees(text: str, fields: list[str]) -> bool | None:
    if len(fields) <= CRC_FIELD or not fields[CRC_FIELD]:
        return None
    covered = ",".join(text.split(",")[:CRC_FIELD]) + ","
    return crc16(covered) == fields[CRC_FIELD].upper().zfill(4)


@cache
def _kinds() -> dict[str, str]:
    """Kind of invoice by its code, from the reference list."""
    text = resources.files("pipelines").joinpath("reference", "kinds.csv").read_text(encoding="utf-8")
    return {code: kind for code, kind, *_ in list(csv.reader(text.splitlines()))[1:]}
