"""An alert's life over several nights: told once, told again when overdue or worse, resolved when it is gone."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from pipelines.alerts.case_store import acknowledge, list_open_cases
from pipelines.alerts.raising import raise_alerts
from pipelines.cli.edge import run_command_line
from pipelines.errors import UsageError
from pipelines.night import Night
from pipelines.settings import Owner, Settings
from pipelines.warehouse import open_warehouse, transaction
from tests.unit.alert_warehouse import TAX_ID, fill_warehouse

KEY = f"finding:not_found:{TAX_ID}"


def run_nights(settings: Settings, first: Night, states: list[str]) -> list[list[str]]:
    """One night after the other with the source `tax` in these states; the keys that each told."""
    return [_run_night(settings, Night(first.as_of + timedelta(days=day)), state) for day, state in enumerate(states)]


def _run_night(settings: Settings, night: Night, state: str) -> list[str]:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.source("tax", state)
    return raise_keys(settings, night)


def raise_keys(settings: Settings, night: Night) -> list[str]:
    with open_warehouse(settings) as con, transaction(con):
        return [alert.alert_key for alert in raise_alerts(con, settings, night)]


def test_a_source_that_stays_silent_is_told_once_then_when_it_gets_worse_then_when_overdue(
    settings: Settings, night: Night
) -> None:
    told = run_nights(settings, night, ["silent"] * 6)
    assert told == [["source:tax"], [], ["source:tax"], [], [], ["overdue:source:tax"]]


def test_what_is_gone_resolves_itself_once_and_may_come_again(settings: Settings, night: Night) -> None:
    told = run_nights(settings, night, ["silent", "received", "received", "silent"])
    assert told == [["source:tax"], ["resolved:source:tax"], [], ["source:tax"]]
    [case] = list_open_cases(settings)
    assert case.raised_night == Night(night.as_of + timedelta(days=3)).night_id


def test_the_same_night_again_tells_the_same(settings: Settings, night: Night) -> None:
    run_nights(settings, night, ["silent", "received"])
    again = Night(night.as_of + timedelta(days=1))
    assert raise_keys(settings, again) == ["resolved:source:tax"]
    assert raise_keys(settings, again) == ["resolved:source:tax"]


def test_an_acknowledged_alert_escalates_no_more(settings: Settings, night: Night) -> None:
    settings.escalate_after_days = 1
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    assert raise_keys(settings, night) == [KEY]
    acknowledge(settings, KEY, "张会计", "已去电")
    later = Night(night.as_of + timedelta(days=2))
    with fill_warehouse(settings, later) as house:
        house.night_row()
    assert raise_keys(settings, later) == []
    [case] = list_open_cases(settings)
    assert (case.acknowledged_by, case.acknowledged_note, case.amount_cny) == ("张会计", "已去电", Decimal("10.00"))


def test_an_overdue_alert_says_its_age_and_how_to_take_it_on(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    raise_keys(settings, night)
    later = Night(night.as_of + timedelta(days=3))
    with fill_warehouse(settings, later) as house:
        house.night_row()
    with open_warehouse(settings) as con, transaction(con):
        [alert] = raise_alerts(con, settings, later)
    assert (alert.alert_key, alert.severity) == (f"overdue:{KEY}", "critical")
    assert alert.title_zh.startswith("已 3 天无人确认：税务系统查无：逾期 1 项，10.00 元")
    assert f"fapiao alerts ack '{KEY}' --by" in alert.body_en


def run_findings(
    settings: Settings, night: Night, days: dict[int, str], taken_on: int | None = None
) -> dict[int, list[str]]:
    """What each night told; `days` names the findings that are open so many days after `night`. In the morning of the
    day `taken_on` somebody takes them on."""
    told, first_nights = {}, dict[str, str]()
    for day, names in days.items():
        current = Night(night.as_of + timedelta(days=day))
        with fill_warehouse(settings, current) as house:
            house.night_row()
            for table in ("recon__item", "recon__member", "core_ledger__entry", "night__finding"):
                house.con.execute(f"DELETE FROM {table}")
            for name in names:
                house.finding(name, "not_found", "10.00", first_night=first_nights.setdefault(name, current.night_id))
        with open_warehouse(settings) as con, transaction(con):
            told[day] = [alert.title_zh.partition("（")[0] for alert in raise_alerts(con, settings, current)]
        if day == taken_on:
            acknowledge(settings, KEY, "张会计", None)
    return told


def test_the_age_is_that_of_the_oldest_finding_not_of_its_group(settings: Settings, night: Night) -> None:
    told = run_findings(settings, night, {0: "a", 2: "ab", 3: "ab", 4: "bc", 6: "bc", 9: "bc"})
    assert told == {
        0: ["税务系统查无：新增 1 项，10.00 元"],
        2: ["税务系统查无：新增 1 项，10.00 元"],
        3: ["已 3 天无人确认：税务系统查无：逾期 1 项，10.00 元"],
        4: ["税务系统查无：新增 1 项，10.00 元"],
        6: ["已 4 天无人确认：税务系统查无：逾期 1 项，10.00 元"],
        9: ["最久已 7 天无人确认：税务系统查无：逾期 2 项，20.00 元"],
    }


def test_a_group_that_has_turned_over_is_not_overdue(settings: Settings, night: Night) -> None:
    told = run_findings(settings, night, {0: "a", 1: "b", 2: "b", 3: "c", 4: "d"})
    assert [title for titles in told.values() for title in titles if "无人确认" in title] == []


def test_who_took_a_case_on_has_taken_on_what_was_known_then(settings: Settings, night: Night) -> None:
    told = run_findings(settings, night, {0: "a", 1: "a", 2: "ab", 4: "ab", 5: "ab"}, taken_on=1)
    assert told == {
        0: ["税务系统查无：新增 1 项，10.00 元"],
        1: [],
        2: ["税务系统查无：新增 1 项，10.00 元"],
        4: [],
        5: ["已 3 天无人确认：税务系统查无：逾期 1 项，10.00 元"],
    }
    [case] = list_open_cases(settings)
    assert (case.acknowledged_by, case.finding_count) == ("张会计", 2)


def test_what_is_only_for_information_never_escalates(settings: Settings, night: Night) -> None:
    settings.escalate_after_days = 1
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "date_differs", "10.00")
    raise_keys(settings, night)
    later = Night(night.as_of + timedelta(days=9))
    with fill_warehouse(settings, later) as house:
        house.night_row()
    assert raise_keys(settings, later) == []


def test_a_night_with_doubtful_data_resolves_no_finding(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    raise_keys(settings, night)
    later = Night(night.as_of + timedelta(days=1))
    with fill_warehouse(settings, later) as house:
        house.night_row(is_published=False)
        house.rule("totals", "stop")
        house.con.execute("DELETE FROM recon__item")
    assert raise_keys(settings, later) == ["rule:totals"]
    assert {case.alert_key for case in list_open_cases(settings)} == {KEY, "rule:totals"}


def test_an_unknown_key_cannot_be_acknowledged(settings: Settings, night: Night) -> None:
    run_nights(settings, night, ["received"])
    with pytest.raises(UsageError, match="fapiao alerts list"):
        acknowledge(settings, "source:nobody", "张会计", None)


def test_the_owner_stands_in_the_alert(settings: Settings, night: Night) -> None:
    settings.owners = [
        Owner(name="王工", sources=["other"]),
        Owner(name="李会计", contact="内线 8012", taxpayers=[TAX_ID]),
    ]
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    with open_warehouse(settings) as con, transaction(con):
        [alert] = raise_alerts(con, settings, night)
    assert alert.body_zh.endswith("\n负责人：李会计 内线 8012")
    assert alert.body_en.endswith("\nOwner: 李会计 内线 8012")


def test_the_command_line_lists_and_acknowledges(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_nights(settings, night, ["silent"])
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    assert run_command_line(["alerts", "ack", "source:tax", "--by", "张会计"]) == 0
    capsys.readouterr()
    assert run_command_line(["alerts", "list", "--json"]) == 0
    [case] = json.loads(capsys.readouterr().out)
    assert (case["alert_key"], case["acknowledged_by"]) == ("source:tax", "张会计")
    assert run_command_line(["alerts", "list"]) == 0
    assert "张会计" in capsys.readouterr().out
