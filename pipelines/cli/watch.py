"""The watch between two nights: what the doctor sees every hour becomes alerts, told once and over by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.alerts.channels import ChannelResult
from pipelines.alerts.compose import Alert
from pipelines.alerts.deadman import raise_deadman
from pipelines.alerts.digests import send_digests
from pipelines.alerts.standing import settle_standing
from pipelines.cli.diagnoses import diagnose_hourly
from pipelines.cli.diagnosis import Diagnosis
from pipelines.reports.words import strip_controls
from pipelines.settings import Settings, beijing_now
from pipelines.snapshots.verify import Verification, verify_snapshots

BACKUPS_KEY = "watch:backups"


@dataclass(frozen=True)
class Watched:
    """What one look came to; `problems` are the keys of what is wrong, `channels` only those that had news."""

    problems: tuple[str, ...]
    channels: tuple[ChannelResult, ...]

    @property
    def dead_channels(self) -> tuple[str, ...]:
        return tuple(sorted({result.channel for result in self.channels if not result.is_alive}))


def watch_sources(settings: Settings) -> Watched:
    """Look at sources, disk, clock and heartbeat; what stands is kept in `watch.json` and `deadman.json`. Sends the
    digests that are due."""
    found, told = raise_deadman(settings)
    alerts = compose_watch(diagnose_hourly(settings))
    told += settle_standing(settings.data_root / "watch.json", settings, alerts, beijing_now())
    told += send_digests(settings)
    overdue = ["deadman:night"] if found.is_overdue else []
    return Watched((*overdue, *(alert.alert_key for alert in alerts)), tuple(told))


def compose_watch(diagnoses: Iterable[Diagnosis]) -> list[Alert]:
    """One alert per key, with everything that is wrong with it."""
    wrong: defaultdict[str, list[Diagnosis]] = defaultdict(list)
    for diagnosis in diagnoses:
        if diagnosis.state != "ok":
            wrong[diagnosis.key or diagnosis.subject].append(diagnosis)
    return [_compose(key, found) for key, found in wrong.items()]


def _compose(key: str, found: list[Diagnosis]) -> Alert:
    subject = strip_controls(found[0].subject)
    lines = [line for one in found for line in (f"{one.subject}: {one.detail}", f"→ {one.next_step}")]
    body = "\n".join(strip_controls(line) for line in lines)
    return Alert(
        alert_key=key,
        severity="critical" if any(one.state == "fail" for one in found) else "warning",
        finding_count=0,
        amount_cny=None,
        title_zh=f"运行检查：{subject} 有问题",
        title_en=f"Watch: {subject} needs attention",
        body_zh=body,
        body_en=body,
    )


def watch_backups(settings: Settings) -> tuple[Verification, Watched]:
    """Read every byte of the snapshots; damage, or that there is none although nights have run, becomes an alert that
    is over once they are sound again."""
    found = verify_snapshots(settings)
    alerts = (
        [_compose_damage(found)] if found.damages else [_compose_none()] if lacks_snapshots(settings, found) else []
    )
    told = settle_standing(settings.data_root / "backups.json", settings, alerts, beijing_now())
    return found, Watched(tuple(alert.alert_key for alert in alerts), tuple(told))


def lacks_snapshots(settings: Settings, found: Verification) -> bool:
    """An empty store is sound, but no backup of a data root in which nights have run."""
    return not found.snapshots and settings.warehouse_path.is_file()


def _compose_none() -> Alert:
    return Alert(
        alert_key=BACKUPS_KEY,
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh="一份快照也没有",
        title_en="There is no snapshot at all",
        body_zh="夜间核对运行过，却没有备份。请 IT 看 snapshots 文件夹是否被移走，再运行 fapiao snapshot pull <副本>。",
        body_en="Nights have run, but nothing backs them up. Have IT see where the folder snapshots has gone, then "
        "run fapiao snapshot pull <copy>.",
    )


def _compose_damage(found: Verification) -> Alert:
    files, hit = len(found.damages), ", ".join(found.damaged_snapshots[-5:]) or "—"
    return Alert(
        alert_key=BACKUPS_KEY,
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh=f"快照有损坏：{files} 个文件",
        title_en=f"Snapshots are damaged: {files} files",
        body_zh=f"受影响的快照：{hit}。请 IT 运行 fapiao snapshot verify，再运行 fapiao snapshot repair <副本>。",
        body_en=f"Snapshots hit: {hit}. Have IT run fapiao snapshot verify, then fapiao snapshot repair <copy>.",
    )
