"""Text files: strict decoding, delimiter by looking, cells as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice, zip_longest

import pyarrow as pa
from pyarrow import csv as pa_csv

from pipelines.sources.reasons import Message, UnreadableFileError, same

DELIMITERS = (",", "\t", ";", "|")
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
SAMPLE_ROWS = 50
QUOTED = re.compile(r'(^|[,\t;|])"(?:[^"]|"")*"', re.MULTILINE)


def decode_text(name: str, content: bytes, encodings: list[str]) -> str:
    """Text of the bytes: by byte-order mark, as UTF-16 without one, else the first encoding that fits strictly.

    Raises UnreadableFileError that names the encodings tried and the first offending byte.
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _decode_strictly(name, content[len(mark) :], [encoding])
    head = content[:4000]
    if head.count(0) > len(head) // 50:  # text in any other encoding holds no zero byte
        is_little = head[1::2].count(0) >= head[::2].count(0)
        return _decode_strictly(name, content, ["utf-16-le" if is_little else "utf-16-be"])
    return _decode_strictly(name, content, encodings)


def _decode_strictly(name: str, content: bytes, encodings: list[str]) -> str:
    failures = []
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and _is_cut(content, error):
                raise _cut_text(name, content) from None
            byte = f"0x{content[error.start]:02x}"
            failures.append(
                (f"{encoding}：第 {error.start} 字节为 {byte}", f"{encoding}: byte {error.start} is {byte}")
            )
            continue
        if "\0" not in text:
            return text
        failures.append((f"{encoding}：含 NUL 字符", f"{encoding}: holds NUL characters"))
    raise UnreadableFileError(
        Message("文字编码无法识别", "the text cannot be decoded"),
        name=name,
        found=Message("；".join(zh for zh, _ in failures), "; ".join(en for _, en in failures)),
        expected=Message("、".join(encodings), " or ".join(encodings)),
    )


def _is_cut(content: bytes, error: UnicodeDecodeError) -> bool:
    """All but the last bytes are UTF-8, and not of plain ASCII only, which would be any encoding."""
    return error.reason == "unexpected end of data" and not content[: error.start].isascii()


def _cut_text(name: str, content: bytes) -> UnreadableFileError:
    return UnreadableFileError(
        Message("文件可能被截断", "the file was probably cut"),
        name=name,
        found=Message(
            f"{len(content)} 字节的 UTF-8，最后一个字不完整",
            f"{len(content)} bytes of UTF-8 that end within a character",
        ),
        expected=Message("完整的文件", "a whole file"),
    )


def read_delimited(name: str, text: str, delimiter: str | None = None) -> pa.Table:
    """One string column per column of the file, one row per record (a quoted line break stays inside its record).

    Regular files go through Arrow; files whose records differ in length (titles above the header, blank lines) through
    the csv module. Without a delimiter it is found by looking. Raises UnreadableFileError for an unclosed quote.
    """
    delimiter = delimiter or find_delimiter(text)
    width = max((len(row) for row in _records(name, text, delimiter, SAMPLE_ROWS)), default=1)
    try:
        return _read_regular(text, delimiter, width)
    except pa.ArrowInvalid:
        return build_text_table(_records(name, text, delimiter, None))


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first lines, outside of quotes, most evenly into most cells; one that splits a line
    without digits (a header) so too comes before others. A comma where none occurs."""
    sample = "".join(islice(io.StringIO(text), SAMPLE_ROWS))
    lines = [line for line in QUOTED.sub(r"\1", sample).splitlines() if line.strip()]
    return max(DELIMITERS, key=lambda delimiter: _rate_delimiter(lines, delimiter))


def _rate_delimiter(lines: list[str], delimiter: str) -> tuple[bool, int]:
    counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
    cells = max(counts, key=lambda count: counts[count] * count, default=0)
    has_header = any(line.count(delimiter) == cells and not re.search(r"\d", line) for line in lines)
    return cells > 0 and has_header, counts[cells] * cells


def _records(name: str, text: str, delimiter: str, limit: int | None) -> list[list[str]]:
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(islice(reader, limit))
    except csv.Error as error:
        if "after" not in str(error):
            raise UnreadableFileError(
                Message("不是表格：引号没有闭合", "the text is no table: a quote is not closed"),
                name=name,
                place=f" 行/line {reader.line_num}",
                found=same(str(error)),
                expected=Message("每个引号都闭合", "every opening quote closed"),
            ) from None
    lenient = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return list(islice(lenient, limit))


def _read_regular(text: str, delimiter: str, width: int) -> pa.Table:
    names = [f"c{position}" for position in range(width)]
    return pa_csv.read_csv(
        io.BytesIO(text.encode()),
        read_options=pa_csv.ReadOptions(column_names=names, block_size=8 << 20),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values='"' in text, ignore_empty_lines=False
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def build_text_table(rows: list[list[str]]) -> pa.Table:
    """Rows of differing length as one string column per position, NULL where a row has ended."""
    return pa.table({f"c{i}": pa.array(cells, pa.string()) for i, cells in enumerate(zip_longest(*rows))})
