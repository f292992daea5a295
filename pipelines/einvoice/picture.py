"""The QR code of an invoice in a picture."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image, UnidentifiedImageError

from pipelines.einvoice.qr import QrReading, parse_qr
from pipelines.einvoice.reading import EInvoiceReading, unreadable
from pipelines.errors import BadInputError
from pipelines.sources.reasons import Message, same

MAX_PIXELS = 60_000_000
FORMATS = ("PNG", "JPEG")
QR_CODE = zxingcpp.barcode_formats_from_str("QRCode")


def read_picture(name: str, content: bytes) -> EInvoiceReading:
    """What the QR code of a PNG or JPEG says. UnreadableFileError if there is none, or not one alone."""
    codes = find_codes(_open_picture(name, content))
    if not codes:
        found = Message("没有找到发票二维码", "no QR code of an invoice")
        raise unreadable(name, "图片中读不出发票", "no invoice can be read from the picture", found)
    if len(codes) > 1:
        raise unreadable(name, "一个文件应只有一张发票", "one file holds one invoice", several(codes))
    return codes[0].as_witness()


def several(codes: list[QrReading]) -> Message:
    numbers = ", ".join(code.invoice_number for code in codes[:5])
    return Message(f"{len(codes)} 张发票的二维码：{numbers}", f"the QR codes of {len(codes)} invoices: {numbers}")


def find_codes(image: Image.Image) -> list[QrReading]:
    """The invoices whose QR codes stand in the picture, each once; other codes are no invoices and left out."""
    found: dict[tuple[str | None, str], QrReading] = {}
    for barcode in zxingcpp.read_barcodes(image, formats=QR_CODE):
        try:
            code = parse_qr(barcode.text)
        except BadInputError:
            continue
        found.setdefault((code.invoice_code, code.invoice_number), code)
    return list(found.values())


def _open_picture(name: str, content: bytes) -> Image.Image:
    """Decoded in grey, transparent parts white; the size is looked at before any pixel is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                found = same(f"{image.width} x {image.height}")
                raise unreadable(name, "图片过大", f"the picture has more than {MAX_PIXELS} pixels", found)
            if image.mode == "L":
                return image.copy()
            canvas = Image.new("RGBA", image.size, "white")
            canvas.alpha_composite(image.convert("RGBA"))
            return canvas.convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise unreadable(name, "图片无法解码", "the picture cannot be decoded", same(str(error)[:200])) from None
