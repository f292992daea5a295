"""The dead-man's switch: who notices that no night came, when nothing of the night is left to say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.alerts.channels import ChannelResult
from pipelines.alerts.compose import Alert
from pipelines.alerts.standing import read_book, settle_standing
from pipelines.errors import IntegrityError
from pipelines.heartbeat import Heartbeat, read_heartbeat
from pipelines.settings import Settings, beijing_now

KEY = "deadman:night"


@dataclass(frozen=True)
class DeadMan:
    """`problem_zh` and `problem_en` say why the night is overdue; None while it is not."""

    heartbeat: Heartbeat | None
    due_at: datetime | None
    problem_zh: str | None = None
    problem_en: str | None = None

    @property
    def is_overdue(self) -> bool:
        return self.problem_en is not None

    @property
    def as_json(self) -> dict[str, object]:
        beat = self.heartbeat.model_dump(mode="json") if self.heartbeat else None
        problem = {"problem_zh": self.problem_zh, "problem_en": self.problem_en}
        return {"is_overdue": self.is_overdue, "due_at": self.due_at, **problem, "heartbeat": beat}


def deadman_path(settings: Settings) -> Path:
    return settings.data_root / "deadman.json"


def look_at_heartbeat(settings: Settings, now: datetime | None = None) -> DeadMan:
    """Reads files only. Where no night ever began, the first is due `night_due_hours` after the watch began."""
    now = now or beijing_now()
    try:
        beat = read_heartbeat(settings)
    except IntegrityError as error:
        return DeadMan(None, None, "心跳文件读不出来", f"the heartbeat cannot be read ({error.found})")
    if beat is None:
        since = read_book(deadman_path(settings), now).since
        due = since + settings.night_due
        return _judge(None, due, now, "从未运行过", "none has ever begun")
    return _judge(beat, beat.next_due_at, now, *_say_last(beat))


def _judge(beat: Heartbeat | None, due: datetime, now: datetime, zh: str, en: str) -> DeadMan:
    if now <= due:
        return DeadMan(beat, due)
    return DeadMan(beat, due, f"应在 {due:%m-%d %H:%M} 前结束；{zh}", f"it was due to end by {due:%m-%d %H:%M}; {en}")


def _say_last(beat: Heartbeat) -> tuple[str, str]:
    if beat.outcome == "running":
        begun = f"{beat.started_at:%m-%d %H:%M}"
        return f"{begun} 开始后没有结束（卡住或被中断）", f"the one begun {begun} never ended (it hangs or was killed)"
    ended = f"{beat.ended_at:%m-%d %H:%M}" if beat.ended_at else "?"
    if beat.outcome == "crashed":
        return f"{ended} 那一夜中断了", f"that of {ended} broke off"
    return f"最近一次结束于 {ended}，此后没有再开始", f"the last ended {ended} and none has begun since"


def raise_deadman(settings: Settings, now: datetime | None = None) -> tuple[DeadMan, list[ChannelResult]]:
    """Look, and tell every channel at once, whatever routes and quiet hours say; its state is `deadman.json`."""
    now = now or beijing_now()
    found = look_at_heartbeat(settings, now)
    alerts = [_compose(found)] if found.is_overdue else []
    return found, settle_standing(deadman_path(settings), settings, alerts, now, reaches_all=True)


def _compose(found: DeadMan) -> Alert:
    return Alert(
        alert_key=KEY,
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh="夜间核对没有按时结束",
        title_en="The nightly reconciliation has not ended in time",
        body_zh=f"{found.problem_zh}。读者看到的仍是上一次发布的结果。"
        "请 IT 运行 fapiao doctor，查看服务是否在运行，再运行 fapiao nightly。",
        body_en=f"In short: {found.problem_en}. Readers still see what was published last. "
        "Have IT run fapiao doctor, see whether the service runs, then run fapiao nightly.",
    )
