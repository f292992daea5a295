"""A file whose rows could not be used is read again once the settings or the layout were corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.alerts.compose import compose_alerts
from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Source
from pipelines.sources import intake
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.unit.source_files import LEDGER_HEADER, PERIOD_NAME, one_invoice, text_lines
from tests.unit.test_intake import ENTRY, deliver, made, select, take, with_sources

FIRST_LINE = "2026-08-20,记-1,12345678,甲,100.00,13.00,113.00,货"
ACCOUNT = "SELECT rows_kept, rows_rejected FROM raw_file"
LEDGER = Source(id="book", side=Side.LEDGER, folder="in/book", layout="plain_ledger_csv")


def with_ledger(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update={"sources": [LEDGER.model_copy(update=changes)]})


def write(settings: Settings, *lines: str, name: str = "凭证.csv", night: int = 0) -> Path:
    return deliver(settings, "book", name, text_lines(LEDGER_HEADER, *lines), made(night))


def alert_titles(settings: Settings, night: int) -> list[str]:
    as_of = take_night(night)
    with open_warehouse(settings) as con:
        return [alert.title_zh for alert in compose_alerts(con, settings, as_of) if alert.alert_key[:4] == "file"]


def take_night(night: int) -> Night:
    return Night(made(night).replace(hour=2))


def test_a_corrected_setting_uses_the_file_that_was_there(settings: Settings) -> None:
    unsaid = with_ledger(settings)
    path = write(unsaid, ENTRY)
    (taken,) = take(unsaid).sources
    assert select(unsaid, ACCOUNT) == [(0, 1)]
    assert "direction" in taken.messages[0].zh
    assert "重新导出" not in taken.messages[0].zh.replace("不必重新导出", "")
    path.unlink()
    said = with_ledger(settings, direction=Direction.INPUT)
    (taken,) = take(said, 1).sources
    assert select(said, ACCOUNT) == [(1, 0)]
    assert taken.rows_new == 1
    assert select(said, "SELECT count(*) FROM core_ledger__entry") == [(1,)]
    assert select(said, "SELECT count(*) FROM raw_ledger__row") == [(1,)]


def test_a_corrected_layout_uses_the_file_that_was_there(settings: Settings) -> None:
    shipped = Path("pipelines/sources/layouts/plain_ledger_csv.toml").read_text(encoding="utf-8")
    own = settings.data_root / "layouts" / "own_ledger.toml"
    own.parent.mkdir(parents=True)
    own.write_text(shipped.replace('"plain_ledger_csv"', '"own_ledger"'), encoding="utf-8")
    mine = with_ledger(settings, layout="own_ledger", direction=Direction.INPUT)
    write(mine, ENTRY, "20/08/2026,记-2,12345679,甲,100.00,13.00,113.00,货")
    take(mine)
    assert select(mine, ACCOUNT) == [(1, 1)]
    own.write_text(f'date_formats = ["%d/%m/%Y"]\n{own.read_text(encoding="utf-8")}', encoding="utf-8")
    take(mine, 1)
    assert select(mine, ACCOUNT) == [(2, 0)]
    assert select(mine, "SELECT DISTINCT received_at FROM core_ledger__sighting ORDER BY 1")[0][0].day == 1


def test_nothing_is_read_again_while_nothing_was_corrected(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    unsaid = with_ledger(settings)
    write(unsaid, ENTRY)
    take(unsaid)
    monkeypatch.setattr(intake, "read_with_layout", pytest.fail)
    assert all(source.files_new == 0 for source in take_in(unsaid, take_night(1)).sources)


def test_lines_that_read_otherwise_do_not_stand_beside_what_they_were(settings: Settings) -> None:
    bad = "2026-08-21,记-2,12345679,甲,x,13.00,113.00,货"
    wrong = with_ledger(settings, direction=Direction.OUTPUT)
    write(wrong, ENTRY, bad)
    take(wrong)
    right = with_ledger(settings, direction=Direction.INPUT)
    take(right, 1)
    assert select(right, "SELECT direction FROM core_ledger__entry") == [("input",)]


def test_the_alert_of_a_file_stands_until_its_rows_are_used(settings: Settings) -> None:
    unsaid = with_ledger(settings)
    write(unsaid, ENTRY)
    take(unsaid)
    assert len(alert_titles(unsaid, 0)) == 1
    take(unsaid, 1)
    assert len(alert_titles(unsaid, 1)) == 1
    said = with_ledger(settings, direction=Direction.INPUT)
    take(said, 2)
    assert alert_titles(said, 2) == []


def test_a_row_that_is_rejected_again_is_told_of_the_newest_file_only(settings: Settings) -> None:
    bad = "10/8/2026,记-2,12345679,甲,100.00,13.00,113.00,货"
    said = with_ledger(settings, direction=Direction.INPUT)
    write(said, ENTRY, bad, name="a.csv")
    take(said)
    write(said, ENTRY, bad, FIRST_LINE.replace("记-1", "记-3"), name="b.csv", night=1)
    take(said, 1)
    assert alert_titles(said, 1) == ["文件有 1 行未采用：b.csv"]


def test_a_second_run_on_one_day_finds_no_source_silent(settings: Settings) -> None:
    nightly = with_ledger(settings, direction=Direction.INPUT, expected="nightly")
    write(nightly, ENTRY)
    take(nightly)
    second = Night(take_night(0).as_of.replace(hour=4))
    assert [source.state for source in take_in(nightly, second).sources] == ["unchanged"]
    assert [source.state for source in take(nightly, 1).sources] == ["silent"]


def test_an_unbooked_invoice_is_told_with_the_rejected_row_that_cites_it(settings: Settings) -> None:
    both = with_sources(settings)
    deliver(both, "tax", PERIOD_NAME, one_invoice(), made())
    take(both)
    ((number,),) = select(both, "SELECT invoice_number FROM core_upstream__invoice")
    bad = f"10/8/2026,记-2,{number},甲,1000.00,130.00,1130.00,货"
    deliver(both, "book", "凭证.csv", text_lines(LEDGER_HEADER, ENTRY, bad), made())
    take(both)
    reconcile_night(both, take_night(0))
    told = "SELECT explanation_zh, explanation_en FROM recon__item WHERE cause IN ('not_booked', 'booking_lag')"
    ((zh, en),) = select(both, told)
    assert "账簿文件 凭证.csv 第 3 行写有此号码，但该行无法采用（内容“10/8/2026”" in zh
    assert "row 3 of ledger file 凭证.csv" in en
    take(both, 1)
    reconcile_night(both, take_night(1))
    assert select(both, told) == [(zh, en)]


def test_the_message_of_a_file_names_row_column_and_what_was_expected(settings: Settings) -> None:
    said = with_ledger(settings, direction=Direction.INPUT)
    write(said, ENTRY, "10/8/2026,记-2,12345679,甲,100.00,13.00,113.00,货")
    (taken,) = take(said).sources
    assert "第 3 行“记账日期”列为“10/8/2026”，应为 1990 至 2099 年的日期" in taken.messages[0].zh


def test_a_second_column_of_one_name_is_told_if_it_differs(settings: Settings) -> None:
    said = with_ledger(settings, direction=Direction.INPUT)
    content = text_lines(LEDGER_HEADER + ",价税合计", ENTRY + ",999.00")
    deliver(said, "book", "凭证.csv", content, made())
    (taken,) = take(said).sources
    assert "有两列“价税合计”" in taken.messages[0].zh


def test_an_empty_cell_is_told_as_empty(settings: Settings) -> None:
    said = with_ledger(settings, direction=Direction.INPUT)
    write(said, ENTRY, ",记-2,12345679,甲,100.00,13.00,113.00,货")
    (taken,) = take(said).sources
    assert "第 3 行“记账日期”列为空，应为 日期" in taken.messages[0].zh
