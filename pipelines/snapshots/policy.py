"""Which snapshots a policy keeps: the last one of so many days, weeks, months and years, counted from the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from pipelines.errors import UsageError


@dataclass(frozen=True)
class Policy:
    """How many days, ISO weeks, months and years keep their last snapshot; days without a snapshot do not count."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))


_PERIODS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "daily": lambda moment: (moment.year, moment.month, moment.day),
    "weekly": lambda moment: tuple(moment.isocalendar()[:2]),
    "monthly": lambda moment: (moment.year, moment.month),
    "yearly": lambda moment: (moment.year,),
}


def require_policy(policy: Policy) -> None:
    """UsageError for a policy that keeps nothing, or less than nothing."""
    counts = [getattr(policy, field.name) for field in fields(policy)]
    if min(counts) < 0 or max(counts) == 0:
        raise UsageError(
            "保留策略为空，没有清理 | The policy keeps nothing; nothing was pruned.",
            found=str(policy),
            expected=(
                "--daily、--weekly、--monthly、--yearly 至少一个大于 0 | "
                "at least one of --daily, --weekly, --monthly, --yearly above 0"
            ),
        )


def choose_kept(moments: dict[str, datetime], policy: Policy) -> dict[str, list[str]]:
    """Ids that the policy keeps, each with the rules that keep it; `moments` are ids with their `as_of`.

    Of several snapshots of one period the one with the latest moment, and of these the last one written, is kept.
    """
    newest_first = sorted(moments, key=lambda found: (moments[found], found), reverse=True)
    kept: dict[str, list[str]] = {}
    for rule, period_of in _PERIODS.items():
        last_of: dict[tuple[int, ...], str] = {}
        for snapshot_id in newest_first:
            last_of.setdefault(period_of(moments[snapshot_id]), snapshot_id)
        for snapshot_id in list(last_of.values())[: getattr(policy, rule)]:
            kept.setdefault(snapshot_id, []).append(rule)
    return kept
