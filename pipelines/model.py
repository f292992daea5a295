"""Closed lists and table shapes: the words of `docs/design.md` as code.

Every table that the project keeps is declared here once: name, grain, columns, types, comments. The warehouse creates
tables from it, the published database takes its comments from it, snapshots take their schema and sort keys from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    UPSTREAM = "upstream"
    LEDGER = "ledger"


class Direction(StrEnum):
    INPUT = "input"
    OUTPUT = "output"


class Status(StrEnum):
    NORMAL = "normal"
    VOID = "void"
    RED_FULL = "red_full"
    RED_PARTIAL = "red_partial"


class Verdict(StrEnum):
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    DUPLICATE = "duplicate"
    PENDING = "pending"
    MISSING_UPSTREAM = "missing_upstream"
    MISSING_LEDGER = "missing_ledger"
    NOT_COMPARED = "not_compared"


class Basis(StrEnum):
    OBSERVED = "observed"
    RULE = "rule"
    LIKELY = "likely"


CAUSES: dict[str, Verdict] = {
    "exact": Verdict.MATCHED,
    "within_tolerance": Verdict.MATCHED,
    "split_entries": Verdict.MATCHED,
    "combined_entry": Verdict.MATCHED,
    "red_letter_netted": Verdict.MATCHED,
    "dead_invoice_booked": Verdict.MISMATCHED,
    "number_mistyped": Verdict.MISMATCHED,
    "digits_lost": Verdict.MISMATCHED,
    "number_absent": Verdict.MISMATCHED,
    "amount_differs": Verdict.MISMATCHED,
    "tax_differs": Verdict.MISMATCHED,
    "party_differs": Verdict.MISMATCHED,
    "date_differs": Verdict.MISMATCHED,
    "booked_twice": Verdict.DUPLICATE,
    "listed_twice": Verdict.DUPLICATE,
    "sync_delay": Verdict.PENDING,
    "booking_lag": Verdict.PENDING,
    "impossible_number": Verdict.MISSING_UPSTREAM,
    "not_found": Verdict.MISSING_UPSTREAM,
    "not_booked": Verdict.MISSING_LEDGER,
    "upstream_gap": Verdict.NOT_COMPARED,
    "unreadable_reference": Verdict.NOT_COMPARED,
}
"""Every cause with the verdict it belongs to. Causes of `mismatched` stand in their order of precedence."""

LIKELY_CAUSES = frozenset({"number_mistyped", "digits_lost", "number_absent"})
"""Causes that rest on a repaired number: the best explanation, never more than that."""

RULED_CAUSES = frozenset(
    {"red_letter_netted", "sync_delay", "booking_lag", "not_found", "not_booked", "impossible_number", "upstream_gap"}
)
"""Causes that a documented rule decides (netting, windows, coverage, structure), not the two sides themselves."""


def basis_of(cause: str) -> Basis:
    """What a cause rests on; the same for every item of that cause."""
    if cause in LIKELY_CAUSES:
        return Basis.LIKELY
    return Basis.RULE if cause in RULED_CAUSES else Basis.OBSERVED


FINDING_VERDICTS = (
    Verdict.MISMATCHED,
    Verdict.DUPLICATE,
    Verdict.MISSING_UPSTREAM,
    Verdict.MISSING_LEDGER,
    Verdict.NOT_COMPARED,
)
"""Verdicts that ask something of a person. `matched` is done and `pending` only waits."""


@dataclass(frozen=True)
class Column:
    """`type` is a DuckDB type; `is_required` means that the value is never NULL."""

    name: str
    type: str
    comment: str
    is_required: bool = False


@dataclass(frozen=True)
class Table:
    """One table: `key` is unique and is the sort order of its snapshot files; `period` names the column whose month
    partitions its snapshot (NULL for small tables that are kept whole)."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    period: str | None = None

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def create_sql(self) -> str:
        body = ", ".join(f'"{c.name}" {c.type}{" NOT NULL" if c.is_required else ""}' for c in self.columns)
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({body})'


MONEY = "DECIMAL(18,2)"


def _columns(*specs: tuple[str, str, str]) -> tuple[Column, ...]:
    """A type that ends in `!` is required."""
    return tuple(Column(name, kind.rstrip("!"), comment, kind.endswith("!")) for name, kind, comment in specs)


LINEAGE = _columns(
    ("source_id", "VARCHAR", "来源 | the configured source that delivered the row"),
    ("source_file", "VARCHAR", "来源文件 | name of the file as received"),
    ("source_row", "BIGINT", "来源行号 | row number in that file, first row is 1"),
)

