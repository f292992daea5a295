"""What becomes an alert, in which words, and what does not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from pipelines.alerts.compose import Alert, compose_alerts
from pipelines.alerts.digest import compose_digest
from pipelines.night import Night
from pipelines.reports.summary import render_markdown, summarise_night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.unit.alert_warehouse import NUMBER, PARTY, SELLER_TAX_ID, TAX_ID, fill_warehouse


def compose(settings: Settings, night: Night) -> dict[str, Alert]:
    with open_warehouse(settings) as con:
        return {alert.alert_key: alert for alert in compose_alerts(con, settings, night)}


def test_new_findings_are_grouped_with_exact_money_and_the_three_biggest_examples(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        for name, total in (("a", "0.10"), ("b", "0.20"), ("c", "99999.99"), ("d", "5.00")):
            house.finding(name, "not_found", total)
    alert = compose(settings, night)[f"finding:not_found:{TAX_ID}"]
    assert (alert.finding_count, alert.amount_cny) == (4, Decimal("100005.29"))
    assert [line.split(" ")[1] for line in alert.body_zh.splitlines()[:3]] == ["99,999.99元", "5.00元", "0.20元"]
    assert alert.body_zh.splitlines()[3].startswith("另有 1 项")
    assert alert.body_en.splitlines()[3].startswith("1 more")


def test_only_the_difference_is_at_stake_where_only_an_amount_differs(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.finding("a", "amount_differs", "1130.00", difference=Decimal("-27.00"))
    assert compose(settings, night)[f"finding:amount_differs:{TAX_ID}"].amount_cny == Decimal("27.00")


def test_names_and_ids_inside_the_sentences_are_masked_in_both_languages(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.finding("a", "not_found", "10.00")
    alert = compose(settings, night)[f"finding:not_found:{TAX_ID}"]
    said = alert.title_zh + alert.title_en + alert.body_zh + alert.body_en
    assert [secret for secret in (PARTY, NUMBER, SELLER_TAX_ID, TAX_ID, "北京示例贸易有限公司") if secret in said] == []
    assert "深圳…公司" in alert.body_zh
    assert "…7890" in alert.body_en
    open_settings = settings.model_copy(update={"mask_names": False})
    assert PARTY in compose(open_settings, night)[f"finding:not_found:{TAX_ID}"].body_zh


def test_pending_and_matched_items_never_alert(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        for name, cause in (("a", "sync_delay"), ("b", "booking_lag"), ("c", "exact")):
            house.finding(name, cause, "10.00", first_night=night.night_id)
    assert compose(settings, night) == {}


def test_a_finding_of_an_earlier_sound_night_is_not_told_again(settings: Settings, night: Night) -> None:
    yesterday = night.as_of - timedelta(days=1)
    with fill_warehouse(settings, night) as house:
        house.night_row(as_of=yesterday)
        house.night_row()
        house.finding("a", "not_found", "10.00", first_night=Night(yesterday).night_id)
    assert compose(settings, night) == {}
    summary = summarise_night(settings, night)
    assert "今夜没有新增" in render_markdown(summary, "zh")
    assert "No alert was raised" in render_markdown(summary, "en")


def test_a_failed_stop_rule_says_so_and_holds_the_findings_back_until_a_sound_night(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row(is_published=False)
        house.finding("a", "not_found", "10.00")
        house.rule("totals", "stop")
        house.rule("late", "warn")
    alerts = compose(settings, night)
    assert set(alerts) == {"rule:totals"}
    assert "读者继续使用上一次正常发布的结果" in alerts["rule:totals"].body_zh
    assert "the last good night" in alerts["rule:totals"].body_en
    next_night = Night(night.as_of + timedelta(days=1))
    with fill_warehouse(settings, next_night) as house:
        house.night_row()
    assert set(compose(settings, next_night)) == {f"finding:not_found:{TAX_ID}"}


def test_a_stopped_file_is_named_with_its_message_and_not_told_twice_by_its_source(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.stopped_file("tax", "全量发票查询导出结果（20261101-20261123）.xlsx")
        house.source("tax", "failed")
    [alert] = compose(settings, night).values()
    assert (alert.alert_key, alert.severity) == ("file:tax:abababababab", "critical")
    assert "全量发票查询导出结果（20261101-20261123）.xlsx" in alert.title_zh
    assert "900.00" in alert.body_zh
    assert "900.00" in alert.body_en


def test_silence_becomes_critical_on_the_third_night(settings: Settings, night: Night) -> None:
    severities = []
    for day in range(4):
        current = Night(datetime(2026, 11, 20) + timedelta(days=day))
        with fill_warehouse(settings, current) as house:
            house.source("tax", "received" if day == 0 else "silent")
        severities += [alert.severity for alert in compose(settings, current).values()]
    assert severities == ["warning", "warning", "critical"]


def test_a_digest_names_what_does_not_fit_and_puts_critical_first(night: Night) -> None:
    alerts = [
        Alert(
            f"finding:k{n}",
            "critical" if n == 0 else "info",
            2,
            Decimal("10.10"),
            f"标题{n}",
            f"t{n}",
            "正" * 400,
            "b" * 400,
        )
        for n in range(9)
    ]
    digest = compose_digest(night, alerts, [], "zh", 1_900)
    assert digest.subject == "【紧急 1】发票核对 2026-11-24：提醒 9 条，新增 18 项，90.90 元"
    assert len(digest.body.encode()) <= 1_900
    assert digest.body.startswith("【紧急】标题0")
    assert "标题8" in digest.body
    assert "见当夜报告" in compose_digest(night, alerts, [], "zh", 100).body
    assert compose_digest(night, alerts, [], "en", 9_000).subject.startswith(
        "[1 critical] Invoices 2026-11-24: 9 alerts"
    )


def test_the_subject_sums_what_is_new_and_counts_what_is_overdue_apart(night: Night) -> None:
    def said(key: str, count: int, money: str | None) -> Alert:
        return Alert(key, "warning", count, Decimal(money) if money else None, "标题", "t", "正文", "b")

    tonight = [said("finding:a", 1, "10.00"), said("overdue:finding:a", 4, "400.00"), said("overdue:file:x", 0, None)]
    late = [said("finding:b", 2, "5.00"), said("overdue:finding:a", 3, "300.00")]
    assert compose_digest(night, tonight, late, "zh", 9_000).subject.endswith("新增 3 项，15.00 元；另有 4 项逾期")
    assert compose_digest(night, tonight, [], "en", 9_000).subject.endswith(
        "1 new findings, 10.00 CNY; 4 overdue besides"
    )


def leave_drill(settings: Settings, ended_at: str, problem: str | None = None) -> None:
    folder = settings.data_root / "drills"
    folder.mkdir(parents=True, exist_ok=True)
    note = {"snapshot_id": "s", "ended_at": ended_at, "rows": 1, "seconds": 0.1, "problem": problem}
    (folder / f"{ended_at.replace(':', '')}.json").write_text(json.dumps(note))


def leave_snapshot(settings: Settings, snapshot_id: str) -> None:
    folder = settings.snapshot_dir / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{snapshot_id}.json").touch()


@pytest.mark.parametrize(
    ("ended_at", "is_told"), [("2026-10-20T02:00:00", False), ("2026-10-20T01:59:59", True), (None, True)]
)
def test_a_restore_drill_that_is_too_long_ago_is_told(
    settings: Settings, night: Night, ended_at: str | None, is_told: bool
) -> None:
    leave_snapshot(settings, "20261001T020000-01")
    leave_drill(settings, "2026-11-23T02:00:00", problem="damaged")
    if ended_at:
        leave_drill(settings, ended_at)
    assert ("drill" in compose(settings, night)) is is_told


def test_a_drill_that_never_was_is_told_only_when_a_snapshot_is_older_than_the_setting(
    settings: Settings, night: Night
) -> None:
    assert compose(settings, night) == {}
    leave_snapshot(settings, "20261020T020000-01")
    assert compose(settings, night) == {}
    alert = compose(settings.model_copy(update={"drill_max_age_days": 34}), night)["drill"]
    assert (alert.severity, "34 days" in alert.body_en) == ("warning", True)


def test_a_note_of_a_drill_that_cannot_be_read_is_told(settings: Settings, night: Night) -> None:
    leave_drill(settings, "2026-11-23T02:00:00")
    (settings.data_root / "drills" / "x.json").write_text("{")
    assert "cannot be read" in compose(settings, night)["drill"].title_en
