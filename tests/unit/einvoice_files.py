"""Bytes of small e-invoice files: XML, both kinds of OFD, a picture with a QR code, a PDF with text and QR code."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

import zxingcpp
from PIL import Image

from pipelines.einvoice.qr import crc16

NUMBER = "26112000000000012345"
SELLER_ID, SELLER = "91310000MA1K00001X", "上海甲（集团）公司"
OUR_ID, OUR_NAME = "91110105MA01A1B2XG", "北京示例贸易有限公司"
OLD_CODE, OLD_NUMBER = "011002600111", "12235358"


def xml_invoice(
    number: str = NUMBER,
    total: str = "1130.00",
    issued: str = "2026-08-17 10:11:12",
    buyer: tuple[str, str] = (OUR_ID, OUR_NAME),
    tag: str = "Y",
    remark: str = "",
) -> bytes:
    """A 数电票 with 13 % tax on 1000.00, or whatever total is said."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EInvoice><Header><EIid>{number}</EIid><InherentLabel>
<InIssuType><LabelCode>{tag}</LabelCode></InIssuType>
<GeneralOrSpecialVAT><LabelCode>01</LabelCode><LabelName>增值税专用发票</LabelName></GeneralOrSpecialVAT>
</InherentLabel></Header><EInvoiceData>
<SellerInformation><SellerIdNum>{SELLER_ID}</SellerIdNum><SellerName>{SELLER}</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>{buyer[0]}</BuyerIdNum><BuyerName>{buyer[1]}</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>{float(total) - 130:.2f}</TotalAmWithoutTax><TotalTaxAm>130.00</TotalTaxAm>
<TotalTax-includedAmount>{total}</TotalTax-includedAmount></BasicInformation>
<AdditionalInformation><Remark>{remark}</Remark></AdditionalInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{issued}</IssueTime></TaxSupervisionInfo>
</EInvoice>""".encode()


def zip_of(files: Mapping[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def custom_datas(**values: str) -> str:
    data = "".join(f'<ofd:CustomData Name="{name}">{text}</ofd:CustomData>' for name, text in values.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody>'
        f"<ofd:DocInfo><ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo></ofd:DocBody></ofd:OFD>"
    )


def digital_ofd(number: str = NUMBER, amount: str = "1000.00", tax: str = "130.00") -> bytes:
    """数电票: fields in CustomDatas, no total and no names."""
    summary = custom_datas(
        发票号码=number,
        合计金额=amount,
        合计税额=tax,
        开票日期="2026年08月17日",
        销售方纳税人识别号=SELLER_ID,
        购买方纳税人识别号=OUR_ID,
    )
    return zip_of({"OFD.xml": summary, "Doc_0/Document.xml": "<x/>"})


def attached_invoice(total: str = "106.00", graph_code: str | None = None) -> str:
    graph = graph_code or qr_text(OLD_NUMBER, "100.00", OLD_CODE, kind="10", issued="20260805")
    return f"""<eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019">
<fp:InvoiceCode>{OLD_CODE}</fp:InvoiceCode><fp:InvoiceNo>{OLD_NUMBER}</fp:InvoiceNo>
<fp:IssueDate>2026年08月05日</fp:IssueDate>
<fp:Buyer><fp:BuyerName>{OUR_NAME}</fp:BuyerName><fp:BuyerTaxID>{OUR_ID}</fp:BuyerTaxID></fp:Buyer>
<fp:Seller><fp:SellerName>{SELLER}</fp:SellerName><fp:SellerTaxID>{SELLER_ID}</fp:SellerTaxID></fp:Seller>
<fp:TaxInclusiveTotalAmount>{total}</fp:TaxInclusiveTotalAmount><fp:TaxTotalAmount>6.00</fp:TaxTotalAmount>
<fp:TaxExclusiveTotalAmount>100.00</fp:TaxExclusiveTotalAmount><fp:GraphCode>{graph}</fp:GraphCode>
<fp:GoodsInfos><fp:GoodsInfo><fp:Amount>1.00</fp:Amount><fp:TaxAmount>0.06</fp:TaxAmount></fp:GoodsInfo></fp:GoodsInfos>
</eInvoice>"""


def old_ofd(attached: str | None = None, summary_total: str = "106.00") -> bytes:
    """An e-invoice of before 数电票: the invoice attached, CustomDatas beside it."""
    summary = custom_datas(发票代码=OLD_CODE, 发票号码=OLD_NUMBER, 合计金额="100.00", 价税合计=summary_total)
    return zip_of({"OFD.xml": summary, "Doc_0/Attachs/original_invoice.xml": attached or attached_invoice()})


def qr_text(
    number: str = NUMBER, money: str = "1130.00", code: str = "", kind: str = "82", issued: str = "20260817"
) -> str:
    text = f"01,{kind},{code},{number},{money},{issued},,"
    return text + crc16(text)


def qr_image(text: str) -> Image.Image:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(barcode.to_image(scale=4, add_quiet_zones=True))


def picture(*texts: str, form: str = "PNG") -> bytes:
    """QR codes side by side on white."""
    images = [qr_image(text) for text in texts]
    canvas = Image.new("L", (sum(i.width for i in images) + 60 or 200, 400), 255)
    left = 30
    for image in images:
        canvas.paste(image, (left, 60))
        left += image.width
    target = io.BytesIO()
    canvas.save(target, form)
    return target.getvalue()


INVOICE_LINES = (
    "电子发票（增值税专用发票）",
    f"发票号码：{NUMBER}",
    "开票日期：2026年08月17日",
    f"购买方信息 名称：{OUR_NAME} 统一社会信用代码/纳税人识别号：{OUR_ID}",
    f"销售方信息 名称：{SELLER} 统一社会信用代码/纳税人识别号：{SELLER_ID}",
    "合 计 ¥1000.00 ¥130.00",
    "价税合计（大写） 壹仟壹佰叁拾圆整 （小写）¥1130.00",
)


def pdf(lines: tuple[str, ...] = INVOICE_LINES, qr: str | None = None) -> bytes:
    """One page with lines of text in a font whose codes are the characters, and a QR code above them."""
    text = b"".join(
        b"BT /F1 9 Tf 40 %d Td <%s> Tj ET\n" % (500 - 20 * at, line.encode("utf-16-be").hex().encode())
        for at, line in enumerate(lines)
    )
    pixels = qr_image(qr).convert("L") if qr else Image.new("L", (8, 8), 255)
    content = text + b"q 90 0 0 90 40 640 cm /Q Do Q\n"
    image = zlib.compress(pixels.tobytes())
    return _assemble(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> /XObject << /Q 7 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong /Encoding /Identity-H /DescendantFonts [6 0 R] "
        b"/ToUnicode 8 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>",
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (pixels.width, pixels.height, len(image), image),
        _stream(_identity_map(lines)),
    )


def _identity_map(lines: tuple[str, ...]) -> bytes:
    used = sorted(set("".join(lines)))
    chars = "\n".join(f"<{ord(c):04X}> <{ord(c):04X}>" for c in used)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{len(used)} beginbfchar\n{chars}\nendbfchar\n"
        "endcmap end end"
    ).encode()


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def _assemble(*objects: bytes) -> bytes:
    body, places = b"%PDF-1.5\n", []
    for at, item in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (at, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + trailer
