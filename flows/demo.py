"""The demo: three nights on generated exports through the real flow, embedded, no server needed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

from flows.environment import settle_prefect
from pipelines.demo.stage import clear_demo_root, forget_own_settings
from pipelines.demo.story import DemoStory, NightTold, StopWatch, measure_accuracy, tell_night

if TYPE_CHECKING:
    from pipelines.demo.scenario import DemoNight

progress = logging.getLogger("fapiao.progress")


def run(
    data_root: Path,
    seed: int = 20261103,
    invoices: int = 20_000,
    tell: Callable[[NightTold], None] = lambda _told: None,
) -> DemoStory:
    """Prepare `<data_root>/demo` afresh, run its nights, and return what happened; `tell` hears of each night at once.

    Raises UsageError when the folder holds anything that no demo wrote.
    """
    root = clear_demo_root(data_root)
    settle_prefect(root, always_embedded=True)
    with (
        (root / "demo.log").open("w", encoding="utf-8") as log,
        # The console channel of the alerts writes here; the screen tells the nights in fewer words.
        redirect_stderr(log),
        forget_own_settings(),
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        return _run_nights(root, seed, invoices, tell, beside.submit(_start_prefect))


def _start_prefect() -> None:
    """Prefect needs some seconds to start, which the generator can use."""
    from flows.nightly import require_server  # noqa: PLC0415 - importing prefect is a part of it

    require_server()


def _run_nights(
    root: Path, seed: int, invoices: int, tell: Callable[[NightTold], None], server: Future[None]
) -> DemoStory:
    from pipelines.demo.scenario import prepare_scenario  # noqa: PLC0415 - meanwhile prefect starts

    progress.info("生成文件，启动 Prefect | inventing the files, starting Prefect")
    watch = StopWatch()
    scenario = prepare_scenario(root, seed, invoices)
    told: list[NightTold] = []
    for number, night in enumerate(scenario.nights, start=1):
        night.drop_files()
        watch.lap("files")
        server.result()
        watch.lap("wait for prefect")
        told.append(_run_night(root, number, night, watch))
        tell(told[-1])
    accuracy = measure_accuracy(root, scenario)
    watch.lap("measure")
    return DemoStory(root, tuple(told), accuracy, watch.seconds)


def _run_night(root: Path, number: int, night: DemoNight, watch: StopWatch) -> NightTold:
    from flows import nightly  # noqa: PLC0415 - prefect's surroundings come first

    progress.info(f"{night.title_zh} | {night.title_en}")
    outcome = nightly.run(as_of=night.as_of, data_root=root)
    return tell_night(root, number, night, outcome, watch.lap(f"night {number}"))
