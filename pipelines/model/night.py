"""Tables about nights: runs, sources, findings, verdicts of the audit, alerts."""

from __future__ import annotations

from pipelines.model.table import MONEY, Table, columns_of

NIGHT_RUN = Table(
    "night__run",
    "每夜一行 | One row per night",
    columns_of(
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
    columns_of(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        (
            "state",
            "VARCHAR!",
            "received, unchanged, silent (expected, nothing came), maintenance (of its system, nothing came) "
            "or failed (came, could not be used)",
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
    columns_of(
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id"),
        ("cause", "VARCHAR!", "原因 | recon__item.cause"),
        ("first_night", "VARCHAR!", "首次出现 | night_id that first showed it"),
        ("last_night", "VARCHAR!", "最近出现 | night_id that last showed it"),
        ("gone_night", "VARCHAR", "消失 | night_id that no longer showed it; NULL while open"),
    ),
    key=("item_id", "cause", "first_night"),
)

NIGHT_ADJUSTMENT = Table(
    "night__adjustment",
    "每项调整自何夜起存在 | Since which night an adjustment to a filed month has stood, and when it went",
    columns_of(
        ("period", "VARCHAR!", "月份 | filed month"),
        ("item_id", "VARCHAR!", "核对项编号 | recon__item.item_id"),
        ("kind", "VARCHAR!", "调整 | recon__adjustment.kind"),
        ("found_cause", "VARCHAR", "发现的原因 | cause that was found; NULL where the item is gone"),
        ("upstream_change_cny", "DECIMAL(18,2)!", "税务合计的变化（元） | upstream sum minus what was filed"),
        ("ledger_change_cny", "DECIMAL(18,2)!", "账上合计的变化（元） | ledger sum minus what was filed"),
        ("first_night", "VARCHAR!", "首次发现 | night_id that first showed it"),
        ("gone_night", "VARCHAR", "消失 | night_id that no longer showed it so; NULL while it stands"),
    ),
    key=("period", "item_id", "first_night"),
)

AUDIT_VERDICT = Table(
    "audit__verdict",
    "每夜每条检查的结果 | What Great Expectations said of each rule on each night",
    columns_of(
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
    columns_of(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("rule_id", "VARCHAR!", "检查编号 | audit__verdict.rule_id"),
        ("row_key", "VARCHAR!", "行主键 | key of the row, parts joined by '|'"),
    ),
    key=("night_id", "rule_id", "row_key"),
)

ALERT_MESSAGE = Table(
    "alert__message",
    "发出的提醒 | Alerts that were raised, one row per night and subject",
    columns_of(
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
