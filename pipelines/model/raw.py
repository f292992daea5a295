"""Raw tables: files and rows as received, all text, with what was rejected or left aside."""

from __future__ import annotations

from pipelines.model.lists import Side
from pipelines.model.table import Column, Table, columns_of

RAW_FILE = Table(
    "raw_file",
    "收到的文件，按内容每个一行 | Received files, one row per content (sha256) and source",
    columns_of(
        ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the bytes as received"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("side", "VARCHAR!", "upstream, ledger, einvoice or verification"),
        ("layout", "VARCHAR", "版式 | layout file that read it; NULL if none fitted"),
        ("file_name", "VARCHAR!", "文件名 | name under which it came first"),
        ("size_bytes", "BIGINT!", "字节数 | size"),
        ("landed_path", "VARCHAR!", "存放位置 | path under the data root, bytes unchanged"),
        ("observed_at", "TIMESTAMP!", "导出时间 | when the file was made as far as known, Beijing time"),
        ("received_at", "TIMESTAMP!", "收到时间 | night that first saw it"),
        ("status", "VARCHAR!", "read: taken in; stopped: nothing of it was used, the messages say why"),
        ("period_from", "DATE", "所查起始日 | first issue date the export was asked for, if it says so"),
        ("period_to", "DATE", "所查截止日 | last issue date the export was asked for, if it says so"),
        ("is_complete", "BOOLEAN!", "是否完整 | all rows arrived: control total agrees and the row cap was not met"),
        ("rows_read", "BIGINT!", "读到的行数 | rows found in the sheets that were read"),
        ("rows_kept", "BIGINT!", "采用的行数 | rows that reached core"),
        ("rows_rejected", "BIGINT!", "拒绝的行数 | rows in raw_reject"),
        ("rows_ignored", "BIGINT!", "略过的行数 | rows in raw_ignored"),
        ("message_zh", "VARCHAR", "说明 | what is wrong with the file, in Chinese"),
        ("message_en", "VARCHAR", "说明 | what is wrong with the file, in English"),
    ),
    key=("file_id", "source_id"),
)

RAW_DELIVERY = Table(
    "raw_delivery",
    "文件每次送达 | Every name under which a file's bytes were delivered; the same bytes add no rows",
    columns_of(
        ("file_id", "VARCHAR!", "sha256 of the bytes"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("file_name", "VARCHAR!", "文件名 | name of this delivery"),
        ("observed_at", "TIMESTAMP!", "导出时间 | modification time of this delivery, Beijing time"),
        ("received_at", "TIMESTAMP!", "收到时间 | night that first saw this delivery"),
        ("period_from", "DATE", "所查起始日 | first issue date that this delivery's name asks for, if it says so"),
        ("period_to", "DATE", "所查截止日 | last issue date that this delivery's name asks for, if it says so"),
    ),
    key=("source_id", "file_name", "file_id", "observed_at"),
)

RAW_LINEAGE = columns_of(
    ("file_id", "VARCHAR!", "sha256 of the file"),
    ("source_id", "VARCHAR!", "来源 | configured source"),
    ("sheet", "VARCHAR!", "工作表 | sheet name; '' for a text file"),
    ("row_number", "BIGINT!", "行号 | row number in the sheet, first row is 1"),
)

UPSTREAM_TEXT_FIELDS = (
    "taxpayer_id", "direction", "invoice_code", "invoice_number", "digital_invoice_number", "kind", "issued_at",
    "seller_tax_id", "seller_name", "buyer_tax_id", "buyer_name", "amount", "tax", "total", "status", "is_positive",
    "remark",
)  # fmt: skip
"""Text columns of `raw_upstream__row` that a layout can fill."""

LEDGER_TEXT_FIELDS = (
    "taxpayer_id", "taxpayer_name", "direction", "posted_on", "voucher_no", "line_no", "invoice_reference",
    "invoice_code", "invoice_date", "counterparty_tax_id", "counterparty_name", "amount", "tax", "total", "debit",
    "credit", "account_code", "account_name", "summary",
)  # fmt: skip
"""Text columns of `raw_ledger__row` that a layout can fill."""


def _raw_row_table(side: Side, fields: tuple[str, ...]) -> Table:
    text = tuple(Column(name, "VARCHAR", f"原文 | {name} exactly as received") for name in fields)
    other = Column("other_cells", "VARCHAR", "其余列 | JSON object of the columns that no field takes")
    return Table(
        f"raw_{side}__row",
        "文件的原始行，全部为文本 | Rows of the files as received, all text",
        (*RAW_LINEAGE, *text, other),
        key=("file_id", "source_id", "sheet", "row_number"),
    )


RAW_UPSTREAM_ROW = _raw_row_table(Side.UPSTREAM, UPSTREAM_TEXT_FIELDS)
RAW_LEDGER_ROW = _raw_row_table(Side.LEDGER, LEDGER_TEXT_FIELDS)

RAW_REJECT = Table(
    "raw_reject",
    "被拒绝的行及原因 | Rows that could not be used, with the reason",
    (
        *RAW_LINEAGE,
        *columns_of(
            ("column_name", "VARCHAR", "列名 | header of the offending column, as the file spells it if known"),
            ("reason", "VARCHAR!", "原因 | closed list, see docs/layouts.md"),
            ("found", "VARCHAR", "实际内容 | what was found"),
            ("expected", "VARCHAR!", "应有内容 | what was expected"),
        ),
    ),
    key=("file_id", "source_id", "sheet", "row_number"),
)

RAW_IGNORED = Table(
    "raw_ignored",
    "有意略过的行 | Rows that are no records by design: titles, headers, blanks, control totals, other accounts",
    (
        *RAW_LINEAGE,
        *columns_of(("kind", "VARCHAR!", "类别 | closed list"), ("text", "VARCHAR", "原文 | the row's text")),
    ),
    key=("file_id", "source_id", "sheet", "row_number"),
)
