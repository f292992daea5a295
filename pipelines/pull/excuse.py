"""What is said of a source that nothing came from: a failure inside an announced outage was expected."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from pipelines.errors import FapiaoError
from pipelines.pull.outage_rows import Outage
from pipelines.pull.route import Pulled
from pipelines.pull.words import say
from pipelines.routes import Route
from pipelines.settings import Source
from pipelines.sources.reasons import Message

logger = logging.getLogger(__name__)


def excuse_failure(pulled: Pulled, outage: Outage | None, now: datetime) -> Pulled:
    """State `maintenance` for what failed or was cut off while an outage was announced, but not for want of a secret on
    this side; else the same.

    What the failing system said is left out then: it would send IT to look for a fault that is none.
    """
    is_failure = pulled.state in {"failed", "maintenance"} or (pulled.state == "incomplete" and pulled.is_cut_off)
    if outage is None or not is_failure or pulled.is_own_fault:
        return pulled
    if pulled.message:
        logger.info("a failure in an announced outage: %s", pulled.message.en)
    announced = outage.sentence(now)
    part = "part" if pulled.files else "nothing"
    return replace(
        pulled, state="maintenance", message=say("outage", part, announced_zh=announced.zh, announced_en=announced.en)
    )


def say_stale(pulled: Pulled, source: Source, watermark: datetime | None, *, is_resting: bool) -> Pulled:
    """The same with a sentence that tells which data the source is judged on tonight. `is_resting`: its system is being
    maintained, so that nobody can export anything before the end."""
    since_zh = f" {watermark:%Y-%m-%d %H:%M} 的数据" if watermark else "以前收到的数据"
    since_en = f"the data of {watermark:%Y-%m-%d %H:%M}" if watermark else "what came before"
    kind = "stale_maintenance" if is_resting else "stale"
    stale = say("outage", kind, source=source.id, since_zh=since_zh, since_en=since_en)
    said = pulled.message
    return replace(pulled, message=Message(f"{said.zh} {stale.zh}", f"{said.en} {stale.en}") if said else stale)


def say_failure(source: Source, route: Route, error: Exception) -> Message:
    """Texts of foreign errors may hold addresses and passwords: only their kind is said."""
    what = error.message if isinstance(error, FapiaoError) else type(error).__name__
    return Message(
        f"来源 {source.id} 的途径 {route.kind} 取数失败：{what}。请 IT 查看。",
        f"Source {source.id}: route {route.kind} failed: {what}. Please have IT look.",
    )
