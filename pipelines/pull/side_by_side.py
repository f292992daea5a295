"""Several systems asked at the same time, and none of them for longer than it may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
J = TypeVar("J")


class OverBudgetError(Exception):
    """A call that had not come back when its time was over."""


def do_side_by_side(work: Callable[[J], T], jobs: Sequence[J], at_once: int) -> list[T]:
    """What the work gives for each job, in the order of the jobs, whichever ends first. The first job whose work raises
    raises here, after all have ended."""
    with ThreadPoolExecutor(max_workers=max(1, min(at_once, len(jobs))), thread_name_prefix="pull") as pool:
        return list(pool.map(work, jobs))


def call_within(seconds: float, call: Callable[[], T]) -> T:
    """What the call gives. Raises what it raises, and OverBudgetError when it takes longer.

    A thread cannot be ended from outside: one that hangs is left behind, and ends with its connection or the process.
    What it may still write are whole files, which are read like any other, at the latest on the next night.
    """
    answers: Queue[tuple[T | None, BaseException | None]] = Queue()

    def answer() -> None:
        try:
            answers.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where the call is waited for
            answers.put((None, error))

    Thread(target=answer, name="pull-call", daemon=True).start()
    try:
        given, error = answers.get(timeout=seconds)
    except Empty:
        raise OverBudgetError from None
    if error is not None:
        raise error
    return given  # type: ignore[return-value]  # T itself may be None
