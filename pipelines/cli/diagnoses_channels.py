"""What `fapiao doctor` looks at of the ways out of alerts. Nothing is sent: `fapiao alerts test` does that."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pipelines.cli.diagnosis import Diagnosis
from pipelines.settings import Settings


def diagnose_channels(settings: Settings) -> Iterator[Diagnosis]:
    """Nothing is sent here. Every named channel needs its variable, and every route channels that are there."""
    count = len(settings.alert_channels) + len(settings.named_channels)
    subject = "提醒渠道 alert channels"
    if not count:
        advice = "设置 FAPIAO_ALERT_CHANNELS，再运行 fapiao alerts test | set it, then run fapiao alerts test"
        yield Diagnosis(subject, "warn", "0：只写屏幕和文件 only the console and a file", advice)
    else:
        yield Diagnosis(subject, "ok", f"{count}；用 fapiao alerts test 验证 | prove them with fapiao alerts test")
    for channel in settings.named_channels:
        if not os.environ.get(channel.url_env):
            detail = f"环境变量 {channel.url_env} 没有设置 is not set"
            advice = f"在服务的环境里设置 set it in the service's environment: {channel.url_env}"
            yield Diagnosis(f"渠道 channel {channel.name}", "fail", detail, advice)
    yield from _diagnose_alert_routes(settings)


def _diagnose_alert_routes(settings: Settings) -> Iterator[Diagnosis]:
    known = {channel.name for channel in settings.named_channels}
    named = {name for route in settings.alert_routes for name in route.channels}
    for name in sorted(named - known):
        detail = "alert_routes 用到它，但 named_channels 里没有 | alert_routes names it, named_channels does not"
        yield Diagnosis(f"渠道 channel {name}", "fail", detail, "改正 fapiao.toml | correct fapiao.toml")