UPSTREAM_INVOICE = Table(
    "core_upstream__invoice",
    "税务系统的发票，每张一行，为最新状态 | The tax system's invoices, one row per invoice, its latest state",
    (
        *_columns(
            ("record_id", "VARCHAR!", "记录号 | stable id of the row, unique within the table"),
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
            ("invoice_code", "VARCHAR", "发票代码 | 10 or 12 digits; NULL for a fully digital invoice"),
            ("invoice_number", "VARCHAR!", "发票号码 | 20 digits (数电票) or 8 digits"),
            (
                "paper_number",
                "VARCHAR",
                "纸质发票号码 | 8 digits printed on paper beside the 20 (数电纸质票); NULL otherwise",
            ),
            ("kind", "VARCHAR", "票种 | kind of invoice, normalised"),
            ("issued_at", "TIMESTAMP!", "开票时间 | time of issue, Beijing time"),
            ("seller_tax_id", "VARCHAR", "销方识别号 | seller's tax id"),
            ("seller_name", "VARCHAR", "销方名称 | seller's name"),
            ("buyer_tax_id", "VARCHAR", "购方识别号 | buyer's tax id"),
            ("buyer_name", "VARCHAR", "购方名称 | buyer's name"),
            ("amount_cny", MONEY + "!", "金额（不含税，元） | amount without tax; negative on a red-letter invoice"),
            ("tax_cny", MONEY + "!", "税额（元） | tax"),
            ("total_cny", MONEY + "!", "价税合计（元） | total with tax"),
            ("status", "VARCHAR!", "发票状态 | normal, void, red_full or red_partial"),
            ("is_red", "BOOLEAN!", "是否红字发票 | TRUE on the negative (红字) invoice itself"),
            ("original_invoice_number", "VARCHAR", "被红冲蓝字发票号码 | on a red invoice: the blue one it reverses"),
            ("remark", "VARCHAR", "备注 | remark"),
            ("observed_at", "TIMESTAMP!", "观察时间 | when we read this state"),
        ),
        *LINEAGE,
    ),
    key=("record_id",),
    period="issued_at",
)

LEDGER_ENTRY = Table(
    "core_ledger__entry",
    "账上引用发票的分录，每条一行 | The company's ledger lines that refer to an invoice, one row per line",
    (
        *_columns(
            ("record_id", "VARCHAR!", "记录号 | stable id of the row, unique within the table"),
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input: we are the buyer; output: we are the seller"),
            ("posted_on", "DATE!", "记账日期 | posting date"),
            ("voucher_no", "VARCHAR", "凭证字号 | voucher number"),
            ("invoice_reference", "VARCHAR", "账上所记发票号码 | the number(s) exactly as typed or exported"),
            ("invoice_code", "VARCHAR", "账上所记发票代码 | invoice code, if the ledger keeps it apart"),
            ("invoice_date", "DATE", "账上所记开票日期 | invoice date, if the ledger keeps it"),
            ("counterparty_tax_id", "VARCHAR", "对方税号 | the other party's tax id"),
            ("counterparty_name", "VARCHAR", "对方名称 | the other party's name"),
            (
                "amount_cny",
                MONEY,
                "金额（不含税，元） | amount without tax; at least one of amount and total is present",
            ),
            ("tax_cny", MONEY, "税额（元） | tax"),
            ("total_cny", MONEY, "价税合计（元） | total with tax"),
            ("summary", "VARCHAR", "摘要 | text of the line"),
            ("observed_at", "TIMESTAMP!", "观察时间 | when we read this row"),
        ),
        *LINEAGE,
    ),
    key=("record_id",),
    period="posted_on",
)

COVERAGE = Table(
    "core_upstream__coverage",
    "每个开票日向税务系统查询并完整收到的情况 | What was asked of the tax system and fully received, per issue date",
    (
        *_columns(
            ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
            ("direction", "VARCHAR!", "进项 input / 销项 output | input or output"),
            ("issue_date", "DATE!", "开票日期 | day of issue"),
            ("is_complete", "BOOLEAN!", "是否完整收到 | everything of that day arrived and it can no longer grow"),
            ("fetched_at", "TIMESTAMP", "取数时间 | time of the newest complete fetch of that day"),
        ),
        *LINEAGE,
    ),
    key=("taxpayer_id", "direction", "issue_date"),
)

