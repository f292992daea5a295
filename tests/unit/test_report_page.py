"""What the page of a night carries: sums that balance, evidence, history, coverage, masked names, a bounded size."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from pipelines.model import table_named
from pipelines.night import Night
from pipelines.reports import night_report, page_facts
from pipelines.reports.cards import as_record, unpack_cards
from pipelines.reports.charts import Point, draw_line, draw_mirror, spell_compact
from pipelines.reports.coverage_grid import draw_calendars
from pipelines.reports.night_report import write_report
from pipelines.reports.page_facts import read_facts
from pipelines.reports.page_shapes import MonthRow, PageFacts
from pipelines.reports.summary import build_findings, read_summary
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.browser.crowd import plant_crowd
from tests.unit.alert_warehouse import NUMBER, PARTY, SELLER_TAX_ID, TAX_ID, Warehouse, fill_warehouse, insert


def read_all(settings: Settings, night: Night) -> tuple[Any, PageFacts]:
    with open_warehouse(settings, read_only=True) as con:
        build_findings(con, night)
        summary = read_summary(con, settings, night)
        return summary, read_facts(con, settings, night, summary)


def carried(page: Path) -> list[dict[str, Any]]:
    """The findings that the page's script unpacks."""
    slices = re.findall(r'<script type="application/gzip" class="slice">([^<]*)</script>', page.read_text("utf-8"))
    return [as_record(tuple(card)) for card in unpack_cards(slices)]


def workbook_cells(path: Path) -> list[list[Any]]:
    """The rows of all sheets."""
    book = CalamineWorkbook.from_path(str(path))
    return [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]


def add_invoice(house: Warehouse, item_id: str | None, record_id: str, number: str, total: str) -> None:
    if item_id:
        insert(house.con, table_named("recon__member"), item_id=item_id, side="upstream", record_id=record_id)
    money = {"amount_cny": Decimal(total), "tax_cny": Decimal(0), "total_cny": Decimal(total)}
    party = {"seller_name": PARTY, "seller_tax_id": SELLER_TAX_ID}
    own = {"record_id": record_id, "direction": "input", "invoice_number": number, "status": "normal", "is_red": False}
    insert(house.con, table_named("core_upstream__invoice"), **own, **money, **party)


def test_the_sums_of_every_table_on_the_page_are_those_of_the_summary(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_facts, "PARTIES_SHOWN", 7)
    plant_crowd(settings, night, 600)
    summary, facts = read_all(settings, night)
    cards = carried(write_report(settings, night))
    assert summary.finding_count == len(cards) == 600
    assert summary.new_count == sum(card["is_new"] for card in cards) == 6
    assert Decimal(sum(card["stake_fen"] for card in cards)).scaleb(-2) == summary.at_stake_cny
    for rows in (facts.companies, facts.parties):
        assert sum(row.finding_count for row in rows) == summary.finding_count
        assert sum(row.at_stake_cny for row in rows) == summary.at_stake_cny
        assert sum(row.new_count for row in rows) == summary.new_count
        assert sum(row.overdue_count for row in rows) == sum(row.item_count for row in summary.ages)
    assert len(facts.parties) == 8
    assert facts.trend[-1].open_count == summary.finding_count


def test_a_finding_carries_its_members_what_differs_and_who_else_was_considered(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "amount_differs", "113.00", difference=Decimal("13.00"))
        add_invoice(house, "a", "U-a", NUMBER, "100.00")
        add_invoice(house, None, "U-z", "26442000007777777777", "113.00")
        house.con.execute(
            "UPDATE recon__item SET candidates = ['U-z'], why_not = 'several_equal', differing_fields = ['total_cny']"
        )
    page = write_report(settings, night)
    [card] = carried(page)
    assert [record[0] for record in card["upstream_records"]] == [NUMBER]
    assert card["ledger_records"][0][:4] == [NUMBER, "2026-10-15", PARTY, SELLER_TAX_ID]
    assert card["ledger_records"][0][7:9] == ["记-a", "凭证.xlsx #7"]
    assert card["candidate_records"] == [["26442000007777777777", "2026-11-01", PARTY, "113.00"]]
    assert (card["difference_cny"], card["differing_fields"], card["why_not"]) == (
        "13.00",
        ["total_cny"],
        "several_equal",
    )
    shown = page.read_text("utf-8")
    assert "有几张同样相符，无法区分" in shown
    assert "26442000007777777777" in shown, "readable without a script"


