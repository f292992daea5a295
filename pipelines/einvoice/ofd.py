"""OFD (GB/T 33190), a zip: older e-invoices attach `original_invoice.xml`, 数电票 keep fields in `OFD.xml`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from pipelines.einvoice.archive import Archive
from pipelines.einvoice.document import local_name, parse_xml, read_document
from pipelines.einvoice.reading import (
    EInvoiceReading,
    Witness,
    digits,
    moment,
    money,
    party_name,
    tax_id,
    unreadable,
)
from pipelines.sources.reasons import Message

ROOT = "OFD.xml"
ATTACHED = "original_invoice.xml"


def is_ofd(archive: Archive) -> bool:
    return ROOT in archive.names


def read_ofd(archive: Archive) -> EInvoiceReading:
    """The attached invoice if there is one, else what the document says of itself. UnreadableFileError if neither."""
    summary = _read_summary(archive)
    attached = next((n for n in archive.names if PurePosixPath(n).name == ATTACHED), None)
    if attached is None:
        if summary is None:
            found = Message("OFD 里没有发票数据", "an OFD without the data of an invoice")
            raise unreadable(archive.name, "OFD 不是发票", "the OFD is no invoice", found)
        return summary
    reading = read_document(archive.name, archive.read(attached), Witness.OFD)
    return _compare(reading, summary) if summary else reading


def _read_summary(archive: Archive) -> EInvoiceReading | None:
    """CustomDatas of `OFD.xml`; None if they name no invoice."""
    values = _custom_data(parse_xml(archive.name, archive.read(ROOT)))
    number = digits(values.get("发票号码"), 8, 20)
    if number is None:
        return None
    amount, tax, total = (money(values.get(name)) for name in ("合计金额", "合计税额", "价税合计"))
    if total is None and amount is not None and tax is not None:
        total = amount + tax
    return EInvoiceReading(
        witness=Witness.OFD,
        invoice_number=number,
        invoice_code=digits(values.get("发票代码"), 10, 12),
        issued_at=moment(values.get("开票日期")),
        seller_tax_id=tax_id(values.get("销售方纳税人识别号")),
        seller_name=party_name(values.get("销售方名称")),
        buyer_tax_id=tax_id(values.get("购买方纳税人识别号")),
        buyer_name=party_name(values.get("购买方名称")),
        amount_cny=amount,
        tax_cny=tax,
        total_cny=total,
        is_red=(total or amount or Decimal(0)) < 0,
    )


def _custom_data(root: Element) -> dict[str, str]:
    return {e.get("Name", ""): (e.text or "").strip() for e in root.iter() if local_name(e) == "CustomData"}


def _compare(reading: EInvoiceReading, summary: EInvoiceReading) -> EInvoiceReading:
    """The attachment, with a warning if the document says another number or total of itself."""
    same_total = summary.total_cny is None or summary.total_cny == reading.total_cny
    if summary.invoice_number == reading.invoice_number and same_total:
        return reading
    warning = Message(
        f"OFD 的附件与其摘要不符：附件 {reading.invoice_number}、{reading.total_cny} 元，摘要 "
        f"{summary.invoice_number}、{summary.total_cny} 元；请向销方索取原件。",
        f"The OFD contradicts itself: attached {reading.invoice_number}, {reading.total_cny} CNY, summary "
        f"{summary.invoice_number}, {summary.total_cny} CNY; ask the seller for the original.",
    )
    return replace(reading, warnings=(*reading.warnings, warning))
