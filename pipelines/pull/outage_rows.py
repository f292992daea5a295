"""One announced outage, and what is said of one that cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.settings import BEIJING
from pipelines.sources.reasons import Message

LONGEST = timedelta(days=31)
"""A longer outage is taken for a slip in the year: it would keep a dead source quiet for as long."""
MOMENT = "2026-11-28 00:00"
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2})[:：时](\d{2})分?(?:[:：](\d{2})秒?)?)?"
)


@dataclass(frozen=True)
class Outage:
    """From `begins` up to, not including, `ends`, both in Beijing time. `sources`: whose systems; empty for all."""

    begins: datetime
    ends: datetime
    sources: frozenset[str]
    note: str
    line: int | None = None

    def say_end(self, now: datetime) -> str:
        """The hour, with its day unless that is today's."""
        return f"{self.ends:%H:%M}" if self.ends.date() == now.date() else f"{self.ends:%m-%d %H:%M}"

    def sentence(self, now: datetime) -> Message:
        note_zh, note_en = (f"（{self.note}）", f" ({self.note})") if self.note else ("", "")
        end = self.say_end(now)
        return Message(f"公告维护至 {end}{note_zh}", f"announced maintenance until {end}{note_en}")


@dataclass(frozen=True)
class OutageProblem:
    """Why a row, or a file without a line, announces nothing. `found` and `expected` are in both languages."""

    file: str
    line: int | None
    found: str
    expected: str

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file} 第 {self.line} 行 line {self.line}"


def read_moment(value: object) -> datetime:
    """Beijing time of a moment as people, spreadsheets and TOML write it; a zone that is stated counts. A day alone is
    its midnight. Raises ValueError for anything else."""
    if isinstance(value, datetime):
        return to_beijing(value)
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time())
    text = str(value).strip()
    if written := _WRITTEN.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in written.groups())
        if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
            raise ValueError(text)
        return datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second)
    return to_beijing(datetime.fromisoformat(text))


def to_beijing(moment: datetime) -> datetime:
    """Naive Beijing time; a moment without a zone is in Beijing time already."""
    return moment.astimezone(BEIJING).replace(tzinfo=None) if moment.tzinfo else moment


def check_span(file: str, line: int | None, begins: datetime, ends: datetime) -> OutageProblem | None:
    """What is wrong with a span, if anything is."""
    found = f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}"
    if ends <= begins:
        return OutageProblem(file, line, found, "结束晚于开始 an end after the begin")
    if ends - begins > LONGEST:
        return OutageProblem(file, line, found, f"至多 {LONGEST.days} 天 at most {LONGEST.days} days")
    return None