def test_a_record_without_total_or_number_is_shown_as_it_is(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "unreadable_reference", "5.00")
        house.con.execute(
            "UPDATE core_ledger__entry SET total_cny = NULL, amount_cny = 5, invoice_reference = NULL,"
            " counterparty_name = NULL, counterparty_tax_id = NULL"
        )
    [card] = carried(write_report(settings, night))
    assert card["ledger_records"][0][:7] == [None, "2026-10-15", None, None, "5.00", None, None]
    assert card["party"] is None


def test_two_spellings_of_one_tax_id_are_one_party(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "1.00", party="深圳市样例(南山)电子有限公司")
        house.finding("b", "amount_differs", "2.00", party="别的写法")
        add_invoice(house, "b", "U-b", NUMBER, "1.00")
    _, facts = read_all(settings, night)
    assert [(row.party, row.finding_count) for row in facts.parties] == [(PARTY, 2)]


def test_earlier_nights_keep_their_money_and_a_lost_file_leaves_a_hole(settings: Settings, night: Night) -> None:
    nights = [Night(night.as_of - timedelta(days=back)) for back in (2, 1)]
    with fill_warehouse(settings, nights[0]) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    write_report(settings, nights[0])
    with fill_warehouse(settings, nights[1]) as house:
        house.night_row()
        house.finding("b", "not_found", "5.00")
    write_report(settings, nights[1])
    (settings.report_dir / f"night-{nights[1].night_id}.json").write_text("{")
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.con.execute("UPDATE night__finding SET gone_night = ? WHERE item_id = 'a'", [night.night_id])
        house.con.execute("DELETE FROM recon__item WHERE item_id = 'a'")
    _, facts = read_all(settings, night)
    told = [(row.new_count, row.gone_count, row.open_count, row.at_stake_cny) for row in facts.trend]
    assert told == [(1, 0, 1, Decimal("10.00")), (1, 0, 2, None), (0, 1, 1, Decimal("5.00"))]


def test_the_figures_of_a_night_hold_money_as_text_and_nobodys_name(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "10.00")
    text = write_report(settings, night).with_suffix(".json").read_text("utf-8")
    assert json.loads(text)["totals"]["at_stake_cny"] == "10.00"
    assert not any(known in text for known in (PARTY, NUMBER, TAX_ID, SELLER_TAX_ID))


