"""What `fapiao doctor` looks at of the nights that ran: heartbeat, snapshots, drills, growth, how old the data are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.cli.diagnosis import Diagnosis
from pipelines.errors import FapiaoError
from pipelines.settings import Settings, beijing_now

LAST_NIGHTS = 7
ROOM_NIGHTS = 14
STALE_NIGHTS = 2


def diagnose_heartbeat(settings: Settings) -> Diagnosis:
    from pipelines.alerts.deadman import KEY, look_at_heartbeat  # noqa: PLC0415

    subject, found = "夜间任务 night", look_at_heartbeat(settings)
    if found.is_overdue:
        detail, advice = (
            f"{found.problem_zh} | {found.problem_en}",
            "看服务是否在运行，再 fapiao nightly | see whether the service runs, then fapiao nightly",
        )
        return Diagnosis(subject, "fail", detail, advice, KEY)
    if found.heartbeat is not None and found.heartbeat.outcome == "crashed":
        when = f"{found.heartbeat.ended_at:%Y-%m-%d %H:%M}" if found.heartbeat.ended_at else "?"
        detail = f"最近一夜（{when}）中断了 | the last night, of {when}, broke off"
        advice = "看它的提醒或错误文件，处理后 fapiao nightly | see its alert or the error file, then fapiao nightly"
        return Diagnosis(subject, "fail", detail, advice, KEY)
    if found.heartbeat is None:
        return Diagnosis(subject, "warn", "还没有运行过 none has run yet", "fapiao nightly", KEY)
    detail = f"{found.heartbeat.outcome}; 下一夜须在此前结束 next due: {found.due_at:%Y-%m-%d %H:%M}"
    return Diagnosis(subject, "ok", detail, key=KEY)


def diagnose_writing(settings: Settings) -> Diagnosis:
    """The folders of the data root that a night writes into, as far as they are there."""
    subject = "写权限 write access"
    places = (
        settings.landing_dir,
        settings.warehouse_path.parent,
        settings.snapshot_dir,
        settings.published_path.parent,
        settings.report_dir,
    )
    closed = [place for place in places if place.exists() and not os.access(place, os.R_OK | os.W_OK | os.X_OK)]
    if closed:
        names = " ".join(str(place) for place in closed)
        return Diagnosis(subject, "fail", f"不可写 not writable: {names}", f"chown -R $USER {names}", "watch:writing")
    return Diagnosis(subject, "ok", f"{len(places)} 个目录 folders", key="watch:writing")


def diagnose_warehouse(settings: Settings) -> Diagnosis:
    """A night that runs holds the working database: then nothing is wrong with it."""
    subject, key, path = "工作数据库 working database", "watch:warehouse", settings.warehouse_path
    if not path.is_file():
        return Diagnosis(subject, "ok", "还没有 there is none yet", key=key)
    return _judge_database(subject, key, settings, path)


def diagnose_published_file(settings: Settings) -> Diagnosis:
    """Whether readers can open what was published."""
    return _judge_database("已发布数据库 published database", "watch:published", settings, settings.published_path)


def _judge_database(subject: str, key: str, settings: Settings, path: Path) -> Diagnosis:
    from pipelines.warehouse import DatabaseHeldError, connect  # noqa: PLC0415 - reaches duckdb

    try:
        connect(path, settings, read_only=True).close()
    except DatabaseHeldError as error:
        return Diagnosis(subject, "ok", error.message, key=key)
    except FapiaoError as error:
        return Diagnosis(subject, "fail", f"{path}: {error.message}", error.next_step, key)
    return Diagnosis(subject, "ok", f"{path}: {path.stat().st_size / 1024**2:,.0f} MB", key=key)


def diagnose_growth(settings: Settings) -> Diagnosis:
    """Free space against what the last nights added and one more copy of the published database."""
    from pipelines.snapshots.read import list_snapshots  # noqa: PLC0415

    subject, key = "磁盘余量 room for nights", "watch:growth"
    kept = list_snapshots(settings)
    added = max((night.bytes_added for night in (kept[1:] or kept)[-LAST_NIGHTS:]), default=0)
    copy = sum(_size_of(path) for path in (settings.warehouse_path, settings.published_path))
    if not added:
        return Diagnosis(subject, "ok", "还没有快照可比 no snapshot to judge by", key=key)
    free = shutil.disk_usage(settings.data_root).free
    nights = max(free - copy, 0) // added
    room = f"够 enough for {nights:,} 夜 nights"
    detail = f"剩余 free {free / 1024**3:.1f} GB; 每夜至多 a night at most {added / 1024**2:.1f} MB; {room}"
    advice = "腾出空间，或 fapiao snapshot prune | free some space, or fapiao snapshot prune"
    if nights < 1:
        return Diagnosis(subject, "fail", detail, advice, key)
    return (
        Diagnosis(subject, "warn", detail, advice, key)
        if nights < ROOM_NIGHTS
        else Diagnosis(subject, "ok", detail, key=key)
    )


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def diagnose_snapshots(settings: Settings) -> Diagnosis:
    from pipelines.snapshots.manifest import list_manifest_ids  # noqa: PLC0415

    subject, ids = "快照 snapshots", list_manifest_ids(settings)
    if not ids:
        return Diagnosis(subject, "warn", "还没有 there is none yet", "fapiao nightly")
    age = beijing_now() - _moment_of(ids[-1])
    detail = f"{len(ids)}; 最新 newest {ids[-1]} ({age.days} 天 days)"
    if age > timedelta(hours=STALE_NIGHTS * settings.night_due_hours):
        return Diagnosis(subject, "warn", detail, "fapiao nightly；看报告和提醒 | see the report and the alerts")
    return Diagnosis(subject, "ok", detail)


def _moment_of(snapshot_id: str) -> datetime:
    return datetime.strptime(snapshot_id.rpartition("-")[0], "%Y%m%dT%H%M%S")


def diagnose_drill(settings: Settings) -> Diagnosis:
    from pipelines.night import Night  # noqa: PLC0415
    from pipelines.reports.drills import read_drill  # noqa: PLC0415

    subject, found = "恢复演练 restore drill", read_drill(settings, Night(beijing_now()))
    last = "还没有成功过 none succeeded yet" if found.age_days is None else f"{found.age_days} 天前 days ago"
    if found.problem:
        return Diagnosis(
            subject, "warn", f"记录读不出来 a note cannot be read: {found.problem}", "fapiao snapshot drill"
        )
    if found.is_overdue:
        return Diagnosis(subject, "warn", f"{last}; 至多 at most {found.max_age_days}", "fapiao snapshot drill")
    return Diagnosis(subject, "ok", last)


def diagnose_watermarks(settings: Settings) -> Iterator[Diagnosis]:
    """How far each pulled source has been received. Nothing while a night holds the warehouse, or none ever ran."""
    from pipelines.warehouse import open_warehouse, run_sql  # noqa: PLC0415

    pulled = [source.id for source in settings.sources if source.pull]
    if not pulled or not settings.warehouse_path.is_file():
        return
    try:
        with open_warehouse(settings, read_only=True) as con:
            marks = dict(run_sql(con, "alert/source_watermark").fetchall())
    except FapiaoError as error:
        yield Diagnosis("数据时点 watermarks", "ok", f"现在看不到 cannot be seen now: {error.message}")
        return
    for source_id in pulled:
        if source_id in marks:
            yield _judge_watermark(settings, source_id, marks[source_id])


def _judge_watermark(settings: Settings, source_id: str, mark: datetime | None) -> Diagnosis:
    subject, key = f"数据时点 watermark {source_id}", f"source:{source_id}"
    oldest = beijing_now() - timedelta(hours=STALE_NIGHTS * settings.night_due_hours)
    if mark and mark >= oldest:
        return Diagnosis(subject, "ok", f"{mark:%Y-%m-%d %H:%M}", key=key)
    detail = f"只收到 received only up to {mark:%Y-%m-%d %H:%M}" if mark else "从未收全 never received in full"
    return Diagnosis(
        subject,
        "warn",
        detail,
        "看此来源的提醒，或手工导出放入文件夹 | see its alerts, or export by hand into its folder",
        key,
        received_to=mark,
    )