UPSTREAM_SPAN = Table(
    "core_upstream__span",
    "每个税务文件所示的本企业与日期 | Whose invoices each tax-side file shows, and where a cut one was cut",
    _columns(
        ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the file"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity that the file shows"),
        ("direction", "VARCHAR!", "进项 input / 销项 output | direction that the file shows"),
        (
            "first_issued_on",
            "DATE",
            "最早开票日 | first issue date in a file that reached its row cap; NULL in any other",
        ),
        (
            "last_issued_on",
            "DATE",
            "最晚开票日 | last issue date in a file that reached its row cap; NULL in any other",
        ),
        ("date_order", "VARCHAR", "rising or falling: order of the issue dates in a cut file; NULL if they have none"),
    ),
    key=("file_id", "source_id", "taxpayer_id", "direction"),
)

RECEIVED = _columns(
    ("received_at", "TIMESTAMP!", "收到时间 | the night on which the file came: from then on the state was known"),
)

UPSTREAM_SIGHTING = Table(
    "core_upstream__sighting",
    "税务系统发票的每一次状态变化 | Every state of an upstream invoice that we ever read; the latest is in "
    "core_upstream__invoice",
    (*UPSTREAM_INVOICE.columns, *RECEIVED),
    key=("record_id", "observed_at"),
    period="issued_at",
)

LEDGER_SIGHTING = Table(
    "core_ledger__sighting",
    "账上分录的每一次状态变化 | Every state of a ledger line that we ever read; the latest is in core_ledger__entry",
    (*LEDGER_ENTRY.columns, *RECEIVED),
    key=("record_id", "observed_at"),
    period="posted_on",
)

ITEM = Table(
    "recon__item",
    "核对结果：每条记录恰属一项 | Result: every core record is a member of exactly one item",
    _columns(
        ("item_id", "VARCHAR!", "核对项编号 | stable across nights while its members are the same"),
        ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
        ("direction", "VARCHAR!", "进项 input / 销项 output | input or output"),
        ("verdict", "VARCHAR!", "结论 | " + ", ".join(Verdict)),
        ("cause", "VARCHAR!", "原因 | " + ", ".join(CAUSES)),
        ("rule", "VARCHAR", "匹配规则 | rule that linked the two sides; NULL if one-sided"),
        (
            "basis",
            "VARCHAR!",
            "依据 | observed: both sides show it; rule: a documented rule says so; likely: confirm it",
        ),
        ("needs_review", "BOOLEAN!", "是否需人工确认 | a person should look; always TRUE for likely"),
        ("candidates", "VARCHAR[]", "未关联时考虑过的对方记录 | record_ids of the other side that were considered"),
        ("why_not", "VARCHAR", "未关联的原因 | guard that kept the best candidate from being linked"),
        ("differing_fields", "VARCHAR[]", "不一致的字段 | columns that differ"),
        ("upstream_total_cny", MONEY, "税务系统价税合计（元） | sum over the upstream members"),
        ("ledger_total_cny", MONEY, "账上价税合计（元） | sum over the ledger members"),
        ("difference_cny", MONEY, "差额（账减税，元） | ledger minus upstream"),
        ("due_on", "DATE", "到期日 | for pending: the day it turns into missing"),
        ("explanation_zh", "VARCHAR!", "中文说明 | one sentence to act on, in Chinese"),
        ("explanation_en", "VARCHAR!", "英文说明 | the same sentence in English"),
    ),
    key=("item_id",),
)

MEMBER = Table(
    "recon__member",
    "核对项的成员 | Which core records make up an item; each record stands here exactly once",
    _columns(
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id"),
        ("side", "VARCHAR!", "税务 upstream / 账 ledger | which core table the record is in"),
        ("record_id", "VARCHAR!", "记录号 | record_id in core_upstream__invoice or core_ledger__entry"),
    ),
    key=("side", "record_id"),
)

DECISION_KINDS = ("link", "leave_alone", "try_again", "accept_difference", "ignore_until")
DECISION_STATES = ("honoured", "changed", "gone", "overruled")

