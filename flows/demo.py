"""The demo: three nights on generated exports through the real flow, embedded, no server needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from flows.environment import settle_prefect
from pipelines.demo.stage import clear_demo_root, forget_own_settings
from pipelines.demo.story import DemoStory, NightTold, tell_night, tell_story

if TYPE_CHECKING:
    from pipelines.demo.scenario import DemoNight

progress = logging.getLogger("fapiao.progress")


def run(
    data_root: Path,
    seed: int = 1,
    invoices: int = 20_000,
    tell: Callable[[NightTold], None] = lambda _told: None,
) -> DemoStory:
    """Prepare `<data_root>/demo` afresh, run its nights, and return what happened; `tell` hears of each night at once.

    Raises UsageError when the folder holds anything that no demo wrote.
    """
    root = clear_demo_root(data_root)
    settle_prefect(root, always_embedded=True)
    with forget_own_settings(), ThreadPoolExecutor(max_workers=1) as beside:
        return _run_nights(root, seed, invoices, tell, beside.submit(_start_prefect))


def _start_prefect() -> float:
    """Prefect needs some seconds to start, which the generator can use; returns them."""
    from flows.nightly import require_server  # noqa: PLC0415 - importing prefect is the slow part

    started = time.monotonic()
    require_server()
    return time.monotonic() - started


def _run_nights(
    root: Path, seed: int, invoices: int, tell: Callable[[NightTold], None], server: Future[float]
) -> DemoStory:
    from pipelines.demo.scenario import prepare_scenario  # noqa: PLC0415 - meanwhile prefect starts

    progress.info("生成一家公司和它的文件，同时启动 Prefect | inventing a company and its files, while Prefect starts")
    started = time.monotonic()
    scenario = prepare_scenario(root, seed, invoices)
    seconds = {"generate": time.monotonic() - started}
    server.result()
    seconds["wait for prefect"] = time.monotonic() - started - seconds["generate"]
    told = []
    for number, night in enumerate(scenario.nights, start=1):
        told.append(_run_night(root, number, night))
        tell(told[-1])
    return tell_story(root, scenario, told, seconds)


def _run_night(root: Path, number: int, night: DemoNight) -> NightTold:
    from flows import nightly  # noqa: PLC0415 - prefect's surroundings come first

    started = time.monotonic()
    progress.info(f"第 {number} 夜：{night.title_zh} | night {number}: {night.title_en}")
    night.drop_files()
    outcome = nightly.run(as_of=night.as_of, data_root=root)
    return tell_night(root, number, night, outcome, time.monotonic() - started)
