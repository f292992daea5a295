"""The table of open alerts: one row per cause and subject for as long as it stands."""

from __future__ import annotations

from pipelines.model.table import MONEY, Table, columns_of

ALERT_CASE = Table(
    "alert__case",
    "提醒事项：同一原因、同一对象只有一条未结 | Alerts as cases: at most one open per cause and subject",
    columns_of(
        ("alert_key", "VARCHAR!", "提醒对象 | cause and subject, as in alert__message"),
        ("raised_night", "VARCHAR!", "提出 | night_id that raised it"),
        ("updated_night", "VARCHAR!", "更新 | night_id that last saw it"),
        ("worse_night", "VARCHAR", "加重 | night_id that last raised its severity"),
        ("escalated_night", "VARCHAR", "升级 | night_id that last told it again because nobody acknowledged it"),
        ("resolved_night", "VARCHAR", "解除 | night_id that no longer saw it; NULL while open"),
        ("severity", "VARCHAR!", "info, warning or critical"),
        ("finding_count", "BIGINT!", "条数 | open findings in the group"),
        ("amount_cny", MONEY, "涉及金额（元） | money at stake now; NULL where money is not the point"),
        ("title_zh", "VARCHAR!", "标题 | in Chinese"),
        ("title_en", "VARCHAR!", "标题 | in English"),
        ("body_zh", "VARCHAR!", "正文 | in Chinese, names masked"),
        ("body_en", "VARCHAR!", "正文 | in English, names masked"),
        ("acknowledged_by", "VARCHAR", "确认人 | who has taken it on; NULL if nobody"),
        ("acknowledged_at", "TIMESTAMP", "确认时间 | Beijing time"),
        ("acknowledged_note", "VARCHAR", "确认说明 | in that person's words"),
        ("acknowledged_night", "VARCHAR", "确认范围 | night_id up to which that person has taken its findings on"),
        (
            "waiting_night",
            "VARCHAR",
            "等待自 | first night_id of the oldest open finding that nobody has taken on; NULL if there is none",
        ),
    ),
    key=("alert_key", "raised_night"),
)
