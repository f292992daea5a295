"""The stage that fetches files before they are read: routes in their order, what is said of each, and the window."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.night_log import close_night, open_night
from pipelines.pull import stage
from pipelines.pull.route import Pulled, Window
from pipelines.routes import FolderRoute, RemoteRoute, Route
from pipelines.settings import Settings, Source
from pipelines.sources.intake import take_in
from pipelines.sources.reasons import Message
from pipelines.warehouse import open_warehouse

NIGHT = Night(datetime(2026, 11, 2, 2))
NEXT = Night(datetime(2026, 11, 3, 2))
FIRST = RemoteRoute(url="/far/first", overlap_days=5)
SECOND = RemoteRoute(url="/far/second", overlap_days=5)


@dataclass
class Far:
    """Stands for the systems: what each route answers, and what it was asked."""

    answers: dict[str, Pulled | Exception]
    asked: list[tuple[str, Window]] = field(default_factory=list)

    def make(self, route: Route, _settings: Settings) -> _Puller:
        assert isinstance(route, RemoteRoute)
        return _Puller(self, route.url or "")


@dataclass
class _Puller:
    far: Far
    url: str

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        self.far.asked.append((self.url, window))
        answer = self.far.answers[self.url]
        if isinstance(answer, Exception):
            raise answer
        for name in answer.files:
            (inbox / name).write_text("x")
        return answer


def settings_of(root: Path, *fallbacks: Route, pull: Route | None = FIRST) -> Settings:
    source = Source(
        id="tax",
        side=Side.UPSTREAM,
        folder="inbox/tax",
        direction=Direction.INPUT,
        pull=pull,
        fallbacks=list(fallbacks),
    )
    return Settings(data_root=root, sources=[source])


def run(far: Far, settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch) -> stage.Pulls:
    monkeypatch.setattr(stage, "make_puller", far.make)
    open_night(settings, night)
    pulls = stage.pull_night(settings, night)
    close_night(settings, night)
    return pulls


def rows_of(settings: Settings) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(
            "SELECT night_id, route_no, state, files, watermark, message_zh, message_en FROM night__pull ORDER BY ALL"
        ).fetchall()


def whole(night: Night) -> Pulled:
    return Pulled("pulled", ("a.csv",), 7, 7, night.as_of)


def test_the_first_route_that_gives_everything_ends_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = Far({"/far/first": whole(NIGHT)})
    settings = settings_of(tmp_path, SECOND)
    pulls = run(far, settings, NIGHT, monkeypatch)
    assert [url for url, _ in far.asked] == ["/far/first"]
    assert pulls.stale == ()
    assert rows_of(settings) == [(NIGHT.night_id, 0, "pulled", ["a.csv"], NIGHT.as_of, None, None)]
    assert (tmp_path / "inbox/tax/a.csv").is_file()


def test_a_failed_route_is_noted_and_its_fallback_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = Far({"/far/first": Pulled("failed", message=Message("断了", "cut")), "/far/second": whole(NIGHT)})
    settings = settings_of(tmp_path, SECOND)
    pulls = run(far, settings, NIGHT, monkeypatch)
    assert [row[1:3] for row in rows_of(settings)] == [(0, "failed"), (1, "pulled")]
    assert pulls.stale == ()


def test_a_crash_in_a_route_is_its_failure_and_its_text_stays_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Far({"/far/first": RuntimeError("password hunter2")})
    settings = settings_of(tmp_path)
    run(far, settings, NIGHT, monkeypatch)
    ((_, _, state, _, _, zh, en),) = rows_of(settings)
    assert state == "failed"
    assert "RuntimeError" in str(zh)
    assert "hunter2" not in f"{zh}{en}"


def test_without_any_answer_the_night_says_which_data_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, SECOND)
    run(Far({"/far/first": whole(NIGHT)}), settings, NIGHT, monkeypatch)
    down = Pulled("failed", message=Message("断了。", "Cut."))
    pulls = run(Far({"/far/first": down, "/far/second": Pulled("empty")}), settings, NEXT, monkeypatch)
    assert pulls.stale == ("tax",)
    last = rows_of(settings)[-1]
    assert last[:3] == (NEXT.night_id, 1, "empty")
    assert "2026-11-02 02:00" in str(last[5])
    assert "2026-11-02 02:00" in str(last[6])


def test_files_that_do_not_hold_everything_move_no_watermark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path)
    part = Pulled("incomplete", ("a.csv",), 3, 7, NIGHT.as_of, Message("缺 4 行。", "4 rows lack."))
    pulls = run(Far({"/far/first": part}), settings, NIGHT, monkeypatch)
    assert pulls.stale == ("tax",)
    assert rows_of(settings) == [(NIGHT.night_id, 0, "incomplete", ["a.csv"], None, "缺 4 行。", "4 rows lack.")]


def test_after_an_outage_the_window_begins_before_the_last_good_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path)
    run(Far({"/far/first": whole(NIGHT)}), settings, NIGHT, monkeypatch)
    far = Far({"/far/first": whole(NIGHT)})
    run(far, settings, Night(datetime(2026, 11, 20, 2)), monkeypatch)
    assert far.asked[0][1] == Window(date(2026, 10, 28), date(2026, 11, 20), date(2026, 11, 2))


def test_the_first_night_asks_from_the_first_day_of_the_settings() -> None:
    route = FolderRoute(first_day=date(2026, 1, 1))
    assert stage.find_window(route, None, NIGHT) == Window(date(2026, 1, 1), date(2026, 11, 2), date(2026, 1, 1))
    assert stage.find_window(FIRST, None, NIGHT).first == date(2026, 10, 28)


def test_the_same_night_run_again_leaves_one_row_per_route(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path)
    far = Far({"/far/first": whole(NIGHT)})
    run(far, settings, NIGHT, monkeypatch)
    run(far, settings, NIGHT, monkeypatch)
    assert len(rows_of(settings)) == 1
    assert far.asked[0] == far.asked[1]


def test_a_look_back_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path)
    far = Far({"/far/first": whole(NEXT)})
    run(far, settings, NEXT, monkeypatch)
    assert run(far, settings, NIGHT, monkeypatch) == stage.Pulls()
    assert len(far.asked) == 1


def test_a_folder_as_fallback_asks_a_person_for_the_days(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, pull=FolderRoute(overlap_days=1))
    open_night(settings, NIGHT)
    pulls = stage.pull_night(settings, NIGHT)
    (attempt,) = pulls.attempts
    assert attempt.pulled.state == "waiting"
    assert attempt.pulled.message is not None
    assert "2026-11-01 至 2026-11-02" in attempt.pulled.message.zh


def test_an_address_with_a_password_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="url_env"):
        RemoteRoute(url="sftp://user:secret@far/in")
    assert RemoteRoute(url="sftp://user@far/in").kind == "remote"


def test_a_fetched_file_is_read_like_any_other_file_of_the_source(tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    (far / "invoices.csv").write_text(
        "invoice_number,issued_at,seller_tax_id,buyer_tax_id,amount_cny,tax_cny,total_cny\n"
        "26442000000123456789,2026-10-30,91440300MA5FAKE017,91440300MA5FAKE025,100.00,13.00,113.00\n"
    )
    route = RemoteRoute(url=str(far), pattern="*.csv", stable_seconds=0)
    source = Source(
        id="tax",
        side=Side.UPSTREAM,
        folder="inbox/tax",
        layout="plain_upstream_csv",
        taxpayer_id="91440300MA5FAKE025",
        direction=Direction.INPUT,
        pull=route,
    )
    settings = Settings(data_root=tmp_path / "root", sources=[source])
    open_night(settings, NIGHT)
    assert stage.pull_night(settings, NIGHT).attempts[0].pulled.state == "pulled"
    (taken,) = take_in(settings, NIGHT).sources
    assert (taken.state, taken.rows_new) == ("received", 1)
