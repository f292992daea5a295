"""The second opinion where people meet it: readers, masked readers, snapshots, alerts, the page, the doctor."""

from __future__ import annotations

import shutil

from pipelines.alerts.raising import raise_alerts
from pipelines.find import find_invoices
from pipelines.publish import publish_night
from pipelines.publish_masked import publish_masked
from pipelines.query import run_query
from pipelines.reconcile.explain import explain
from pipelines.reports.night_report import write_report
from pipelines.settings import Settings
from pipelines.simulator import Fault, Simulator
from pipelines.simulator.books import OUR_TAX_ID
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.write import keep_night
from pipelines.verification.stage import verify_night
from pipelines.warehouse import open_warehouse
from tests.unit.verification_world import (
    BIG,
    FORGED,
    HIDDEN,
    NIGHT,
    ask,
    later,
    select,
)


def test_readers_see_the_answers_beside_the_items_and_explain_judges_the_same(world: Settings) -> None:
    ask(world)
    publish_night(world, NIGHT)
    said = run_query(
        world,
        "SELECT outcome, cause, voucher_no, is_latest, total_cny::VARCHAR FROM out__verification ORDER BY asked_number",
    ).rows
    assert [row[:2] for row in said] == [
        ("consistent", "upstream_gap"),
        ("consistent", "upstream_gap"),
        ("consistent", "upstream_gap"),
        ("not_found", "not_found"),
    ]
    assert said[-1][2:] == ("记-900", True, None)
    (item,) = explain(world, world.published_path, BIG, BIG).items
    assert item.is_same
    assert "查得此票" in item.explanation_zh
    (found,) = find_invoices(world, FORGED).items
    assert "查无此票" in found.explanation_zh


def test_the_masked_database_keeps_outcomes_and_no_number(world: Settings) -> None:
    ask(world)
    publish_night(world, NIGHT)
    publish_masked(world, NIGHT)
    masked = run_query(
        world.model_copy(update={"readers_see": "masked"}),
        "SELECT outcome, asked_number, message, seller_name, buyer_tax_id FROM core_verification__answer",
    ).rows
    assert {row[0] for row in masked} == {"consistent", "not_found"}
    shown = str(masked)
    assert not [number for number in (*HIDDEN, FORGED, OUR_TAX_ID, "查无此票") if number in shown]


def test_answers_and_their_bundle_come_back_from_a_snapshot(world: Settings) -> None:
    ask(world)
    snapshot = keep_night(world, NIGHT)
    before = select(world, "FROM core_verification__answer ORDER BY ALL")
    ((landed,),) = select(world, "SELECT landed_path FROM raw_file WHERE side = 'verification'")
    shutil.rmtree(world.warehouse_path.parent)
    (world.data_root / landed).unlink()
    restore_snapshot(world, snapshot.snapshot_id, over_live=True)
    assert select(world, "FROM core_verification__answer ORDER BY ALL") == before
    assert (world.data_root / landed).is_file()


def test_a_failing_service_is_an_alert_until_it_answers(world: Settings, simulator: Simulator) -> None:
    simulator.switch_on(Fault(id="refused"))
    ask(world)
    with open_warehouse(world) as con:
        (alert,) = [one for one in raise_alerts(con, world, NIGHT) if one.alert_key == "pull:verification"]
    assert (alert.severity, alert.title_zh) == ("warning", "取数失败：verification")
    assert "不认登录凭据" in alert.body_zh
    simulator.switch_off()
    verify_night(world, later(1))
    with open_warehouse(world) as con:
        raise_alerts(con, world, later(1))
        found = con.execute("SELECT resolved_night FROM alert__case WHERE alert_key = 'pull:verification'").fetchall()
    assert found == [(later(1).night_id,)]


def test_the_page_of_the_night_shows_the_answer(world: Settings) -> None:
    ask(world)
    page = write_report(world, NIGHT)
    assert "查得此票，与所问一致" in page.read_text(encoding="utf-8")
