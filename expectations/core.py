"""Rules about what was received and typed: files, sources, coverage, invoices and ledger lines."""

from __future__ import annotations

from expectations.rules import DECLARED_COLUMN, Rule, Severity, Suite
from pipelines.model import Direction, Status

_CORE = Suite("core")
_STOP, _WARN = Severity.STOP, Severity.WARN
_INVOICE, _ENTRY, _COVERAGE = "core_upstream__invoice", "core_ledger__entry", "core_upstream__coverage"

STOP_RULES: tuple[Rule, ...] = (
    _CORE.sql(
        _STOP,
        "declared_schema",
        DECLARED_COLUMN,
        "各表的列与声明一致",
        "Every table has the declared columns and types",
    ),
    _CORE.sql(
        _STOP,
        "delivered_rows_arrive",
        "raw_file",
        "送达过数据的一方，其记录表不为空",
        "A side that delivered rows is not empty",
    ),
    _CORE.sql(
        _STOP, "pull_not_empty", "raw_file", "今夜收到的文件不是空的", "No source delivered only empty files tonight"
    ),
    _CORE.sql(
        _STOP,
        "file_counts_add_up",
        "raw_file",
        "每个文件：读到 = 采用 + 拒绝 + 略过",
        "Per file, rows read = kept + rejected + ignored",
    ),
    _CORE.sql(
        _STOP,
        "file_rejects_agree",
        "raw_file",
        "每个文件：拒绝的行都有记录",
        "Per file, every rejected row is on record",
    ),
    _CORE.sql(
        _STOP,
        "file_ignores_agree",
        "raw_file",
        "每个文件：略过的行都有记录",
        "Per file, every ignored row is on record",
    ),
    _CORE.unique("upstream_record_unique", _INVOICE, "record_id", "税务发票记录号不重复", "No upstream record repeats"),
    _CORE.present(
        "upstream_record_present", _INVOICE, "record_id", "税务发票都有记录号", "Every upstream record has an id"
    ),
    _CORE.present(
        "upstream_number_present", _INVOICE, "invoice_number", "税务发票都有号码", "Every invoice has a number"
    ),
    _CORE.present("upstream_date_present", _INVOICE, "issued_at", "税务发票都有开票时间", "Every invoice has a date"),
    _CORE.listed(
        "upstream_direction_listed",
        _INVOICE,
        ("direction", list(Direction)),
        "税务发票的方向只有进项和销项",
        "Every invoice is input or output",
    ),
    _CORE.listed(
        "upstream_status_listed",
        _INVOICE,
        ("status", list(Status)),
        "发票状态在清单之内",
        "Every status is a known one",
    ),
    _CORE.unique("ledger_record_unique", _ENTRY, "record_id", "账上分录记录号不重复", "No ledger record repeats"),
    _CORE.present("ledger_record_present", _ENTRY, "record_id", "账上分录都有记录号", "Every ledger record has an id"),
    _CORE.present("ledger_date_present", _ENTRY, "posted_on", "账上分录都有记账日期", "Every ledger line has a date"),
    _CORE.listed(
        "ledger_direction_listed",
        _ENTRY,
        ("direction", list(Direction)),
        "账上分录的方向只有进项和销项",
        "Every ledger line is input or output",
    ),
    _CORE.sql(
        _STOP,
        "ledger_money_present",
        _ENTRY,
        "账上分录至少有金额或价税合计",
        "Every ledger line has an amount or a total",
    ),
    _CORE.sql(
        _STOP,
        "coverage_day_unique",
        _COVERAGE,
        "取数情况每日一行",
        "Coverage has one row per day",
    ),
    _CORE.listed(
        "coverage_direction_listed",
        _COVERAGE,
        ("direction", list(Direction)),
        "取数情况的方向只有进项和销项",
        "Coverage is of input or output",
    ),
)

WARN_RULES: tuple[Rule, ...] = (
    _CORE.sql(
        _WARN, "source_heard", "night__source", "每个来源今夜都有消息且可用", "Every source was heard from tonight"
    ),
    _CORE.sql(_WARN, "file_usable", "raw_file", "今夜收到的文件都能采用", "Every file that came tonight could be used"),
    _CORE.sql(_WARN, "row_usable", "raw_reject", "今夜收到的行都能采用", "Every row that came tonight could be used"),
    _CORE.sql(
        _WARN,
        "reject_share_small",
        "raw_file",
        "今夜没有文件被拒绝百分之一以上的行",
        "No file of tonight had more than 1 % of its rows rejected",
    ),
    _CORE.sql(
        _WARN,
        "asked_days_received",
        _COVERAGE,
        "所查日期都已完整收到",
        "Every day that was asked for was fully received",
    ),
    _CORE.sql(
        _WARN, "upstream_money_adds_up", _INVOICE, "税务发票：金额 + 税额 = 价税合计", "Upstream, amount + tax = total"
    ),
    _CORE.sql(
        _WARN, "ledger_money_adds_up", _ENTRY, "账上分录：金额 + 税额 = 价税合计", "Ledger, amount + tax = total"
    ),
    _CORE.sql(
        _WARN,
        "upstream_tax_id_valid",
        _INVOICE,
        "税务发票上的税号校验位正确",
        "Tax ids on invoices have a valid check digit",
    ),
    _CORE.sql(
        _WARN,
        "ledger_tax_id_valid",
        _ENTRY,
        "账上税号校验位正确",
        "Tax ids in the ledger have a valid check digit",
    ),
)

RULES = (*STOP_RULES, *WARN_RULES)
