"""What a night remembers for the next; all of it follows from the other tables, or is found anew without harm.

The hashes are DuckDB's own: a night reads these narrow columns of every cleared pair, not the texts. Another release of
DuckDB means a full judgement (`fingerprint_rules`), for its hashes may be others.
"""

from __future__ import annotations

from pipelines.model.table import Table, columns_of

CORE_CHANGE = Table(
    "core_change",
    "上次核对之后有变化的记录 | Records whose state is new since they were last judged",
    columns_of(
        ("side", "VARCHAR!", "税务 upstream / 账 ledger | which core table the record is in"),
        ("record_id", "VARCHAR!", "记录号 | record_id"),
    ),
    key=("side", "record_id"),
)

CORE_STATE = Table(
    "core_state",
    "当前状态所对应的时点 | The moment as of which the core tables show what was known",
    columns_of(("known_at", "TIMESTAMP!", "时点 | as_of of the night that settled them")),
    key=("known_at",),
)

CLEARED = Table(
    "recon__cleared",
    "号码与金额完全一致、已结清的记录对 | Pairs whose key and money agree: carried from night to night",
    columns_of(
        ("upstream_id", "VARCHAR!", "税务记录号 | record_id in core_upstream__invoice"),
        ("ledger_id", "VARCHAR!", "账上记录号 | record_id in core_ledger__entry"),
        ("number", "VARCHAR!", "发票号码 | 20 digits, or code and number"),
        ("key_hash", "UBIGINT!", "号码摘要 | hash of taxpayer, direction and number"),
        ("upstream_hash", "UBIGINT!", "税务记录号摘要 | hash of upstream_id"),
        ("ledger_hash", "UBIGINT!", "账上记录号摘要 | hash of ledger_id"),
        ("tail_hash", "UBIGINT!", "末八位摘要 | hash of taxpayer, direction and the last 8 digits of the number"),
    ),
    key=("upstream_id",),
)

OPEN_RECORD = Table(
    "recon__open_record",
    "未结清的记录 | Records that are judged again every night",
    columns_of(
        ("side", "VARCHAR!", "税务 upstream / 账 ledger | which core table the record is in"),
        ("record_id", "VARCHAR!", "记录号 | record_id"),
    ),
    key=("side", "record_id"),
)

READING = Table(
    "raw_reading",
    "每个文件读取时所用的设置与版式 | The settings and layout that each file was read with",
    columns_of(
        ("file_id", "VARCHAR!", "文件内容的 sha256 | sha256 of the bytes"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("reading_fingerprint", "VARCHAR!", "摘要 | sha256 over the source's settings, the taxpayers and the layouts"),
    ),
    key=("file_id", "source_id"),
)

RECON_STATE = Table(
    "recon__state",
    "上次核对所用的规则 | What the carried results were judged by; another fingerprint means a full judgement",
    columns_of(("rules_fingerprint", "VARCHAR!", "规则摘要 | sha256 over rules and sentences")),
    key=("rules_fingerprint",),
)
