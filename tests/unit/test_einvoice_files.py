"""E-invoice files: what each kind states, and what is refused with a sentence."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.einvoice import Witness, read_einvoice, read_witnesses
from pipelines.einvoice.qr import crc16, parse_qr
from pipelines.errors import BadInputError
from pipelines.sources.reasons import UnreadableFileError
from tests.unit.einvoice_files import (
    INVOICE_LINES,
    NUMBER,
    OLD_CODE,
    OLD_NUMBER,
    OUR_ID,
    OUR_NAME,
    SELLER,
    SELLER_ID,
    attached_invoice,
    custom_datas,
    digital_ofd,
    old_ofd,
    pdf,
    picture,
    qr_text,
    xml_invoice,
    zip_of,
)

SPECIMENS = Path(__file__).resolve().parents[3] / "shared" / "data" / "einvoice_samples"
MONEY = (Decimal("1000.00"), Decimal("130.00"), Decimal("1130.00"))


def test_an_xml_states_number_parties_money_and_time() -> None:
    reading = read_einvoice("票.xml", xml_invoice())
    assert (reading.witness, reading.invoice_number, reading.invoice_code) == (Witness.XML, NUMBER, None)
    assert (reading.amount_cny, reading.tax_cny, reading.total_cny) == MONEY
    assert (reading.seller_tax_id, reading.seller_name) == (SELLER_ID, SELLER)
    assert (reading.buyer_tax_id, reading.buyer_name) == (OUR_ID, OUR_NAME)
    assert reading.issued_at == datetime(2026, 8, 17, 10, 11, 12)
    assert (reading.kind, reading.is_red, reading.warnings) == ("数电票（增值税专用发票）", False, ())


def test_a_red_xml_names_the_blue_invoice() -> None:
    remark = "被红冲蓝字数电票号码：26112000000000000009 红字发票信息确认单编号：1"
    reading = read_einvoice("红.xml", xml_invoice(total="-1130.00", tag="N", remark=remark))
    assert (reading.is_red, reading.original_invoice_number) == (True, "26112000000000000009")


def test_an_ofd_of_a_digital_invoice_states_its_custom_datas() -> None:
    reading = read_einvoice("票.ofd", digital_ofd())
    assert (reading.witness, reading.invoice_number, reading.issued_on) == (Witness.OFD, NUMBER, date(2026, 8, 17))
    assert (reading.amount_cny, reading.tax_cny, reading.total_cny) == MONEY
    assert (reading.seller_tax_id, reading.buyer_tax_id) == (SELLER_ID, OUR_ID)


def test_an_older_ofd_states_its_attached_invoice() -> None:
    reading = read_einvoice("票.ofd", old_ofd())
    assert (reading.invoice_code, reading.invoice_number) == (OLD_CODE, OLD_NUMBER)
    assert (reading.amount_cny, reading.tax_cny, reading.total_cny) == (Decimal(100), Decimal(6), Decimal(106))
    assert reading.warnings == ()


def test_an_ofd_that_contradicts_itself_is_read_with_a_warning() -> None:
    (warning,) = read_einvoice("票.ofd", old_ofd(summary_total="999.00")).warnings
    assert "999.00" in warning.zh
    assert "999.00" in warning.en


def test_an_attached_invoice_whose_printed_code_says_another_number_is_read_with_a_warning() -> None:
    attached = attached_invoice(graph_code=qr_text("99999999", "100.00", OLD_CODE, kind="10"))
    (warning,) = read_einvoice("票.ofd", old_ofd(attached)).warnings
    assert "99999999" in warning.zh


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_states_what_its_code_says(form: str) -> None:
    reading = read_einvoice("照片", picture(qr_text(), form=form))
    assert (reading.witness, reading.invoice_number, reading.total_cny) == (Witness.QR, NUMBER, MONEY[2])
    assert reading.amount_cny is None


def test_a_pdf_gives_two_witnesses() -> None:
    text, code = read_witnesses("票.pdf", pdf(qr=qr_text()))
    assert (text.witness, code.witness) == (Witness.PDF_TEXT, Witness.QR)
    assert (text.amount_cny, text.tax_cny, text.total_cny) == MONEY
    assert (text.seller_tax_id, text.buyer_tax_id, text.buyer_name) == (SELLER_ID, OUR_ID, OUR_NAME)
    assert (code.total_cny, code.issued_on) == (MONEY[2], date(2026, 8, 17))


def test_a_scanned_pdf_without_text_gives_its_code_and_a_printed_one_without_code_its_text() -> None:
    assert [r.witness for r in read_witnesses("扫描.pdf", pdf((), qr_text()))] == [Witness.QR]
    assert [r.witness for r in read_witnesses("票.pdf", pdf())] == [Witness.PDF_TEXT]


def test_one_reading_of_a_pdf_fills_the_gaps_of_the_text_from_the_code() -> None:
    without_money = tuple(line for line in INVOICE_LINES if "¥" not in line)
    reading = read_einvoice("票.pdf", pdf(without_money, qr_text()))
    assert (reading.seller_tax_id, reading.total_cny) == (SELLER_ID, MONEY[2])


def test_a_code_on_an_older_invoice_holds_the_amount_without_tax() -> None:
    code = parse_qr(qr_text(OLD_NUMBER, "100.00", OLD_CODE, kind="10"))
    assert (code.amount_cny, code.total_cny, code.kind) == (Decimal(100), None, "增值税电子普通发票")


@pytest.mark.parametrize("end", ["7257", "7257,", "7257,\r\n"])
def test_the_check_sum_of_a_published_specimen_agrees(end: str) -> None:
    code = parse_qr(f"01,10,050001700111,12235358,10000.00,20200805,16630282980991510014,{end}")
    assert (code.crc_agrees, code.warnings) == (True, ())


def test_a_wrong_check_sum_is_a_warning_and_a_missing_one_is_none() -> None:
    wrong = parse_qr(qr_text()[:-4] + "0000")
    assert (wrong.crc_agrees, len(wrong.warnings), wrong.invoice_number) == (False, 1, NUMBER)
    assert parse_qr(f"01,82,,{NUMBER},1130.00,20260817").crc_agrees is None


def test_a_code_typed_with_full_width_commas_is_read() -> None:
    assert parse_qr(qr_text().replace(",", "，")).crc_agrees is True


@pytest.mark.parametrize("text", ["", "https://example.com/01,2,3", "01,82,,123,1.00,20260817,,ABCD", "02" + ",1" * 7])
def test_another_code_is_no_invoice(text: str) -> None:
    with pytest.raises(BadInputError, match="发票的二维码"):
        parse_qr(text)


def test_crc_of_the_empty_text_is_zero() -> None:
    assert crc16("") == "0000"


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><EInvoice><EIid>&a;</EIid></EInvoice>'

REFUSED = {
    "空": (b"", "空文件"),
    "文本": (b"hello", "别的内容"),
    "实体": (ENTITIES, "XML 无法解析"),
    "坏 XML": (b"<EInvoice>", "XML 无法解析"),
    "别的 XML": (b"<note><to>x</to></note>", "8 位或 20 位"),
    "普通压缩包": (zip_of({"a.txt": "x"}), "不是 OFD"),
    "截断的压缩包": (digital_ofd()[:200], "压缩包已损坏"),
    "空 OFD": (zip_of({"OFD.xml": custom_datas(标题="合同")}), "OFD 不是发票"),
    "炸弹": (zip_of({"OFD.xml": b"<a>" + b" " * 3_000_000 + b"</a>"}), "压缩包解开后过大"),
    "无码图片": (picture(), "没有找到发票二维码"),
    "两张": (picture(qr_text(), qr_text("26112000000000012346")), "2 张发票"),
    "坏图片": (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "图片无法解码"),
    "坏 PDF": (b"%PDF-1.4 nothing", "PDF 无法打开"),
    "别的 PDF": (pdf(("合同",)), "PDF 中读不出发票"),
    "两张的 PDF": (pdf(qr=qr_text("26112000000000012346")), "不是同一张发票"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_invoice_is_refused_with_a_sentence_in_both_languages(case: str) -> None:
    content, said = REFUSED[case]
    with pytest.raises(UnreadableFileError) as caught:
        read_einvoice(f"{case}.bin", content)
    assert said in caught.value.sentence.zh
    assert f"{case}.bin" in caught.value.sentence.en


WHOLE = {
    "xml": xml_invoice(),
    "digital": digital_ofd(),
    "old": old_ofd(),
    "pdf": pdf(qr=qr_text()),
    "png": picture(qr_text()),
    "jpeg": picture(qr_text(), form="JPEG"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_read_or_refused_with_a_sentence_and_nothing_else_happens(kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - not a secret
    said = []
    for _ in range(40):
        content = bytearray(WHOLE[kind])
        for _ in range(chance.randrange(1, 25)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            readings = read_witnesses("坏", bytes(content[: chance.choice((len(content), chance.randrange(1, 900)))]))
            assert all(len(reading.invoice_number) in {8, 20} for reading in readings)
        except UnreadableFileError as error:
            said.append(error.sentence.zh)
    assert said
    assert all(text.startswith("文件 坏") for text in said)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.einvoice.picture.MAX_PIXELS", 1000)
    with pytest.raises(UnreadableFileError, match="图片过大"):
        read_einvoice("大.png", picture(qr_text()))


@pytest.mark.skipif(not SPECIMENS.is_dir(), reason="the public specimens are not at hand")
@pytest.mark.parametrize(
    ("name", "number", "total"),
    [
        ("einvoicexml2pdf_demo.xml", "01234567890123456789", "16000.00"),
        ("ofdrw_999_specimen.ofd", "12235358", "10600.00"),
        ("ofdrw_fapiao_shili_specimen.ofd", "99999951", "318.00"),
        ("ofdrw_fptpl_blank_template.ofd", "12235358", "10600.00"),
    ],
)
def test_public_specimens_are_read(name: str, number: str, total: str) -> None:
    reading = read_einvoice(name, (SPECIMENS / name).read_bytes())
    assert (reading.invoice_number, reading.total_cny) == (number, Decimal(total))