DECISION = Table(
    "decisions",
    "人工决定：下一夜的输入，从不改写结果 | What people decided: an input of the next night, never an edit",
    _columns(
        ("decision_id", "VARCHAR!", "决定编号 | given when it is made"),
        ("kind", "VARCHAR!", "决定 | " + ", ".join(DECISION_KINDS)),
        ("upstream_ids", "VARCHAR[]!", "税务记录号 | record_ids in core_upstream__invoice"),
        ("ledger_ids", "VARCHAR[]!", "账上记录号 | record_ids in core_ledger__entry"),
        ("until_on", "DATE", "忽略至 | of ignore_until: the first day on which it counts no more"),
        ("decided_by", "VARCHAR!", "决定人 | who"),
        ("decided_at", "TIMESTAMP!", "决定时间 | when, Beijing time"),
        ("reason", "VARCHAR!", "理由 | why"),
        ("records_hash", "VARCHAR", "记录摘要 | md5 of the records as they were then"),
        ("withdrawn_at", "TIMESTAMP", "撤销时间 | NULL while in force"),
        ("withdrawn_by", "VARCHAR", "撤销人 | who withdrew it"),
        ("withdrawn_reason", "VARCHAR", "撤销理由 | why it was withdrawn"),
    ),
    key=("decision_id",),
)

DECISION_STATE = Table(
    "recon__decision",
    "决定的执行情况 | Whether tonight's result honours each decision in force",
    _columns(
        ("decision_id", "VARCHAR!", "决定编号 | decisions.decision_id"),
        ("kind", "VARCHAR!", "决定 | " + ", ".join(DECISION_KINDS)),
        ("item_id", "VARCHAR", "核对项编号 | the item of its first record"),
        ("state", "VARCHAR!", "情况 | " + ", ".join(DECISION_STATES)),
        ("is_honoured", "BOOLEAN!", "是否执行 | a changed link stays, a changed acceptance does not"),
        ("explanation_zh", "VARCHAR!", "中文说明 | one sentence in Chinese"),
        ("explanation_en", "VARCHAR!", "英文说明 | one sentence in English"),
    ),
    key=("decision_id",),
)

FILED_PERIOD = Table(
    "recon__filed_period",
    "已申报的月份 | Months that were filed: their result is kept as it was and never rewritten",
    _columns(
        ("period", "VARCHAR!", "月份 | month, such as 2026-09"),
        ("filed_night", "VARCHAR!", "申报时的核对 | night_id whose result was kept"),
    ),
    key=("period",),
)

FILED_ITEM = Table(
    "recon__filed_item",
    "申报时的核对结果 | What was found for a filed month when it was filed",
    _columns(
        ("period", "VARCHAR!", "月份 | month of the item's oldest record"),
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id then"),
        ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
        ("direction", "VARCHAR!", "进项 input / 销项 output | input or output"),
        ("verdict", "VARCHAR!", "当时的结论 | verdict then"),
        ("cause", "VARCHAR!", "当时的原因 | cause then"),
        ("upstream_total_cny", MONEY, "当时的税务合计（元） | sum over the upstream members then"),
        ("ledger_total_cny", MONEY, "当时的账上合计（元） | sum over the ledger members then"),
        ("record_ids", "VARCHAR[]!", "当时的记录 | record_ids of its members then"),
    ),
    key=("period", "item_id"),
)

ADJUSTMENT_KINDS = ("arrived", "changed", "gone")

ADJUSTMENT = Table(
    "recon__adjustment",
    "对已申报月份的调整 | What has changed in a filed month since it was filed",
    _columns(
        ("period", "VARCHAR!", "月份 | filed month"),
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id, or the one that is gone"),
        ("taxpayer_id", "VARCHAR!", "本企业税号 | tax id of our own entity"),
        ("direction", "VARCHAR!", "进项 input / 销项 output | input or output"),
        (
            "kind",
            "VARCHAR!",
            "调整 | arrived: was not there; changed: is judged otherwise; gone: is part of another item",
        ),
        ("filed_verdict", "VARCHAR", "申报时的结论 | verdict when it was filed"),
        ("filed_cause", "VARCHAR", "申报时的原因 | cause when it was filed"),
        ("found_verdict", "VARCHAR", "现在的结论 | verdict now"),
        ("found_cause", "VARCHAR", "现在的原因 | cause now"),
        ("upstream_change_cny", "DECIMAL(18,2)!", "税务合计的变化（元） | upstream sum now minus then"),
        ("ledger_change_cny", "DECIMAL(18,2)!", "账上合计的变化（元） | ledger sum now minus then"),
        ("first_night", "VARCHAR!", "首次发现 | night_id that first showed it"),
    ),
    key=("period", "item_id"),
)

CORE_CHANGE = Table(
    "core_change",
    "上次核对之后有变化的记录 | Records whose state is new since they were last judged",
    _columns(
        ("side", "VARCHAR!", "税务 upstream / 账 ledger | which core table the record is in"),
        ("record_id", "VARCHAR!", "记录号 | record_id"),
    ),
    key=("side", "record_id"),
)

