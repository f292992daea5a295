"""Result tables: items, members, decisions and filed months."""

from __future__ import annotations

from pipelines.model.lists import CAUSES, Verdict
from pipelines.model.table import MONEY, Table, columns_of

ITEM = Table(
    "recon__item",
    "核对结果：每条记录恰属一项 | Result: every core record is a member of exactly one item",
    columns_of(
        ("item_id", "VARCHAR!", "核对项编号 | stable across nights as long as its first member is in it"),
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
        ("ledger_total_cny", MONEY, "账上合计（元） | sum over the ledger members; without tax where no total is kept"),
        ("difference_cny", MONEY, "差额（账减税，元） | ledger minus upstream; without tax where no total is kept"),
        ("due_on", "DATE", "到期日 | for pending: the day it turns into missing"),
        ("explanation_zh", "VARCHAR!", "中文说明 | one sentence to act on, in Chinese"),
        ("explanation_en", "VARCHAR!", "英文说明 | the same sentence in English"),
    ),
    key=("item_id",),
)

MEMBER = Table(
    "recon__member",
    "核对项的成员 | Which core records make up an item; each record stands here exactly once",
    columns_of(
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
    columns_of(
        ("decision_id", "VARCHAR!", "决定编号 | given when it is made"),
        ("kind", "VARCHAR!", "决定 | " + ", ".join(DECISION_KINDS)),
        ("upstream_ids", "VARCHAR[]!", "税务记录号 | record_ids in core_upstream__invoice"),
        ("ledger_ids", "VARCHAR[]!", "账上记录号 | record_ids in core_ledger__entry"),
        ("until_on", "DATE", "忽略至 | of ignore_until: the first day on which it counts no more"),
        ("decided_by", "VARCHAR!", "决定人 | who"),
        ("decided_at", "TIMESTAMP!", "决定时间 | when, Beijing time"),
        ("reason", "VARCHAR!", "理由 | why"),
        ("records_hash", "VARCHAR", "记录摘要 | md5 of the records as they were then"),
        ("found_cause", "VARCHAR", "当时的原因 | of accept_difference and ignore_until: recon__item.cause then"),
        ("withdrawn_at", "TIMESTAMP", "撤销时间 | NULL while in force"),
        ("withdrawn_by", "VARCHAR", "撤销人 | who withdrew it"),
        ("withdrawn_reason", "VARCHAR", "撤销理由 | why it was withdrawn"),
    ),
    key=("decision_id",),
)

DECISION_STATE = Table(
    "recon__decision",
    "决定的执行情况 | Whether tonight's result honours each decision in force",
    columns_of(
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
    columns_of(
        ("period", "VARCHAR!", "月份 | month, such as 2026-09"),
        ("filed_night", "VARCHAR!", "申报时的核对 | night_id whose result was kept"),
    ),
    key=("period",),
)

FILED_ITEM = Table(
    "recon__filed_item",
    "申报时的核对结果 | What was found for a filed month when it was filed",
    columns_of(
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
    columns_of(
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
