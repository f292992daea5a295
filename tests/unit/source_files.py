"""Files as users have them, made inline: workbooks, text, and what comes out when they are read."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import xlsxwriter

from pipelines.model import Direction
from pipelines.settings import Settings
from pipelines.sources.inspect import ReadFile, read_to_parquet
from tests.conftest import OUR_TAX_ID

BASE_SHEET = "发票基础信息"
LINE_SHEET = "信息汇总表"
PERIOD_NAME = "全量发票查询导出结果（20260801-20260831）.xlsx"
SELLER = "91310000MA1K00001X"
DIGITAL = "26112000000000012345"

FULL_HEADER = [
    "序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称",
    "开票日期", "金额", "税额", "价税合计", "发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注",
]  # fmt: skip
LINE_HEADER = [
    "序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称",
    "开票日期", "税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额", "价税合计",
    "发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注",
]  # fmt: skip
INVOICE: dict[str, Any] = {
    "序号": "1", "数电发票号码": DIGITAL, "销方识别号": SELLER, "销方名称": "上海甲公司", "购方识别号": OUR_TAX_ID,
    "购买方名称": "北京示例贸易有限公司", "开票日期": "2026-08-17 10:11:12", "金额": "1000.00", "税额": "130.00",
    "价税合计": "1130.00", "发票来源": "电子发票服务平台", "发票票种": "数电票（增值税专用发票）", "发票状态": "正常",
    "是否正数发票": "是", "发票风险等级": "正常", "开票人": "张", "备注": "",
}  # fmt: skip
TOTAL: dict[str, Any] = {"序号": "合计", "金额": "1000.00", "税额": "130.00", "价税合计": "1130.00"}

Row = list[Any]


@dataclass(frozen=True)
class Outcome:
    """`rows` are the core rows, `rejects` and `ignored` the rest of the account."""

    file: ReadFile
    rows: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    ignored: list[dict[str, Any]]

    @property
    def only(self) -> dict[str, Any]:
        assert len(self.rows) == 1, (self.rows, self.rejects)
        return self.rows[0]

    @property
    def reasons(self) -> list[tuple[str, str | None]]:
        return [(reject["reason"], reject["found"]) for reject in self.rejects]

    @property
    def kinds(self) -> list[str]:
        return [row["kind"] for row in self.ignored]


def place(values: dict[str, Any], header: list[str]) -> Row:
    return [values.get(title, "") for title in header]


def invoice(header: list[str] = FULL_HEADER, **changes: Any) -> Row:
    return place(INVOICE | changes, header)


def total(header: list[str] = FULL_HEADER, **changes: Any) -> Row:
    return place(TOTAL | changes, header)


def workbook(sheets: dict[str, list[Row]], hidden: tuple[str, ...] = ()) -> bytes:
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if name in hidden:
            sheet.hide()
    book.close()
    return memory.getvalue()


def full_query(*rows: Row, header: list[str] = FULL_HEADER, sheet: str = BASE_SHEET) -> bytes:
    return workbook({sheet: [header, *rows]})


def one_invoice(**changes: Any) -> bytes:
    """A full-query export of one invoice and the 合计 row that belongs to it."""
    sums = {title: changes[title] for title in ("金额", "税额") if title in changes}
    return full_query(invoice(**changes), total(**sums))


def patch_workbook(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same workbook with `old` replaced in its sheets; fails if it does not occur."""
    memory = io.BytesIO()
    is_found = False
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                is_found |= old in data
                data = data.replace(old, new)
            target.writestr(entry.filename, data)
    assert is_found, f"{old!r} is in no sheet"
    return memory.getvalue()


def text_lines(*lines: str, encoding: str = "utf-8") -> bytes:
    return ("\n".join(lines) + "\n").encode(encoding)


def read_bytes(
    settings: Settings,
    content: bytes,
    layout: str = "tax_full_query",
    name: str = PERIOD_NAME,
    direction: Direction | None = None,
) -> Outcome:
    folder = Path(settings.data_root).parent / "inbox"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    (read,) = read_to_parquet(settings, [path], layout, folder / "out", direction=direction)
    if read.stopped:
        raise read.stopped
    (core,) = (folder / "out").glob("core_*.parquet")
    outcome = Outcome(
        read,
        pq.read_table(core).sort_by("source_row").to_pylist(),
        pq.read_table(folder / "out" / "rejects.parquet").sort_by("row_number").to_pylist(),
        pq.read_table(folder / "out" / "ignored.parquet").sort_by("row_number").to_pylist(),
    )
    account = read.account
    assert account.rows_read == account.rows_kept + account.rows_rejected + account.rows_ignored
    return outcome


LEDGER_HEADER = "记账日期,凭证号,发票号码,对方名称,金额,税额,价税合计,摘要"


def read_ledger(settings: Settings, *lines: str, encoding: str = "utf-8", header: str = LEDGER_HEADER) -> Outcome:
    """The lines through the plain ledger layout, as purchases."""
    content = text_lines(header, *lines, encoding=encoding)
    return read_bytes(settings, content, "plain_ledger_csv", "账.csv", Direction.INPUT)