CORE_STATE = Table(
    "core_state",
    "当前状态所对应的时点 | The moment as of which the core tables show what was known",
    _columns(("known_at", "TIMESTAMP!", "时点 | as_of of the night that settled them")),
    key=("known_at",),
)

CLEARED = Table(
    "recon__cleared",
    "号码与金额完全一致、已结清的记录对 | Pairs whose key and money agree: carried from night to night",
    _columns(
        ("upstream_id", "VARCHAR!", "税务记录号 | record_id in core_upstream__invoice"),
        ("ledger_id", "VARCHAR!", "账上记录号 | record_id in core_ledger__entry"),
        ("number", "VARCHAR!", "发票号码 | 20 digits, or code and number"),
        ("key_hash", "UBIGINT!", "号码摘要 | 64 bits of the md5 of taxpayer, direction and number"),
    ),
    key=("upstream_id",),
)

OPEN_RECORD = Table(
    "recon__open_record",
    "未结清的记录 | Records that are judged again every night",
    _columns(
        ("side", "VARCHAR!", "税务 upstream / 账 ledger | which core table the record is in"),
        ("record_id", "VARCHAR!", "记录号 | record_id"),
    ),
    key=("side", "record_id"),
)

RECON_STATE = Table(
    "recon__state",
    "上次核对所用的规则 | What the carried results were judged by; another fingerprint means a full judgement",
    _columns(("rules_fingerprint", "VARCHAR!", "规则摘要 | sha256 over rules and sentences")),
    key=("rules_fingerprint",),
)

