"""What the simulated tax system answers. Knows nothing of sockets: `server.py` brings requests and sends replies."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from pipelines.simulator.access import Access, check_taxpayer
from pipelines.simulator.books import SimulatedBooks
from pipelines.simulator.exchange import RefusalError, Reply, Request, answer_data
from pipelines.simulator.faults import Fault
from pipelines.simulator.listing import By, Question, find_invoices, read_day
from pipelines.simulator.pages import Found, answer_page
from pipelines.simulator.playing import Clock, Playing, read_moment
from pipelines.simulator.scenario import Account, Scenario
from pipelines.simulator.verification import Verification

BUSY_PAGE = "<html><body>系统繁忙，请稍后再试</body></html>".encode()


@dataclass
class _Task:
    found: Found
    owner: str
    polls_left: int


class Service:
    """One simulated tax system. One request at a time, except that a slow one does not hold the others up."""

    def __init__(self, books: SimulatedBooks, scenario: Scenario) -> None:
        self.books, self.scenario = books, scenario
        self.clock, self.playing = Clock(scenario.now), Playing(scenario.faults)
        self.access, self.verification = Access(scenario), Verification()
        self._tasks: dict[str, _Task] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Never raises for what is wrong with a request."""
        try:
            now = self.clock.read(request.headers.get("x-simulated-now"))
            with self._lock:
                slow = None if request.path.startswith("/_") else self.playing.meet("slow", now)
            time.sleep(slow.seconds if slow else 0)
            with self._lock:
                return self._route(request, now)
        except RefusalError as refusal:
            return refusal.as_reply()

    def _route(self, request: Request, now: datetime) -> Reply:
        if request.path in {"/_clock", "/_faults"}:
            return self._control(request)
        if request.path == "/notices":
            return answer_data({"notices": self._announce(now)})
        if self.playing.meet("reset", now):
            return Reply(b"", cut="all")
        self._check_open(now)
        if request.path == "/oauth/token":
            return self.access.give_token(request, now)
        account = self.access.admit(request, now)
        return self._damage(self._answer_data(request, account, now), now)

    def _check_open(self, now: datetime) -> None:
        for window in self.scenario.maintenance:
            if window.since <= now < window.until:
                raise RefusalError(503, "503", "系统维护 | maintenance", int((window.until - now).total_seconds()))
        if fault := self.playing.meet("maintenance", now):
            raise RefusalError(503, "503", "系统维护 | maintenance", fault.retry_after)
        if fault := self.playing.meet("busy", now):
            raise RefusalError(429, "429", "请求太密 | too many requests", fault.retry_after)
        if self.playing.meet("server_error", now):
            raise RefusalError(500, "500", "系统异常 | internal error")

    def _answer_data(self, request: Request, account: Account, now: datetime) -> Reply:
        if self.playing.meet("refused", now):
            raise RefusalError(401, "401", "账号已停用 | the account is closed")
        taxpayer = request.params.get("taxpayer", "")
        check_taxpayer(account, taxpayer)
        if self.playing.meet("forbidden", now):
            raise RefusalError(403, "403", f"没有税号 {taxpayer} 的权限 | no permission for this taxpayer")
        ways: dict[str, By] = {"/invoices": "issued", "/changes": "operated"}
        if request.path in ways:
            return self._page(self._find(request, account, ways[request.path], now), request, now)
        if request.path == "/verify":
            return self.verification.answer(request, self.books, self.playing, now)
        return self._answer_task(request, account, now)

    def _find(self, request: Request, account: Account, by: By, now: datetime) -> Found:
        taxpayer = request.params.get("taxpayer", "")
        late = self.playing.meet("late_sync", now)
        sync = timedelta(hours=self.scenario.sync_hours + (late.hours if late else 0))
        question = Question(
            by=by,
            first=read_day(request.params.get("from", ""), "from"),
            last=read_day(request.params.get("to", ""), "to"),
            taxpayers=frozenset({taxpayer}) if taxpayer else account.taxpayers,
            direction=_read_direction(request.params.get("direction", "")),
        )
        return Found(find_invoices(self.books.invoices, question, now, sync), now - sync)

    def _page(self, found: Found, request: Request, now: datetime) -> Reply:
        page = request.number("page", 1)
        if self.playing.meet("expired_token", now, page):
            self.access.drop_tokens()
            raise RefusalError(401, "401", "令牌已过期 | the token has expired")
        return answer_page(found, request, self.scenario.largest_page, self.playing, now)

    def _answer_task(self, request: Request, account: Account, now: datetime) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts == ["tasks"]:
            return self._order(request, account, now)
        task = self._tasks.get(parts[1]) if len(parts) in {2, 3} and parts[0] == "tasks" else None
        if task is None or task.owner != account.id:
            raise RefusalError(404, "404", f"没有 {request.path} | nothing there")
        if parts[2:] == ["rows"]:
            return self._page(task.found, request, now)
        return answer_data({"task_id": parts[1], "status": self._poll(task, now)})

    def _order(self, request: Request, account: Account, now: datetime) -> Reply:
        by: By = "operated" if request.params.get("by") == "operated" else "issued"
        number = f"T{len(self._tasks) + 1:06}"
        found = self._find(request, account, by, now)
        self._tasks[number] = _Task(found, account.id, self.scenario.task_polls)
        return answer_data({"task_id": number, "status": "waiting"})

    def _poll(self, task: _Task, now: datetime) -> str:
        if self.playing.meet("stuck_task", now):
            return "running"
        if self.playing.meet("failed_task", now):
            return "failed"
        task.polls_left = max(0, task.polls_left - 1)
        return "running" if task.polls_left else "done"

    def _damage(self, reply: Reply, now: datetime) -> Reply:
        if self.playing.meet("not_json", now):
            return Reply(BUSY_PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        return Reply(reply.body, reply.status, reply.headers, "half") if self.playing.meet("cut_short", now) else reply

    def _announce(self, now: datetime) -> list[dict[str, str]]:
        """Windows that have not ended."""
        coming = [window for window in self.scenario.maintenance if window.until > now]
        return [{"since": str(one.since), "until": str(one.until), "title": "系统维护"} for one in coming]

    def _control(self, request: Request) -> Reply:
        """Set the clock (`now`), switch a fault on (its settings), or all off (DELETE). Without any key: this machine
        only is listened to."""
        if request.path == "/_clock":
            if request.method == "POST":
                self.clock.fixed = read_moment(request.params.get("now", ""))
            return answer_data({"now": str(self.clock.read())})
        if request.method == "DELETE":
            self.playing.switch_off()
        elif request.method == "POST":
            self.playing.switch_on(_read_fault(request.params))
        return answer_data({})


def _read_fault(params: dict[str, str]) -> Fault:
    try:
        return Fault.model_validate(params)
    except ValidationError as error:
        raise RefusalError(400, "400", str(error)) from None


def _read_direction(text: str) -> str:
    ways = {"": "", "input": "input", "进项": "input", "output": "output", "销项": "output"}
    if text not in ways:
        raise RefusalError(400, "400", f"direction: {text!r}; input, output")
    return ways[text]
