"""A night whose fetch meets an announced outage: a note, no alarm, older data, healed by the next night."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.alerts.raising import raise_alerts
from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.night_log import close_night, open_night
from pipelines.pull import stage
from pipelines.pull.route import Pulled
from pipelines.reports.headline import say_troubles
from pipelines.reports.render_markdown import render_markdown
from pipelines.reports.summary import summarise_night
from pipelines.routes import ApiRoute, DatabaseRoute, FolderRoute, RemoteRoute, Route
from pipelines.settings import OutageFile, Settings, Source
from pipelines.simulator import Scenario, Simulator, make_books
from pipelines.simulator.scenario import Account, Maintenance
from pipelines.sources.intake import take_in
from pipelines.sources.reasons import Message
from pipelines.warehouse import open_warehouse, transaction
from tests.unit.test_pull_stage import Far

NIGHT = Night(datetime(2026, 11, 28, 2))
NEXT = Night(datetime(2026, 11, 29, 2))
DOWN = Pulled("failed", message=Message("连不上，请 IT 核对地址。", "Not reached, have IT check the address."))
WINDOW = "from,to,note\n2026-11-28 00:00,2026-11-28 06:00,升级\n"


def settings_of(settings: Settings, *fallbacks: Route, **declared: Any) -> Settings:
    source = Source(
        id="tax",
        side=Side.UPSTREAM,
        folder="inbox/tax",
        direction=Direction.INPUT,
        expected="nightly",
        pull=RemoteRoute(url="/far", overlap_days=5),
        fallbacks=list(fallbacks),
    )
    settings.data_root.mkdir(parents=True, exist_ok=True)
    (settings.data_root / "windows.csv").write_text(WINDOW)
    update = {"sources": [source], "maintenance": [OutageFile(file="windows.csv")], **declared}
    return settings.model_copy(update=update)


def run(
    settings: Settings, night: Night, answer: Pulled | Exception, monkeypatch: pytest.MonkeyPatch
) -> dict[str, tuple[str, str]]:
    """Severity and body of what the night tells, by key."""
    monkeypatch.setattr(stage, "make_puller", Far({"/far": answer, "/back": answer}).make)
    open_night(settings, night)
    stage.pull_night(settings, night)
    take_in(settings, night)
    with open_warehouse(settings) as con, transaction(con):
        alerts = raise_alerts(con, settings, night)
    close_night(settings, night)
    return {alert.alert_key: (alert.severity, f"{alert.title_zh} {alert.body_zh}") for alert in alerts}


def pull_rows(settings: Settings) -> list[tuple[Any, ...]]:
    with open_warehouse(settings, read_only=True) as con:
        return con.execute("SELECT route_no, state, message_zh, message_en FROM night__pull ORDER BY ALL").fetchall()


@pytest.mark.parametrize(
    "route",
    [
        DatabaseRoute(url_env="SECRET_UNSET", query="SELECT a FROM v ORDER BY a"),
        ApiRoute.model_validate(
            {
                "base_url": "http://127.0.0.1:9",
                "auth": {"kind": "bearer", "token_env": "SECRET_UNSET"},
                "listing": {"path": "/invoices"},
            }
        ),
    ],
)
def test_a_secret_that_is_not_set_is_no_part_of_an_announced_outage(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    monkeypatch.delenv("SECRET_UNSET", raising=False)
    source = Source(id="book", side=Side.LEDGER, folder="inbox/book", direction=Direction.INPUT, pull=route)
    settings = settings_of(settings).model_copy(update={"sources": [source]})
    stage.pull_night(settings, NIGHT)
    ((_, state, said, _),) = pull_rows(settings)
    assert state == "failed"
    assert "SECRET_UNSET" in said


def test_a_failure_in_an_announced_outage_is_a_note_that_says_until_when(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(settings)
    told = run(settings, NIGHT, DOWN, monkeypatch)
    assert list(told) == ["pull:tax"]
    severity, text = told["pull:tax"]
    assert severity == "info"
    assert "公告维护至 06:00（升级）" in text
    assert "请 IT" not in text
    ((_, state, zh, en),) = pull_rows(settings)
    assert state == "maintenance"
    assert "下一夜自动补取" in zh
    assert "announced maintenance until 06:00 (升级)" in en


def test_the_summary_shows_the_source_as_resting_and_stale(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(settings)
    run(settings, NIGHT, DOWN, monkeypatch)
    summary = summarise_night(settings, NIGHT)
    assert [(row.source_id, row.state) for row in summary.sources] == [("tax", "maintenance")]
    assert say_troubles(summary, "zh") == "1 个来源系统维护，按旧数据核对"
    page = render_markdown(summary, "en")
    assert "maintenance" in page
    assert "Days that lack because of this need nobody: Not fetched: announced maintenance until 06:00" in page


def test_the_same_failure_outside_the_window_is_an_alarm(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told = run(settings_of(settings), NEXT, DOWN, monkeypatch)
    assert {key: severity for key, (severity, _) in told.items()} == {"pull:tax": "warning", "source:tax": "warning"}
    assert "请 IT 核对地址" in told["pull:tax"][1]


def test_the_next_night_heals_and_one_that_is_still_down_alarms(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(settings)
    run(settings, NIGHT, DOWN, monkeypatch)
    told = run(settings, NEXT, DOWN, monkeypatch)
    assert told["pull:tax"][0] == "warning"
    assert "连续 2 夜" in told["source:tax"][1]
    healed = run(settings, Night(datetime(2026, 11, 30, 2)), Pulled("pulled", ("a.csv",), 1), monkeypatch)
    assert "resolved:pull:tax" in healed


def test_a_wrong_total_is_not_excused_but_what_was_cut_off_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Message("缺 4 行。", "4 rows lack.")
    whole_month = Pulled("incomplete", ("a.csv",), 3, 7, message=said)
    assert run(settings_of(settings), NIGHT, whole_month, monkeypatch)["pull:tax"][0] == "warning"
    cut = Pulled("incomplete", ("a.csv",), 3, 7, message=said, is_cut_off=True)
    severity, text = run(settings_of(settings), NIGHT, cut, monkeypatch)["pull:tax"]
    assert (severity, "只取到一部分" in text) == ("info", True)


def test_a_person_who_is_waited_for_cannot_export_during_the_outage_either(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(settings, FolderRoute(overlap_days=1))
    far = Far({"/far": DOWN})
    real = stage.make_puller
    monkeypatch.setattr(
        stage, "make_puller", lambda route, s: far.make(route, s) if route.kind == "remote" else real(route, s)
    )
    open_night(settings, NIGHT)
    stage.pull_night(settings, NIGHT)
    take_in(settings, NIGHT)
    with open_warehouse(settings) as con, transaction(con):
        (alert,) = raise_alerts(con, settings, NIGHT)
    assert [row[1] for row in pull_rows(settings)] == ["maintenance", "waiting"]
    assert (alert.alert_key, alert.severity) == ("pull:tax", "info")
    assert "急用可在维护结束后手工导出" in alert.body_zh


def test_a_night_waits_for_the_end_if_the_settings_let_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    far = Far({"/far": DOWN})

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        far.answers["/far"] = Pulled("pulled", ("a.csv",), 1)

    settings = settings_of(settings, maintenance_wait_minutes=60)
    monkeypatch.setattr(stage, "make_puller", far.make)
    monkeypatch.setattr(time, "sleep", sleep)
    early, late = NIGHT, Night(datetime(2026, 11, 28, 5, 30))
    for night, state in ((early, "maintenance"), (late, "pulled")):
        open_night(settings, night)
        (attempt,) = stage.pull_night(settings, night).attempts
        assert attempt.pulled.state == state
    (seconds,) = slept
    assert 30 * 60 - 10 < seconds <= 30 * 60 + 1


def test_maintenance_that_nobody_announced_is_a_note_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    resting = Pulled("maintenance", message=Message("正在维护。", "Under maintenance."))
    settings = settings_of(settings)
    nights = [Night(NEXT.as_of + timedelta(days=day)) for day in range(2)]
    first, second = (run(settings, night, resting, monkeypatch)["pull:tax"] for night in nights)
    assert first[0] == "info"
    assert second[0] == "warning"
    assert "维护未公告，已 2 夜未取数" in second[1]


def test_a_long_announced_outage_stays_a_note(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(settings)
    (settings.data_root / "windows.csv").write_text("from,to\n2026-11-28 00:00,2026-12-02 06:00\n")
    told = [run(settings, Night(NIGHT.as_of + timedelta(days=day)), DOWN, monkeypatch) for day in range(3)]
    assert [list(night) for night in told] == [["pull:tax"], [], []]
    assert told[0]["pull:tax"][0] == "info"


def test_a_night_at_the_hour_of_every_outage_is_told_on_the_third(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(settings)
    rows = "".join(f"2026-11-{day} 00:00,2026-11-{day} 06:00\n" for day in range(26, 31))
    (settings.data_root / "windows.csv").write_text(f"from,to\n{rows}")
    told = [run(settings, Night(NIGHT.as_of + timedelta(days=day)), DOWN, monkeypatch) for day in range(3)]
    assert [[severity for severity, _ in night.values()] for night in told] == [["info"], [], ["warning"]]
    assert "每夜都遇公告维护，已 3 夜未取数：tax" in told[2]["pull:tax"][1]
    assert "maintenance_wait_minutes" in told[2]["pull:tax"][1]


def test_a_simulated_tax_system_rests_as_announced_and_the_next_night_fetches_everything(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAX_API_ID", "trial")
    monkeypatch.setenv("TAX_API_SECRET", "x")
    account = Account.model_validate({"id": "trial", "secret": "x", "kind": "client", "taxpayers": []})
    window = Maintenance(since=datetime(2026, 10, 21), until=datetime(2026, 10, 21, 6))
    scenario = Scenario(now=datetime(2026, 10, 21, 2), accounts=(account,), maintenance=(window,))
    calendar = "DTSTART:20261014T000000\nDTEND:20261014T060000\nRRULE:FREQ=WEEKLY\nSUMMARY:每周维护\n"
    settings.data_root.mkdir(parents=True)
    (settings.data_root / "tax.ics").write_text(
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\n{calendar}END:VEVENT\nEND:VCALENDAR\n"
    )
    settings.maintenance = [OutageFile(file="tax.ics", sources=["tax"])]
    with Simulator(make_books(seed=7, invoices=30), scenario) as simulator:
        route = {
            "kind": "api",
            "base_url": simulator.url,
            "auth": {"kind": "client", "id_env": "TAX_API_ID", "secret_env": "TAX_API_SECRET"},
            "listing": {"path": "/invoices"},
            "requests_per_second": 1000,
            "first_day": "2026-09-01",
        }
        source = {"id": "tax", "side": "upstream", "folder": "in", "direction": "input", "pull": route}
        settings.sources = [Source.model_validate(source)]
        told = []
        for day in (21, 22):
            night = Night(datetime(2026, 10, day, 2))
            simulator.set_clock(str(night.as_of))
            open_night(settings, night)
            (attempt,) = stage.pull_night(settings, night).attempts
            close_night(settings, night)
            told.append((attempt.pulled.state, attempt.pulled.message.zh if attempt.pulled.message else ""))
    assert [state for state, _ in told] == ["maintenance", "pulled"]
    assert told[0][1].startswith("公告维护至 06:00（每周维护），未取到数据")


def test_a_file_of_announcements_that_cannot_be_read_stops_no_night_and_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(settings)
    (settings.data_root / "windows.csv").write_text("from,to\n2026-11-28 00:00,heute\n")
    told = run(settings, NIGHT, DOWN, monkeypatch)
    assert told["pull:tax"][0] == "warning"
    severity, text = told["maintenance:windows.csv"]
    assert severity == "warning"
    assert "windows.csv 第 2 行 line 2: to = heute → 2026-11-28 00:00" in text
