"""XML of one invoice: the 数电票 (`EInvoice`) and the attachment of an older OFD (`eInvoice`).

Elements are found by their local name, wherever they stand: issuers differ in namespaces and in nesting. Only elements
that occur in one place of the document are asked for, never one of a line.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipelines.einvoice.qr import parse_qr
from pipelines.einvoice.reading import (
    EInvoiceReading,
    Witness,
    digits,
    moment,
    money,
    original_number,
    party_name,
    tax_id,
    unreadable,
)
from pipelines.errors import BadInputError
from pipelines.sources.reasons import Message, same

MAX_XML_BYTES = 20 * 1024 * 1024
NAMES = {
    "number": ("InvoiceNumber", "InvoiceNo", "EIid"),
    "code": ("InvoiceCode",),
    "issued": ("IssueTime", "IssueDate", "RequestTime"),
    "seller_id": ("SellerIdNum", "SellerTaxID"),
    "seller_name": ("SellerName",),
    "buyer_id": ("BuyerIdNum", "BuyerTaxID"),
    "buyer_name": ("BuyerName",),
    "amount": ("TotalAmWithoutTax", "TaxExclusiveTotalAmount"),
    "tax": ("TotalTaxAm", "TaxTotalAmount"),
    "total": ("TotalTax-includedAmount", "TaxInclusiveTotalAmount"),
    "qr": ("GraphCode",),
}
"""Local names of elements by what they hold, the first that is there counts."""


def parse_xml(name: str, content: bytes) -> Element:
    """The root element. No entities, no DTD, bounded size; UnreadableFileError otherwise."""
    if len(content) > MAX_XML_BYTES:
        raise unreadable(name, "XML 过大", "the XML is too large", same(f"{len(content)} bytes"))
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise unreadable(name, "XML 无法解析", "the XML cannot be parsed", same(str(error)[:200])) from None
    return root


def read_document(name: str, content: bytes, witness: Witness = Witness.XML) -> EInvoiceReading:
    """The invoice that an XML document states. UnreadableFileError if it states none."""
    root = parse_xml(name, content)
    texts = _texts(root)
    found = {field: next((texts[n] for n in names if texts.get(n)), None) for field, names in NAMES.items()}
    number = digits(found["number"], 8, 20)
    if number is None:
        root_name = local_name(root)
        shown = Message(f"<{root_name}>，没有 8 位或 20 位发票号码", f"<{root_name}> without 8 or 20 digits")
        raise unreadable(name, "XML 不是发票", "the XML is no invoice", shown)
    amount, tax, total = (money(found[field]) for field in ("amount", "tax", "total"))
    is_red = _is_red(root) or (total or amount or Decimal(0)) < 0
    return EInvoiceReading(
        witness=witness,
        invoice_number=number,
        invoice_code=digits(found["code"], 10, 12),
        kind=_kind(root),
        issued_at=moment(found["issued"]),
        seller_tax_id=tax_id(found["seller_id"]),
        seller_name=party_name(found["seller_name"]),
        buyer_tax_id=tax_id(found["buyer_id"]),
        buyer_name=party_name(found["buyer_name"]),
        amount_cny=amount,
        tax_cny=tax,
        total_cny=total,
        is_red=is_red,
        original_invoice_number=original_number("".join(root.itertext())) if is_red else None,
        warnings=_printed_code_differs(found["qr"], number, amount),
    )


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(root: Element) -> dict[str, str]:
    """Text of the first element of each local name that has any."""
    texts: dict[str, str] = {}
    for element in root.iter():
        text = (element.text or "").strip()
        if text:
            texts.setdefault(local_name(element), text)
    return texts


def _label(root: Element, group: str, part: str) -> str | None:
    found = root.find(f".//{{*}}{group}/{{*}}{part}")
    return found.text if found is not None else None


def _is_red(root: Element) -> bool:
    return (_label(root, "InIssuType", "LabelCode") or "").strip().upper() == "N"


def _kind(root: Element) -> str | None:
    label = (_label(root, "GeneralOrSpecialVAT", "LabelName") or "").strip()
    return f"数电票（{label}）" if label else None


def _printed_code_differs(text: str | None, number: str, amount: Decimal | None) -> tuple[Message, ...]:
    """The attachment of an older OFD repeats the text of the printed QR code."""
    if text is None:
        return ()
    try:
        printed = parse_qr(text)
    except BadInputError:
        return ()
    if (printed.invoice_number, printed.amount_cny) in {(number, amount), (number, None)}:
        return printed.warnings
    return (
        *printed.warnings,
        Message(
            f"文件里的二维码写的是 {printed.invoice_number}、{printed.amount_cny} 元，与票面不符，请向销方索取原件。",
            f"The QR text in the file says {printed.invoice_number}, {printed.amount_cny} CNY, not what the invoice "
            "says: ask the seller for the original.",
        ),
    )
