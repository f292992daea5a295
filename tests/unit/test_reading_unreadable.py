"""Files that cannot be read at all: what people are told, in both languages, and that nothing else is."""

from __future__ import annotations

import io
import random
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.sources.decode import decode_file
from pipelines.sources.reasons import UnreadableFileError
from tests.unit.source_files import PERIOD_NAME, one_invoice
from tests.unit.test_intake import FIRST, deliver, select, take, with_sources

ENCODINGS = ["utf-8", "gb18030"]
BROKEN = {
    "空.xlsx": (b"", "文件是空的", "the file is empty"),
    "图.xlsx": (b"\x89PNG....", "文件不是表格（实际：图片；", "the file is no table (found: an image;"),
    "断.xlsx": (b"PK\x03\x04cut", "工作簿损坏或被截断", "the workbook is damaged or cut"),
    "乱.csv": (b"a,b\n\xff\x81,1\n", "文字编码无法识别", "the text cannot be decoded"),
    "引号.csv": (b'a,b\n"1,2\n', "引号没有闭合", "a quote is not closed"),
    "半字.csv": ("发票号码,摘要\n1,货款".encode()[:-1], "文件可能被截断", "the file was probably cut"),
    "网页.xls": (b"<html><body><p>login</p></body></html>", "网页中没有表格", "the page holds no table"),
}


def open_broken(name: str, content: bytes) -> UnreadableFileError:
    with pytest.raises(UnreadableFileError) as refused:
        decode_file(name, content, ENCODINGS)
    return refused.value


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_says_why_in_both_languages(name: str) -> None:
    content, zh, en = BROKEN[name]
    error = open_broken(name, content)
    assert (zh in error.sentence.zh, en in error.sentence.en) == (True, True)
    assert f"文件 {name}" in error.sentence.zh
    assert re.search(r"[\u4e00-\u9fff]", error.sentence.en.replace(name, "").replace("行/line", "")) is None


def make_zip(**files: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return memory.getvalue()


SPREADSHEET = '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("包.zip", make_zip(账=b"a,b\n1,2\n"), "请解压后放入其中的文件", "unpack it and deliver"),
        ("表.xls", SPREADSHEET.encode(), "请用 Excel 打开后另存为 xlsx", "save it as xlsx"),
        ("空.csv", b"", "请重新导出", "export it again"),
    ],
)
def test_what_to_do_next_is_told(name: str, content: bytes, zh: str, en: str) -> None:
    error = open_broken(name, content)
    assert error.sentence.zh.endswith(f"文件未采用，{zh}。")
    assert en in error.sentence.en
    assert error.next_step == f"{zh} | {error.sentence.en.rsplit('; ', 1)[1][:-1]}"


def test_a_text_of_another_encoding_is_not_called_cut() -> None:
    content = "a,b\n1,涓".encode("gb18030")[:-1]
    assert "文字编码无法识别" in open_broken("账.csv", content).sentence.zh


def test_the_encodings_tried_and_the_first_wrong_byte_are_named_in_chinese() -> None:
    error = open_broken("乱.csv", b"a,b\n\xff\x81,1\n")
    assert "utf-8：第 4 字节为 0xff" in error.sentence.zh
    assert "应为：utf-8、gb18030" in error.sentence.zh


def test_the_night_tells_the_reason_in_chinese_and_goes_on(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", "图.xlsx", b"\x89PNG....", FIRST - timedelta(hours=2))
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), FIRST - timedelta(hours=1))
    assert [source.state for source in take(settings).sources] == ["failed", "unchanged"]
    ((zh, en),) = select(settings, "SELECT message_zh, message_en FROM raw_file WHERE status = 'stopped'")
    assert zh.startswith("文件 图.xlsx 无法读取：文件不是表格")
    assert "no table" not in zh
    assert en.startswith("File 图.xlsx cannot be read: the file is no table")
    assert select(settings, "SELECT count(*) FROM core_upstream__invoice") == [(1,)]


def test_whatever_bytes_went_wrong_a_workbook_is_read_or_refused_but_never_crashes() -> None:
    whole = one_invoice()
    refused = 0
    for seed in range(150):
        chance = random.Random(seed)  # noqa: S311 - damage, no secret
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            decode_file("坏.xlsx", bytes(damaged), ENCODINGS)
        except UnreadableFileError as error:
            refused += "坏.xlsx" in error.sentence.zh
    assert refused > 50


def test_a_page_of_stray_tags_is_no_table() -> None:
    assert "网页中没有表格" in open_broken("页.xls", b"<!doctype html><table" + b"</" * 3).sentence.zh


def test_a_damaged_sheet_of_a_workbook_stops_that_file_only(settings: Settings, tmp_path: Path) -> None:
    settings = with_sources(settings)
    content = bytearray(one_invoice())
    place = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[place : place + 20] = b"\0" * 20
    deliver(settings, "tax", "坏.xlsx", bytes(content), FIRST - timedelta(hours=2))
    tax, _ = take(settings).sources
    assert (tax.state, tax.files_failed) == ("failed", 1)
    assert "坏.xlsx 无法读取：工作簿损坏或被截断" in tax.messages[0].zh
