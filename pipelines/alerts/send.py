"""Sends a night's alerts, one message per channel, and proves channels.

At least once: an alert is stored before it is sent and marked after, so a crash in between sends it again and loses
nothing. What a channel did not take is recorded, shown in the summary, and offered to it again with the next nights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.alerts.channels import Channel, ChannelResult, Refusal, console_channel, deliver, list_remote_channels
from pipelines.alerts.compose import Alert, rank_urgency
from pipelines.alerts.dead import settle_channels
from pipelines.alerts.digest import Digest, compose_digest, render_alert_file
from pipelines.alerts.digests import send_digests
from pipelines.alerts.raising import raise_alerts
from pipelines.alerts.routes import choose_channels, is_quiet
from pipelines.alerts.store import StoredAlert, read_stored, read_undelivered, record_delivery, store_alerts
from pipelines.errors import FapiaoError
from pipelines.night import Night
from pipelines.refused import explain_refusal
from pipelines.reports.rows import require_warehouse
from pipelines.reports.words import strip_controls
from pipelines.settings import NamedChannel, Settings, beijing_now
from pipelines.sources.landing import write_safely
from pipelines.warehouse import open_warehouse, transaction

__all__ = ["Alerts", "ChannelResult", "alert_crash", "alert_night", "test_channels"]

LOCAL_CHANNELS = frozenset({"console", "file"})


@dataclass(frozen=True)
class Alerts:
    """What was raised for the night and how many of these arrived; one result per channel."""

    night_id: str
    raised: int
    delivered: int
    channels: tuple[ChannelResult, ...]

    @property
    def dead_channels(self) -> tuple[str, ...]:
        return tuple(result.channel for result in self.channels if not result.is_alive)


def alert_night(settings: Settings, night: Night) -> Alerts:
    """Raise, store and send what is new. A rerun sends what a channel has not had, or what reads differently."""
    with open_warehouse(settings) as con, transaction(con):
        alerts = raise_alerts(con, settings, night)
        store_alerts(con, night, alerts)
    results = (*_send_stored(settings, night), *send_digests(settings))
    _send_around(settings, night, results)
    with open_warehouse(settings, read_only=True) as con:
        stored = {row.alert_key: row for row in read_stored(con, night)}
    delivered = sum(stored[alert.alert_key].is_delivered for alert in alerts)
    return Alerts(night.night_id, len(alerts), delivered, results)


def alert_crash(settings: Settings, night: Night, stage: str, error: BaseException) -> Alerts:
    """Say at once that a stage broke. Sent before it is recorded: the warehouse may be what broke.

    The text of an unknown error stays out, for it may quote rows or addresses; its class is named.
    """
    alert = _compose_crash(stage, error)
    channels = _list_channels(settings, night, [alert])
    digests = [compose_digest(night, [alert], [], settings.alert_language, channel.limit_bytes) for channel in channels]
    results = tuple(deliver(channel, digest) for channel, digest in zip(channels, digests, strict=True))
    with open_warehouse(settings) as con, transaction(con):
        others = [row.alert for row in read_stored(con, night) if row.alert_key != alert.alert_key]
        store_alerts(con, night, [*others, alert])
    for result in results:
        _record(settings, night, {(night.night_id, alert.alert_key)}, result)
    is_delivered = any(result.state == "delivered" and result.channel in _counted(settings) for result in results)
    return Alerts(night.night_id, 1, int(is_delivered), results)


def _compose_crash(stage: str, error: BaseException) -> Alert:
    zh, en = say_error(error)
    return Alert(
        alert_key=f"crash:{stage}",
        severity="critical",
        finding_count=0,
        amount_cny=None,
        title_zh=f"本夜中断：阶段 {stage}",
        title_en=f"The night broke off in stage {stage}",
        body_zh=f"{zh}。读者继续使用上一次正常发布的结果。请按此处理或查看日志，再重跑本夜。",
        body_en=f"{en}. Readers keep the last good night. Do so or look at the log, then run the night again.",
    )


def say_error(error: BaseException) -> tuple[str, str]:
    """What broke and what to do, in both languages, of an error that is ours; the class alone of any other."""
    known = error if isinstance(error, FapiaoError) else explain_refusal(error)
    texts = (known.message, known.next_step) if known else ()
    said = [text.rstrip("。. ").partition(" | ") for text in texts if text]
    zh, en = "；".join(part[0] for part in said), "; ".join(part[2] or part[0] for part in said)
    name = type(error).__name__
    return strip_controls(f"{name} {zh}".strip()), strip_controls(f"{name} {en}".strip())


def test_channels(settings: Settings) -> list[ChannelResult]:
    """Send a test message to every address in the settings and to the console; `is_alive` says who took it."""
    digest = Digest(
        "fapiao: 渠道测试 | channel test",
        "收到此消息说明渠道可用。 | If you can read this, the channel is alive.",
    )
    return [deliver(channel, digest) for channel in (console_channel(), *list_remote_channels(settings))]


def deliver_pending(settings: Settings) -> tuple[ChannelResult, ...]:
    """Offer every channel what it did not take or what its quiet hours held back, and digests that are due; nothing new
    is raised."""
    require_warehouse(settings)
    return (*_send_stored(settings, Night(beijing_now())), *send_digests(settings))


test_channels.__test__ = False  # type: ignore[attr-defined]  # it is no test, whatever its name says to pytest


def alert_file_path(settings: Settings, night: Night) -> Path:
    """Where the file channel writes."""
    return settings.report_dir / "alerts" / f"{night.night_id}.md"


def _list_channels(settings: Settings, night: Night, alerts: list[Alert]) -> list[Channel]:
    path = alert_file_path(settings, night)

    def post_to_file(_digest: Digest) -> Refusal | None:
        try:
            write_safely(path, render_alert_file(night, alerts).encode())
        except OSError as error:
            return Refusal(f"cannot write: {error.strerror}")
        return None

    return [console_channel(), Channel("file", post_to_file, is_local=True), *list_remote_channels(settings)]


def _counted(settings: Settings) -> frozenset[str]:
    """Channels whose taking an alert counts: the remote ones, or console and file where there is no other."""
    return frozenset(channel.name for channel in list_remote_channels(settings)) or LOCAL_CHANNELS


def _send_stored(settings: Settings, night: Night) -> tuple[ChannelResult, ...]:
    """The warehouse is closed while a channel is waited for."""
    with open_warehouse(settings, read_only=True) as con:
        rows, late = read_stored(con, night), read_undelivered(con, night)
    alerts = [row.alert for row in rows]
    return tuple(
        _send_by(channel, settings, night, rows, late)
        for channel in _list_channels(settings, night, sorted(alerts, key=rank_urgency))
    )


def _send_by(
    channel: Channel,
    settings: Settings,
    night: Night,
    rows: tuple[StoredAlert, ...],
    late: tuple[StoredAlert, ...],
) -> ChannelResult:
    missing = [row for row in rows if not row.has_reached(channel.name) and _is_for(channel, row, settings)]
    owed = [row for row in late if row.has_failed_on(channel.name)]
    return _send_rows(channel, settings, night, missing, owed)


def _send_rows(
    channel: Channel, settings: Settings, night: Night, missing: list[StoredAlert], owed: list[StoredAlert]
) -> ChannelResult:
    if not missing and not owed:
        return ChannelResult(channel.name, "idle")
    if channel.declared and _must_wait(channel.declared, [*missing, *owed]):
        result = ChannelResult(channel.name, "held", detail="quiet hours")
        _record(settings, night, {(row.night_id, row.alert_key) for row in missing}, result)
        return result
    tonight, before = (sorted((row.alert for row in rows), key=rank_urgency) for rows in (missing, owed))
    language = (channel.declared and channel.declared.language) or settings.alert_language
    result = deliver(channel, compose_digest(night, tonight, before, language, channel.limit_bytes))
    _record(settings, night, {(row.night_id, row.alert_key) for row in (*missing, *owed)}, result)
    return result


def _send_around(settings: Settings, night: Night, results: tuple[ChannelResult, ...]) -> None:
    """Tell over the living channels which one is dead, and what reached nobody. Where no remote channel lives, the open
    case and the summary say it."""
    remote = [result for result in results if result.channel not in LOCAL_CHANNELS]
    with open_warehouse(settings) as con, transaction(con):
        dead = settle_channels(con, night, remote)
        if not dead or not any(result.is_alive for result in remote):
            return
        store_alerts(con, night, [*(row.alert for row in read_stored(con, night)), *dead])
        rows = read_stored(con, night)
    living = {result.channel for result in results if result.is_alive}
    about = {alert.alert_key for alert in dead}
    for channel in _list_channels(settings, night, sorted((row.alert for row in rows), key=rank_urgency)):
        if channel.name in living:
            stranded = [row for row in rows if row.alert_key in about or not row.is_delivered]
            _send_rows(channel, settings, night, [row for row in stranded if not row.has_reached(channel.name)], [])


def _is_for(channel: Channel, row: StoredAlert, settings: Settings) -> bool:
    """Console and file get everything, the others what the routes give them."""
    if channel.is_local:
        return True
    known = frozenset(found.name for found in list_remote_channels(settings))
    return channel.name in choose_channels(row.alert_key, row.amount_cny, row.age_days, settings, known)


def _must_wait(declared: NamedChannel, rows: list[StoredAlert]) -> bool:
    is_urgent = declared.wakes_for_critical and any(row.severity == "critical" for row in rows)
    return is_quiet(declared, beijing_now()) and not is_urgent


def _record(settings: Settings, night: Night, sent: set[tuple[str, str]], result: ChannelResult) -> None:
    """Read again before writing: the channel before this one has written into the same rows."""
    with open_warehouse(settings) as con, transaction(con):
        rows = (*read_stored(con, night), *read_undelivered(con, night))
        record_delivery(con, [row for row in rows if (row.night_id, row.alert_key) in sent], result, _counted(settings))
