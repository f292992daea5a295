"""What `fapiao doctor` looks at. A diagnosis is a value; nothing here repairs anything."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.cli import diagnoses_state as state
from pipelines.cli.diagnoses_channels import diagnose_channels
from pipelines.cli.diagnoses_names import diagnose_names
from pipelines.cli.diagnoses_outages import diagnose_outages, excuse_routes, excuse_watermarks
from pipelines.cli.diagnoses_routes import diagnose_routes
from pipelines.cli.diagnosis import Diagnosis
from pipelines.settings import BEIJING, Settings, Source, beijing_now, load_settings

LOW_DISK_BYTES = 2 * 1024**3
NO_DISK_BYTES = 200 * 1024**2
STALE_PUBLISHED = timedelta(hours=36)
CLOCK_TOLERANCE = timedelta(minutes=10)


def diagnose() -> list[Diagnosis]:
    """Every diagnosis, in the order in which to repair. UsageError when the settings cannot be read at all."""
    from pipelines.cli.diagnoses_keys import diagnose_keys  # noqa: PLC0415 - reaches cryptography
    from pipelines.cli.diagnoses_versions import diagnose_versions  # noqa: PLC0415

    settings = load_settings()
    return [
        diagnose_versions(),
        diagnose_settings_file(settings),
        *diagnose_filing(settings),
        *diagnose_names(settings),
        diagnose_data_root(settings),
        diagnose_permissions(settings),
        state.diagnose_writing(settings),
        diagnose_disk(settings),
        state.diagnose_growth(settings),
        *diagnose_sources(settings),
        *excuse_routes(settings, diagnose_routes(settings)),
        *excuse_watermarks(settings, state.diagnose_watermarks(settings)),
        *diagnose_outages(settings),
        diagnose_layouts(settings),
        diagnose_clock(settings),
        state.diagnose_heartbeat(settings),
        state.diagnose_warehouse(settings),
        diagnose_published(settings),
        state.diagnose_snapshots(settings),
        state.diagnose_drill(settings),
        *diagnose_channels(settings),
        *diagnose_keys(),
    ]


def diagnose_hourly(settings: Settings) -> list[Diagnosis]:
    """What can go wrong between two nights: sources and their systems, disk, clock. An empty folder is the night's."""
    return [
        state.diagnose_writing(settings),
        diagnose_disk(settings),
        state.diagnose_growth(settings),
        *(found for found in diagnose_sources(settings) if found.state != "warn"),
        *excuse_routes(settings, diagnose_routes(settings)),
        *excuse_watermarks(settings, state.diagnose_watermarks(settings)),
        *diagnose_outages(settings),
        diagnose_clock(settings),
    ]


def diagnose_settings_file(settings: Settings) -> Diagnosis:
    subject = "设置 settings"
    path = Path(os.environ.get("FAPIAO_CONFIG") or settings.data_root / "fapiao.toml")
    found = str(path) if path.is_file() else f"{path} 不存在 does not exist"
    if not settings.taxpayers or not settings.sources:
        count = f"{len(settings.taxpayers)} taxpayers, {len(settings.sources)} sources"
        return Diagnosis(
            subject, "fail", f"{found}: {count}", "写明本企业和来源 | name your taxpayers and sources, see README"
        )
    detail = f"{found}: {len(settings.taxpayers)} 企业 taxpayers, {len(settings.sources)} 来源 sources"
    return Diagnosis(subject, "ok", detail)


def diagnose_filing(settings: Settings) -> list[Diagnosis]:
    """A month that is not over cannot have been filed with the tax office: nothing is filed under such a setting."""
    month = settings.filed_through
    if month is None:
        return []
    if month < f"{beijing_now():%Y-%m}":
        return [Diagnosis("申报 filed through", "ok", month)]
    advice = "改成最后一个已申报的月份 | set filed_through to the last month that was filed"
    return [Diagnosis("申报 filed through", "warn", f"{month} 还没有结束 is not over", advice)]


def diagnose_data_root(settings: Settings) -> Diagnosis:
    subject, root = "数据目录 data root", settings.data_root
    if not root.is_dir():
        return Diagnosis(subject, "fail", f"{root} 不存在 does not exist", f"mkdir -m 700 -p {root}")
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return Diagnosis(subject, "fail", f"{root} 不可写 is not writable", f"chown -R $USER {root}; chmod 700 {root}")
    return Diagnosis(subject, "ok", str(root.resolve()))


def diagnose_permissions(settings: Settings) -> Diagnosis:
    subject, root = "权限 permissions", settings.data_root
    if not root.is_dir():
        return Diagnosis(subject, "warn", "无从检查 nothing to look at", "先建数据目录 | make the data root first")
    mode = stat.S_IMODE(root.stat().st_mode)
    if mode & 0o077:
        return Diagnosis(subject, "warn", f"{root} 他人可访问 is open to others: {mode:04o}", f"chmod 700 {root}")
    return Diagnosis(subject, "ok", f"{mode:04o}")


