"""What was pulled from the sources' systems."""

from __future__ import annotations

from pipelines.model.table import Table, columns_of

NIGHT_PULL = Table(
    "night__pull",
    "每夜每个来源每条取数途径一行 | Each route that was tried for a source on a night: the first, then its fallbacks",
    columns_of(
        ("night_id", "VARCHAR!", "夜次 | night__run.night_id"),
        ("source_id", "VARCHAR!", "来源 | configured source"),
        ("route_no", "BIGINT!", "途径序号 | 0 is the first choice, from 1 on the fallbacks in their order"),
        ("kind", "VARCHAR!", "途径 | api, database, remote, mailbox or folder"),
        (
            "state",
            "VARCHAR!",
            "pulled, unchanged, empty, incomplete, failed, maintenance (announced, or said by the system) or "
            "waiting (for a person); the last route tried says so when the data are stale",
        ),
        ("files", "VARCHAR[]!", "文件 | names of the files written into the source's folder"),
        ("rows", "BIGINT!", "行数 | rows that came"),
        ("declared", "BIGINT", "声明行数 | rows that the system said it has; NULL if it says nothing"),
        ("started_at", "TIMESTAMP!", "开始时间 | wall clock, Beijing time"),
        ("ended_at", "TIMESTAMP!", "结束时间 | wall clock, Beijing time"),
        ("watermark", "TIMESTAMP", "水位 | everything up to this moment has been received; NULL if not everything"),
        ("message_zh", "VARCHAR", "说明 | in Chinese"),
        ("message_en", "VARCHAR", "说明 | in English"),
    ),
    key=("night_id", "source_id", "route_no"),
)