def test_the_calendar_tells_received_incomplete_never_asked_and_too_young_apart(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        for day, is_complete in ((15, True), (16, False), (18, True), (19, True), (20, True), (22, False), (23, True)):
            values = {"direction": "input", "issue_date": date(2026, 11, day), "is_complete": is_complete}
            insert(house.con, table_named("core_upstream__coverage"), taxpayer_id=TAX_ID, **values)
    summary, facts = read_all(settings, night)
    assert [row.states for row in facts.months] == ["." * 14 + "rinrrryyry" + "." * 6]
    assert sum(gap.day_count for gap in summary.gaps) == draw_calendars(facts.months)[0].open_days == 2


def test_a_calendar_with_missing_days_comes_first() -> None:
    month = date(2026, 11, 1)
    rows = [MonthRow("A", "input", month, "r" * 30), MonthRow("B", "input", month, "r" * 29 + "n")]
    drawn = draw_calendars(rows)
    assert [(one.taxpayer_id, one.received_days, one.open_days) for one in drawn] == [("B", 29, 1), ("A", 30, 0)]
    assert drawn[0].grid.count("h8v8h-8z") == 30


def test_a_snapshot_that_is_not_in_the_store_is_said(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
    assert "本夜的快照不在此处的快照库里" in write_report(settings, night).read_text("utf-8")


def test_a_kept_snapshot_is_looked_at_and_a_lost_file_of_it_is_said(kept: Settings) -> None:
    newest = sorted(path.stem for path in (kept.snapshot_dir / "manifests").glob("*.json"))[-1]
    assert page_facts.read_backup(kept, newest).problem is None
    next(path for path in kept.snapshot_dir.rglob("*.parquet") if "recon__item" in str(path)).unlink()
    found = page_facts.read_backup(kept, newest)
    assert found.snapshot_count == 2
    assert "missing" in (found.problem or "")


def test_a_masked_page_names_nobody_and_keeps_money_and_vouchers(settings: Settings, night: Night) -> None:
    settings.mask_report = True
    own = settings.taxpayers[0]
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "amount_differs", "1234.50", difference=Decimal("34.50"))
        add_invoice(house, "a", "U-a", NUMBER, "1200.00")
        values = {"direction": "input", "issue_date": date(2026, 11, 1), "is_complete": False}
        insert(house.con, table_named("core_upstream__coverage"), taxpayer_id=TAX_ID, **values)
        house.con.execute("UPDATE recon__item SET candidates = ['U-a'], taxpayer_id = ?", [own.id])
    page = write_report(settings, night)
    shown = page.read_text("utf-8") + json.dumps(carried(page), ensure_ascii=False)
    assert not [known for known in (PARTY, NUMBER, TAX_ID, SELLER_TAX_ID, own.id, own.name) if known in shown]
    assert "深圳…公司" in shown
    assert "1,234.50" in shown
    assert "记-a" in shown
    cells = [cell for row in workbook_cells(page.with_suffix(".xlsx")) for cell in row]
    text = " ".join(str(cell) for cell in cells)
    assert not [known for known in (PARTY, NUMBER, TAX_ID, SELLER_TAX_ID, own.id, own.name) if known in text]
    assert {"深圳…公司", f"…{NUMBER[-4:]}", "记-a", 1234.5} <= set(cells)


def test_the_page_is_the_same_when_the_same_night_is_written_again(settings: Settings, night: Night) -> None:
    plant_crowd(settings, night, 50)
    first = write_report(settings, night).read_bytes()
    assert write_report(settings, night).read_bytes() == first


def test_fifty_thousand_findings_fit_in_twelve_megabytes(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_report, "write_workbook", lambda *_: b"")
    plant_crowd(settings, night, 50_000)
    assert write_report(settings, night).stat().st_size < 12_000_000


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "0", "0"),
        (99_999, "99,999", "99,999"),
        (Decimal("226398.43"), "22.6万", "226.4k"),
        (Decimal("22639843.79"), "2,264.0万", "22.6M"),
        (120_000_000, "1.2亿", "120.0M"),
    ],
)
def test_numbers_in_charts_are_short_in_either_language(number: int | Decimal, zh: str, en: str) -> None:
    assert (spell_compact(number, "zh"), spell_compact(number, "en")) == (zh, en)


def test_a_night_without_a_figure_is_a_hole_in_the_line() -> None:
    drawn = draw_line([Point("11-01", 3), Point("11-02", None), Point("11-03", 5), Point("11-04", 4)], "项", "items")
    assert drawn.count('class="line"') == 2


@pytest.mark.parametrize("points", [[], [Point("11-01", 0)], [Point("11-01", None)]])
def test_charts_of_none_one_and_unknown_nights_are_drawn(points: list[Point]) -> None:
    for draw in (draw_line, draw_mirror):
        assert draw(points, "项", "items").endswith("</svg>")


def test_the_first_night_ever_has_a_page(settings: Settings) -> None:
    night = Night(datetime(2026, 11, 1, 2))
    with fill_warehouse(settings, night) as house:
        house.night_row()
    page = write_report(settings, night).read_text("utf-8")
    assert "没有待处理事项。" in page
    assert "application/gzip" not in page
