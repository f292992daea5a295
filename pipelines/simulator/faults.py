"""What can go wrong with a tax system, as kinds that a scenario or a test switches on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Fault(BaseModel):
    """One fault of a scenario. Without `since` and `until` (Beijing time) it is always on; `times`: how many requests
    it meets, None for all. `page` counts from 1; the other settings belong to the kinds that name them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    since: datetime | None = None
    until: datetime | None = None
    times: int | None = Field(default=None, ge=1)
    page: int = Field(default=2, ge=1)
    seconds: float = Field(default=3, ge=0)
    retry_after: int = Field(default=1, ge=0)
    by: int = 3
    hours: float = 48
    old: str = "je"
    new: str = "hjje"

    @field_validator("id")
    @classmethod
    def _be_known(cls, given: str) -> str:
        if given not in KINDS:
            raise ValueError(f"no such fault {given!r}; known are {', '.join(KINDS)}")
        return given

    def is_on(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True)
class FaultKind:
    """`settings` switch it on as a test would: `Fault(id=kind.id, **kind.settings)`. `recovers`: asking again a
    moment later, in the same night, brings everything. `area` is the kind of request that it meets."""

    id: str
    area: str
    zh: str
    en: str
    recovers: bool
    settings: dict[str, Any] = field(default_factory=dict)


FAULTS = (
    FaultKind("reset", "any", "连接中断，没有回答", "the connection is cut without an answer", False),
    FaultKind("slow", "any", "回答很慢（seconds 秒）", "answers take `seconds`", False),
    FaultKind(
        "busy",
        "any",
        "请求太密：429，retry_after 秒后再来",
        "too many requests: 429 with Retry-After",
        True,
        {"times": 2},
    ),
    FaultKind(
        "maintenance",
        "any",
        "停机维护：503，/notices 有公告",
        "maintenance: 503, announced at /notices",
        False,
        {"retry_after": 3600},
    ),
    FaultKind(
        "expired_token",
        "listing",
        "令牌在取第 page 页时失效：401",
        "the token expires before page `page`: 401",
        True,
        {"times": 1},
    ),
    FaultKind("refused", "data", "账号被停用：401，换令牌也没用", "the account is refused whatever it shows", False),
    FaultKind("forbidden", "data", "没有该税号的权限：403", "no permission for the taxpayer: 403", False),
    FaultKind("server_error", "any", "服务器内部错误：500", "the server fails: 500", True, {"times": 2}),
    FaultKind("not_json", "data", "回答的是网页而不是数据", "a web page is answered instead of data", False),
    FaultKind("cut_short", "data", "回答只传了一半就断开", "the answer breaks off half way", True, {"times": 1}),
    FaultKind("lost_page", "listing", "第 page 页是空的", "page `page` answers empty", True, {"times": 1}),
    FaultKind("lost_page_for_good", "listing", "第 page 页一直是空的", "page `page` stays empty", False),
    FaultKind("broken_page", "listing", "第 page 页总是 500", "page `page` always answers 500", False),
    FaultKind(
        "repeated_page", "listing", "第 page 页重复上一页", "page `page` repeats the one before", True, {"times": 1}
    ),
    FaultKind(
        "overlapping_page",
        "listing",
        "第 page 页带上了前一页的最后一行",
        "page `page` begins with the last row before",
        True,
    ),
    FaultKind("lying_total", "listing", "声明的张数多出 by 张", "the declared count is `by` too high", False),
    FaultKind("lying_money", "listing", "声明的金额多出 by 元", "the declared money is `by` CNY too high", False),
    FaultKind("no_total", "listing", "不声明总数", "no total is declared", False),
    FaultKind("renamed_field", "listing", "字段 old 改名为 new", "field `old` is called `new`", False),
    FaultKind(
        "moved_rows",
        "listing",
        "数据换了位置（data.rows 变成 data.list）",
        "rows stand at data.list, not data.rows",
        False,
    ),
    FaultKind("late_sync", "listing", "发票晚 hours 小时才出现", "invoices appear `hours` later", False),
    FaultKind("stuck_task", "task", "任务一直在处理", "a task never ends", False),
    FaultKind("failed_task", "task", "任务失败", "a task fails", False),
    FaultKind("verify_timeout", "verify", "查验超时：010", "verification times out: 010", True, {"times": 1}),
)
"""Every kind, in the order in which a test plays them."""

KINDS = {kind.id: kind for kind in FAULTS}
