"""The life of an invoice as `fapiao find` tells it: first sights, changes with their files, findings come and gone."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines import night_log
from pipelines.cli.edge import run_command_line
from pipelines.find import FoundItem, HistoryEvent, find_invoices
from pipelines.find.history import tell_history
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Taxpayer
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.conftest import OUR_TAX_ID
from tests.unit.small_warehouse import FIRST as SMALL_NIGHT
from tests.unit.small_warehouse import build_warehouse, number_of
from tests.unit.source_files import DIGITAL, LEDGER_HEADER, PERIOD_NAME, full_query, invoice, text_lines, total
from tests.unit.test_intake import FIRST, deliver, made, with_sources

OTHER = "26112000000000099999"
LINE = f"2026-08-20,记-1,{DIGITAL},上海甲公司,1000.00,130.00,1130.00,货"
CAME_NAME = PERIOD_NAME.replace(".xlsx", " (2).xlsx")
REVERSED_NAME = PERIOD_NAME.replace(".xlsx", " (1).xlsx")


def run(settings: Settings, night: int) -> None:
    at = Night(FIRST + timedelta(days=night))
    night_log.open_night(settings, at)
    take_in(settings, at)
    reconcile_night(settings, at)
    publish_night(settings, at)
    night_log.close_night(settings, at)


def the_item(settings: Settings) -> FoundItem:
    (item,) = find_invoices(settings, DIGITAL).items
    return item


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Night 0: booked, and not upstream. Night 1: it came. Night 2: it was reversed, and its line was corrected."""
    ours = [Taxpayer(id=OUR_TAX_ID, name="北京示例贸易有限公司")]
    folder = tmp_path_factory.mktemp("life")
    settings = Settings(data_root=folder / "data", taxpayers=ours, threads=2, settle_seconds=0)
    settings = with_sources(settings)
    other = invoice(数电发票号码=OTHER)
    deliver(settings, "tax", PERIOD_NAME, full_query(other, total()), made())
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, LINE), made())
    run(settings, 0)
    deliver(settings, "tax", CAME_NAME, full_query(invoice(), total()), made(1))
    run(settings, 1)
    deliver(settings, "tax", REVERSED_NAME, full_query(invoice(发票状态="已红冲-全额"), total()), made(2))
    deliver(settings, "book", "账改.csv", text_lines(LEDGER_HEADER, LINE.replace("货", "货，更正")), made(2))
    run(settings, 2)
    return settings


def test_the_whole_life_is_told_in_order_with_the_file_of_each_step(lived: Settings) -> None:
    assert [
        (
            f"{event.happened_at:%d %H}",
            event.event,
            event.field,
            event.value_before,
            event.value_after,
            event.source_file,
        )
        for event in the_item(lived).history
    ] == [
        ("01 01", "booked", "posted_on", None, "2026-08-20", "账.csv"),
        ("01 02", "found", None, None, "not_found", None),
        ("02 01", "seen", "status", None, "normal", CAME_NAME),
        ("02 02", "gone", None, "not_found", None, None),
        ("03 01", "changed", "summary", "货", "货，更正", "账改.csv"),
        ("03 01", "changed", "status", "normal", "red_full", REVERSED_NAME),
        ("03 02", "found", None, None, "dead_invoice_booked", None),
    ]


def test_the_lines_for_a_person_say_it_in_both_languages(
    lived: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(lived.data_root))
    assert run_command_line(["find", DIGITAL]) == 0
    told = [line.strip() for line in capsys.readouterr().out.splitlines() if "沿革" in line]
    assert told[0].startswith(
        "沿革 history: 2026-09-01 01:00  账上首次见到 first seen booked: 记账日期 posted 2026-08-20"
    )
    assert told[0].endswith("[账.csv 第 2 行 row 2]")
    assert told[1] == "沿革 history: 2026-09-01 02:00  列为问题 became a finding: 税务系统查无 not_found"
    assert "发票状态 status: normal → 全额红冲 red_full" in told[5]


def test_what_has_one_state_stands_in_no_table_and_is_told_all_the_same(lived: Settings) -> None:
    (other,) = find_invoices(lived, OTHER).items
    (seen,) = other.history
    assert (seen.event, seen.value_after, seen.source_file, seen.source_row) == ("seen", "normal", PERIOD_NAME, 2)
    stored = "SELECT count(*) FROM out_find_event WHERE record_id = $$" + str(seen.record_id) + "$$"
    assert run_query(lived, stored).rows == [(0,)]


def test_a_look_back_tells_what_was_known_then(lived: Settings, tmp_path: Path) -> None:
    shutil.copytree(lived.data_root, tmp_path / "data")
    earlier = lived.model_copy(update={"data_root": tmp_path / "data"})
    run(earlier, 1)
    assert [event.event for event in the_item(earlier).history] == ["booked", "found", "seen", "gone"]


def test_a_fuller_file_fills_what_a_leaner_one_left_out_and_changes_nothing(settings: Settings) -> None:
    build_warehouse(settings)
    with open_warehouse(settings) as con:
        for hour, name in ((10, None), (11, "甲供应商（北京）有限公司"), (12, None), (13, "乙")):
            con.execute(
                "INSERT INTO core_upstream__sighting SELECT * REPLACE ($name AS seller_name, "
                "observed_at + to_hours($hour) AS observed_at) FROM core_upstream__invoice, "
                "(SELECT TIMESTAMP '2026-11-23 09:00:00' AS received_at) WHERE record_id = 'u6'",
                {"name": name, "hour": hour},
            )
    publish_night(settings, SMALL_NIGHT)
    (item,) = find_invoices(settings, number_of(6)).items
    changes = [
        (event.field, event.value_before, event.value_after) for event in item.history if event.event == "changed"
    ]
    assert changes == [("seller_name", "甲供应商（北京）有限公司", "乙")]


def test_of_one_moment_files_come_first_and_an_end_before_a_beginning() -> None:
    at = datetime(2026, 9, 1, 2)
    events = [
        HistoryEvent(at, event, None, None, None, None, None, None, None) for event in ("found", "gone", "changed")
    ]
    assert [event.event for event in tell_history(events, [], [])] == ["changed", "gone", "found"]
