"""One listing of an API, page by page to its end; every page is on the disk before it is parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pipelines.pull.api_client import Answer, ApiClient
from pipelines.pull.api_faults import ApiError
from pipelines.routes import ApiListing, ApiRoute, ApiTask
from pipelines.sources.control import read_money
from pipelines.sources.decode_bundle import Pages, Record, find_path, find_repeats, find_rows, list_texts
from pipelines.sources.landing import write_safely

MAX_PAGES = 20_000


@dataclass
class Listed:
    """Pages in order as received and as records, rows and money (CNY, by field) declared by the last of them, and
    whether the end came. `owes_total`: without a declared total nothing shows that it is whole."""

    contents: dict[str, bytes] = field(default_factory=dict)
    pages: Pages = field(default_factory=dict)
    declared: int | None = None
    money: dict[str, Decimal | None] = field(default_factory=dict)
    is_ended: bool = False
    owes_total: bool = True
    rows: int = 0
    """Records without those that an earlier page holds too."""
    _texts: set[str] = field(default_factory=set, repr=False)

    def add_page(self, name: str, content: bytes, records: list[Record]) -> None:
        """One page more. Its records are counted now: to count those of all pages after each takes minutes."""
        texts = list_texts(records)
        self.rows += sum(text not in self._texts for text in texts)
        self._texts.update(texts)
        self.contents[name], self.pages[name] = content, records

    @property
    def is_whole(self) -> bool:
        if self.declared is None:
            return self.is_ended and not self.owes_total
        return self.is_ended and self.declared == self.rows and not self.wrong_money

    @property
    def wrong_money(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Declared sum and sum of the rows, CNY, of every field where they differ."""
        if not self.money:
            return {}
        repeats = find_repeats(self.pages)
        records = [
            row
            for page, rows in self.pages.items()
            for place, row in enumerate(rows)
            if (page, place + 2) not in repeats
        ]
        sums = {
            name: sum((read_money(row.get(name)) or Decimal(0) for row in records), Decimal(0)) for name in self.money
        }
        return {name: (stated, sums[name]) for name, stated in self.money.items() if stated not in {None, sums[name]}}


@dataclass(frozen=True)
class Lister:
    """Asks one API for its listings."""

    client: ApiClient
    route: ApiRoute

    def list_checked(self, listing: ApiListing, params: dict[str, str], folder: Path) -> Listed:
        """The listing; asked for once again if it does not hold what it declared. Raises ApiError."""
        first = self.list_once(listing, params, folder / "first")
        if first.is_whole:
            return first
        second = self.list_once(listing, params, folder / "second")
        return second if second.is_whole or second.rows >= first.rows else first

    def list_once(self, listing: ApiListing, params: dict[str, str], folder: Path) -> Listed:
        """Every page to the end, whatever the total says."""
        if listing.task is None:
            return self._read_pages(listing, listing.path, params, folder)
        task_id = self._await_task(listing, listing.task, params)
        return self._read_pages(listing, listing.task.fetch_path.replace("{task}", task_id), {}, folder)

    def _await_task(self, listing: ApiListing, task: ApiTask, params: dict[str, str]) -> str:
        task_id = str(self._find(self.client.ask("POST", listing.path, params), task.id))
        while True:
            answer = self.client.ask("GET", task.status_path.replace("{task}", task_id), {})
            status = str(self._find(answer, task.status))
            if status in task.done:
                return task_id
            if status in task.failed:
                raise ApiError("task_failed", place=self._place, status=status, task=task_id)
            self.client.sleep(task.poll_seconds)

    def _read_pages(self, listing: ApiListing, path: str, params: dict[str, str], folder: Path) -> Listed:
        listed = Listed(owes_total=self.route.answer.total is not None)
        cursor: str | None = None
        previous: object = None
        for number in range(1, MAX_PAGES + 1):
            place = {listing.page_param: str(number)} if self.route.answer.next is None else _cursor(listing, cursor)
            answer = self.client.ask("GET", path, params | place | {listing.size_param: str(listing.page_size)})
            name = f"page_{number:05}.json"
            write_safely(folder / name, answer.content)
            rows = self._rows(answer)
            if number > 1 and rows and rows == previous:
                return listed  # it gives one page for ever
            listed.add_page(name, answer.content, rows)
            previous = rows
            listed.declared = self._declared(answer)
            listed.money = {field: self._money(answer, path) for field, path in self.route.answer.money.items()}
            cursor = self._next(answer)
            if self._is_last(listed, len(rows), listing.page_size, cursor):
                listed.is_ended = True
                return listed
        return listed

    def _is_last(self, listed: Listed, rows: int, size: int, cursor: str | None) -> bool:
        """Without a cursor the end is an empty page, or one that is not full once the declared total has come: an API
        may give fewer rows a page than it is asked for, and its total may be too low."""
        if self.route.answer.next is not None:
            return cursor is None
        return rows == 0 or (rows < size and listed.declared is not None and listed.rows >= listed.declared)

    def _rows(self, answer: Answer) -> list[Record]:
        try:
            return find_rows(answer.parsed, self.route.answer.rows)
        except KeyError:
            raise ApiError("shape", place=self._place, path=self.route.answer.rows) from None

    def _declared(self, answer: Answer) -> int | None:
        path = self.route.answer.total
        if path is None:
            return None
        found = str(_look(answer, path))
        return int(found) if found.isdecimal() else None

    def _money(self, answer: Answer, path: str) -> Decimal | None:
        return read_money(_look(answer, path))

    def _next(self, answer: Answer) -> str | None:
        path = self.route.answer.next
        if path is None:
            return None
        found = _look(answer, path)
        return str(found) if found not in {None, ""} else None

    def _find(self, answer: Answer, path: str) -> object:
        try:
            return find_path(answer.parsed, path)
        except KeyError:
            raise ApiError("shape", place=self._place, path=path) from None

    @property
    def _place(self) -> str:
        return self.client.place


def _look(answer: Answer, path: str) -> object:
    """What stands there; None if nothing does."""
    try:
        return find_path(answer.parsed, path)
    except KeyError:
        return None


def _cursor(listing: ApiListing, cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {listing.cursor_param: cursor}
