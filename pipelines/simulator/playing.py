"""The clock, and which faults meet a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.settings import beijing_now
from pipelines.simulator.exchange import RefusalError
from pipelines.simulator.faults import Fault


class Clock:
    """Beijing time: what was set, else the real one."""

    def __init__(self, fixed: datetime | None) -> None:
        self.fixed = fixed

    def read(self, header: str | None = None) -> datetime:
        """Now; a request may bring its own moment."""
        return read_moment(header) if header else self.fixed or beijing_now()


def read_moment(text: str) -> datetime:
    """Naive Beijing time from ISO text. Raises RefusalError 400 for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RefusalError(400, "400", f"now: {text!r}; 2026-10-20T02:00:00") from None
    if moment.tzinfo:
        raise RefusalError(400, "400", f"now: {text!r}; Beijing time without an offset")
    return moment


@dataclass
class _Running:
    fault: Fault
    left: int | None


class Playing:
    """The faults that are switched on, and how often each may still meet a request."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._running: list[_Running] = []
        for fault in faults:
            self.switch_on(fault)

    def switch_on(self, fault: Fault) -> None:
        self._running.append(_Running(fault, fault.times))

    def switch_off(self) -> None:
        """All of them."""
        self._running.clear()

    def meet(self, kind: str, now: datetime, page: int | None = None) -> Fault | None:
        """The first fault of that kind that is on, which counts as having met a request; None if there is none.
        With `page`, only a fault of that page."""
        for running in self._running:
            fault = running.fault
            if fault.id == kind and running.left != 0 and fault.is_on(now) and page in {None, fault.page}:
                running.left = None if running.left is None else running.left - 1
                return fault
        return None