RAW_FILE = Table(
    "raw_file",
    "收到的文件，按内容每个一行 | Received files, one row per content (sha256) and source",
    _columns(
        ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the bytes as received"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("side", "VARCHAR!", "upstream or ledger"),
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
    _columns(
        ("file_id", "VARCHAR!", "sha256 of the bytes"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("file_name", "VARCHAR!", "文件名 | name of this delivery"),
        ("observed_at", "TIMESTAMP!", "导出时间 | modification time of this delivery, Beijing time"),
        ("received_at", "TIMESTAMP!", "收到时间 | night that first saw this delivery"),
    ),
    key=("source_id", "file_name", "file_id", "observed_at"),
)

RAW_LINEAGE = _columns(
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
    "credit", "account_code", "summary",
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
        *_columns(
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
    (*RAW_LINEAGE, *_columns(("kind", "VARCHAR!", "类别 | closed list"), ("text", "VARCHAR", "原文 | the row's text"))),
    key=("file_id", "source_id", "sheet", "row_number"),
)

NIGHT_RUN = Table(
    "night__run",
    "每夜一行 | One row per night",
    _columns(
        ("night_id", "VARCHAR!", "夜次 | as_of as YYYYMMDDTHHMMSS"),
        ("as_of", "TIMESTAMP!", "判断时点 | moment that the verdicts refer to, Beijing time"),
        ("started_at", "TIMESTAMP!", "开始时间 | wall clock, Beijing time"),
        ("finished_at", "TIMESTAMP", "结束时间 | wall clock, Beijing time; NULL while running or after a crash"),
        ("is_published", "BOOLEAN!", "是否发布 | the audit let the night pass and readers see it"),
        ("snapshot_id", "VARCHAR", "快照 | snapshot that holds the night"),
    ),
    key=("night_id",),
)

NIGHT_SOURCE = Table(
    "night__source",
    "每夜每个来源的情况 | How each source did on each night: silence, a failed file and a missing row are three things",
    _columns(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        (
            "state",
            "VARCHAR!",
            "received, unchanged, silent (expected, nothing came) or failed (came, could not be used)",
        ),
        ("files_new", "BIGINT!", "新文件数 | files taken in tonight"),
        ("files_failed", "BIGINT!", "失败文件数 | files stopped tonight"),
        ("rows_new", "BIGINT!", "新行数 | rows kept tonight"),
        ("newest_observed_at", "TIMESTAMP", "最新数据时间 | export time of the newest usable file"),
        ("message_zh", "VARCHAR", "说明 | in Chinese"),
        ("message_en", "VARCHAR", "说明 | in English"),
    ),
    key=("night_id", "source_id"),
)

NIGHT_FINDING = Table(
    "night__finding",
    "每个待处理事项自何夜起存在 | Since which night a finding has been open, and when it went",
    _columns(
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id"),
        ("cause", "VARCHAR!", "原因 | recon__item.cause"),
        ("first_night", "VARCHAR!", "首次出现 | night_id that first showed it"),
        ("last_night", "VARCHAR!", "最近出现 | night_id that last showed it"),
        ("gone_night", "VARCHAR", "消失 | night_id that no longer showed it; NULL while open"),
    ),
    key=("item_id", "cause", "first_night"),
)

AUDIT_VERDICT = Table(
    "audit__verdict",
    "每夜每条检查的结果 | What Great Expectations said of each rule on each night",
    _columns(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("suite", "VARCHAR!", "检查组 | suite"),
        ("rule_id", "VARCHAR!", "检查编号 | stable id of the rule"),
        ("table_name", "VARCHAR!", "被检查的表 | table that was judged"),
        ("severity", "VARCHAR!", "stop: nothing is published; warn: published and flagged"),
        ("name_zh", "VARCHAR!", "检查名称 | business name in Chinese"),
        ("name_en", "VARCHAR!", "检查名称 | business name in English"),
        ("is_success", "BOOLEAN!", "是否通过 | TRUE if the rule holds"),
        ("rows_checked", "BIGINT!", "检查行数 | rows looked at"),
        ("rows_unexpected", "BIGINT!", "不符行数 | rows that break the rule"),
        ("detail", "VARCHAR", "说明 | observed value or error"),
    ),
    key=("night_id", "rule_id"),
)

AUDIT_UNEXPECTED = Table(
    "audit__unexpected",
    "不符合检查的行 | Keys of the rows that broke a rule",
    _columns(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("rule_id", "VARCHAR!", "检查编号 | audit__verdict.rule_id"),
        ("row_key", "VARCHAR!", "行主键 | key of the row, parts joined by '|'"),
    ),
    key=("night_id", "rule_id", "row_key"),
)

ALERT_MESSAGE = Table(
    "alert__message",
    "发出的提醒 | Alerts that were raised, one row per night and subject",
    _columns(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("alert_key", "VARCHAR!", "提醒对象 | what it is about: cause and taxpayer, source, or audit rule"),
        ("severity", "VARCHAR!", "info, warning or critical"),
        ("finding_count", "BIGINT!", "条数 | findings in the group"),
        ("amount_cny", MONEY, "涉及金额（元） | money at stake"),
        ("title_zh", "VARCHAR!", "标题 | in Chinese"),
        ("title_en", "VARCHAR!", "标题 | in English"),
        ("body_zh", "VARCHAR!", "正文 | in Chinese, names masked"),
        ("body_en", "VARCHAR!", "正文 | in English, names masked"),
        ("is_delivered", "BOOLEAN!", "是否送达 | a channel took it; console and file count where no other is set"),
        ("delivery_detail", "VARCHAR", "送达情况 | JSON, channel to delivered or why not, without secrets"),
    ),
    key=("night_id", "alert_key"),
)

RAW_TABLES = (RAW_FILE, RAW_DELIVERY, RAW_UPSTREAM_ROW, RAW_LEDGER_ROW, RAW_REJECT, RAW_IGNORED)
SIGHTING_TABLES = (UPSTREAM_SIGHTING, LEDGER_SIGHTING, UPSTREAM_SPAN)
CORE_TABLES = (UPSTREAM_INVOICE, LEDGER_ENTRY, COVERAGE)
RECON_TABLES = (ITEM, MEMBER, DECISION, DECISION_STATE, FILED_PERIOD, FILED_ITEM, ADJUSTMENT)
NIGHT_TABLES = (NIGHT_RUN, NIGHT_SOURCE, NIGHT_FINDING, AUDIT_VERDICT, AUDIT_UNEXPECTED, ALERT_MESSAGE)
TABLES = (*RAW_TABLES, *SIGHTING_TABLES, *CORE_TABLES, *RECON_TABLES, *NIGHT_TABLES)
STATE_TABLES = (CORE_CHANGE, CORE_STATE, CLEARED, OPEN_RECORD, RECON_STATE)
"""What the join remembers between nights. All of it follows from the other tables: it is neither kept nor published,
and without it the next night judges everything."""
PUBLISHED_TABLES = (*CORE_TABLES, *RECON_TABLES, RAW_FILE, RAW_REJECT, *NIGHT_TABLES)
"""Tables that readers get. Raw rows and sightings stay in the warehouse and the snapshots."""


def table_named(name: str) -> Table:
    """The declaration of a table; KeyError for a name that is not declared."""
    return {table.name: table for table in TABLES}[name]