def diagnose_disk(settings: Settings) -> Diagnosis:
    free = shutil.disk_usage(_existing_parent(settings.data_root)).free
    subject, detail = "磁盘 disk", f"剩余 free: {free / 1024**3:.1f} GB"
    advice = "腾出空间或换数据目录 | free some space or move the data root"
    if free < NO_DISK_BYTES:
        return Diagnosis(subject, "fail", detail, advice, "watch:disk")
    if free < LOW_DISK_BYTES:
        return Diagnosis(subject, "warn", detail, advice, "watch:disk")
    return Diagnosis(subject, "ok", detail, key="watch:disk")


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in (path.resolve(), *path.resolve().parents) if parent.exists())


def diagnose_sources(settings: Settings) -> Iterator[Diagnosis]:
    for source in settings.sources:
        yield _diagnose_source(settings, source)


def _diagnose_source(settings: Settings, source: Source) -> Diagnosis:
    subject, folder, key = f"来源 source {source.id}", settings.source_folder(source), f"source:{source.id}"
    if source.pull and not folder.exists():
        return Diagnosis(subject, "ok", f"{folder}: 取数时建立 made by the first night", key=key)
    if not folder.is_dir():
        advice = f"mkdir -p {folder}，或改设置 or correct it"
        return Diagnosis(subject, "fail", f"{folder} 不存在 does not exist", advice, key)
    if not os.access(folder, os.R_OK | os.X_OK):
        return Diagnosis(subject, "fail", f"{folder} 不可读 is not readable", f"chmod u+rx {folder}", key)
    files = _files_of(settings, source)
    if not files and source.expected != "none":
        advice = f"把导出文件放进去 | drop the exports there (pattern {source.pattern})"
        return Diagnosis(subject, "warn", f"{folder} 没有文件 is empty, expected: {source.expected}", advice)
    return Diagnosis(subject, "ok", f"{folder}: {len(files)} 文件 files", key=key)


def _files_of(settings: Settings, source: Source) -> list[Path]:
    folder = settings.source_folder(source)
    if not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
        return []
    return [path for path in folder.glob(source.pattern) if path.is_file()]


def diagnose_layouts(settings: Settings) -> Diagnosis:
    from pipelines.errors import UsageError  # noqa: PLC0415
    from pipelines.sources.layout import known_layouts  # noqa: PLC0415 - reaches pyarrow

    subject = "版式 layouts"
    try:
        known = known_layouts(settings)
    except UsageError as error:
        return Diagnosis(
            subject, "fail", f"{error.where}: {error.found or error.message}", "改正该文件 | correct that file"
        )
    unknown = sorted({source.layout for source in settings.sources} - {*known, "auto"})
    if unknown:
        return Diagnosis(subject, "fail", f"没有 unknown: {', '.join(unknown)}", "fapiao layouts")
    swapped = [
        f"{source.id} ({source.side}): {source.layout} ({known[source.layout].side})"
        for source in settings.sources
        if source.layout in known and known[source.layout].side != source.side
    ]
    if swapped:
        detail = f"版式属于另一方 a layout of the other side: {'; '.join(swapped)}"
        return Diagnosis(subject, "fail", detail, "改正来源的 side 或 layout | correct side or layout; fapiao layouts")
    return Diagnosis(subject, "ok", f"{len(known)} 可用 known")


def diagnose_clock(settings: Settings) -> Diagnosis:
    """A clock that is behind makes every file look as if it came from tomorrow, and pending verdicts wrong."""
    subject, now = "时钟 clock", beijing_now()
    files = [path for source in settings.sources for path in _files_of(settings, source)]
    newest = max((_modified_at(path) for path in files), default=None)
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        detail = f"北京时间 Beijing {now}；最新文件来自未来 the newest file is from the future: {newest}"
        advice = "校准时钟 (NTP)，或查文件时间 | set the clock, or look at the file's time"
        return Diagnosis(subject, "warn", detail, advice, "watch:clock")
    zone = datetime.now().astimezone().tzname()
    return Diagnosis(subject, "ok", f"北京时间 Beijing {now}; 本机时区 zone of this machine {zone}", key="watch:clock")


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, BEIJING).replace(tzinfo=None, microsecond=0)


def diagnose_published(settings: Settings) -> Diagnosis:
    subject, path = "已发布数据库 published database", settings.published_path
    if not path.is_file():
        return Diagnosis(subject, "warn", f"{path} 还没有 is not there yet", "fapiao nightly")
    readable = state.diagnose_published_file(settings)
    if readable.state == "fail":
        return readable
    age = beijing_now() - _modified_at(path)
    detail = f"{path}: {age.total_seconds() / 3600:.0f} 小时前 hours ago"
    if age > STALE_PUBLISHED:
        advice = "查看报告和提醒，再运行 fapiao nightly | look at the report and the alerts, then run fapiao nightly"
        return Diagnosis(subject, "warn", detail, advice)
    return Diagnosis(subject, "ok", detail)
