"""What `fapiao decide` says, in Chinese and English: kinds and states of decisions, and what happens next."""

from __future__ import annotations

WORDS = {
    "link": ("关联", "link"),
    "leave_alone": ("不关联", "leave alone"),
    "try_again": ("重试", "try again"),
    "accept_difference": ("接受差异", "accept the difference"),
    "ignore_until": ("暂时忽略", "ignore for now"),
    "honoured": ("已执行", "honoured"),
    "changed": ("记录或结论已变，请复核", "records or finding changed: look again"),
    "gone": ("记录已不存在", "a record is gone"),
    "overruled": ("已被后来的决定取代", "overruled by a later one"),
    "withdrawn": ("已撤销", "withdrawn"),
    "waiting": ("待下一夜", "waits for the next night"),
    "ended": ("已到期", "over"),
}

NEXT_NIGHT = {
    "link": (
        "下一夜起，这 {count} 条记录归为一项，不论号码如何",
        "From the next night on these {count} records are one item, whatever their numbers say",
    ),
    "leave_alone": (
        "下一夜起，这 {count} 条记录不与任何记录关联，也不再提醒",
        "From the next night on what is named (records: {count}) is linked to nothing and asks nothing of anybody",
    ),
    "try_again": (
        "下一夜起，这 {count} 条记录彼此不再关联，其余照规则重新判断",
        "From the next night on these {count} records are not linked with each other; otherwise the rules decide anew",
    ),
    "accept_difference": (
        "下一夜起，这 {count} 条记录的差异不再需要处理；记录或结论一变就恢复",
        "From the next night on the item (records: {count}) asks nothing, until a record or the finding changes",
    ),
    "ignore_until": (
        "下一夜起至 {until}（不含），这 {count} 条记录不再提醒；记录或结论一变就恢复",
        "From the next night until {until} the item (records: {count}) asks nothing, unless a record or the finding "
        "changes",
    ),
}

RECOVERED = (
    "已找回 {decisions} 个决定、{withdrawals} 个撤销、{acknowledged} 个确认，下一夜起执行",
    "Taken over: decisions {decisions}, withdrawals {withdrawals}, acknowledgements {acknowledged}. They count from "
    "the next night on.",
)
ALERT_NOT_THERE = (
    "{count} 个确认的提醒现在还没有，下一夜之后再运行一次",
    "The alerts of {count} acknowledgements do not stand now: run it again after the next night.",
)
