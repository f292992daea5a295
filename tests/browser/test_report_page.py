"""The page of a night in a real browser: it filters, prints, speaks both languages, and no name makes it run code."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from pipelines.night import Night
from pipelines.reports import night_report
from pipelines.settings import Settings
from tests.browser.chromium import Page
from tests.browser.crowd import plant_crowd
from tests.unit.alert_warehouse import fill_warehouse

NIGHT = Night(datetime(2026, 11, 24, 2, 0, 0))
EVIL = "</script><img src=x onerror=\"document.title='broken'\">有限公司"
CARDS = "document.querySelectorAll('#list .finding').length"
SHOWN = "document.getElementById('shown').textContent"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three findings: one new of an evil party, two old, of which one is overdue like the new one."""
    settings = Settings(data_root=tmp_path_factory.mktemp("few"), threads=2)
    earlier = Night(NIGHT.as_of - timedelta(days=1)).night_id
    with fill_warehouse(settings, NIGHT) as house:
        house.night_row(as_of=NIGHT.as_of - timedelta(days=1))
        house.night_row()
        house.finding("a", "not_found", "0.10", party=EVIL)
        house.con.execute("UPDATE core_ledger__entry SET counterparty_tax_id = NULL")
        house.finding("b", "booked_twice", "99999.99", first_night=earlier, number="26442000009999999999")
        house.finding("c", "not_found", "1234.50", first_night=earlier)
    return night_report.write_report(settings, NIGHT)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50,000 findings; the workbook, which is not looked at here, is left out."""
    settings = Settings(data_root=tmp_path_factory.mktemp("crowd"), threads=2)
    plant_crowd(settings, NIGHT, 50_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(night_report, "write_workbook", lambda *_: b"")
        return night_report.write_report(settings, NIGHT)


def test_a_click_on_new_shows_the_new_one_and_a_second_click_brings_all_back(browser: Page, few: Path) -> None:
    browser.resize(1280, 900)
    browser.open(few)
    assert browser.run(CARDS) == 3
    browser.click("a.tile[data-filter=new]")
    browser.wait_for(f"{CARDS} === 1")
    assert browser.run(SHOWN) == "1 / 3 项，0.10 元"
    browser.click("#reset")
    browser.wait_for(f"{CARDS} === 3")
    assert browser.run(SHOWN) == "3 / 3 项，101,234.59 元"


def test_a_click_on_a_cause_or_a_party_shows_what_belongs_to_it(browser: Page, few: Path) -> None:
    browser.open(few)
    browser.click("tr[data-pick-cause=booked_twice]")
    browser.wait_for(f"{CARDS} === 1")
    browser.click("tr[data-pick-party^='</script>']")
    browser.wait_for(f"{CARDS} === 1 && document.getElementById('party').textContent.includes('有限公司')")
    assert browser.run(SHOWN) == "1 / 3 项，0.10 元"
    browser.click("a.tile[data-filter=overdue]")
    browser.wait_for(f"{CARDS} === 2")


@pytest.mark.parametrize("typed", ["9999999999", "99,999.99", "９９９９９．９９", "记-b 深圳市"])
def test_typing_a_number_an_amount_or_a_voucher_finds_its_finding(browser: Page, few: Path, typed: str) -> None:
    browser.open(few)
    browser.type("#search", typed)
    browser.wait_for(f"{CARDS} === 1")
    assert "99,999.99" in browser.run("document.querySelector('#list .finding').textContent")


def test_what_fits_nothing_says_so_in_the_chosen_language(browser: Page, few: Path) -> None:
    browser.open(few)
    browser.click("button[data-set=en]")
    browser.type("#search", "no such thing")
    browser.wait_for(f"{CARDS} === 0")
    assert browser.run("document.getElementById('list').innerText") == "Nothing fits: widen the filter."
    assert browser.run("document.documentElement.lang") == "en"
    assert browser.run("getComputedStyle(document.querySelector('h2 .zh')).display") == "none"


def test_an_evil_name_is_text_and_nothing_is_loaded(browser: Page, few: Path) -> None:
    browser.requests.clear()
    browser.problems.clear()
    browser.open(few)
    browser.type("#search", "onerror")
    browser.wait_for(f"{CARDS} === 1")
    browser.click("#list .finding summary")
    browser.wait_for("document.querySelector('#list .records') !== null")
    assert EVIL in browser.run("document.querySelector('#list .records').textContent")
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.run("document.title") == "发票核对 2026-11-24"
    assert browser.requests == [few.as_uri()]
    assert browser.problems == []


def test_nothing_sticks_out_on_a_phone(browser: Page, few: Path, crowd: Path) -> None:
    browser.resize(390, 844, is_phone=True)
    for page in (few, crowd):
        browser.open(page)
        assert browser.run("document.documentElement.scrollWidth") == 390
    browser.resize(1280, 900)


def test_without_a_script_the_first_findings_and_all_summaries_are_there(browser: Page, few: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(few, ready="true")
        assert browser.run(CARDS) == 3
        assert "101,234.59" in browser.run("document.querySelector('.tiles').innerText")
        assert browser.run("document.querySelector('.tools').hidden") is True
        assert "金额最大的 3 项，共 3 项" in browser.run("document.getElementById('static-note').innerText")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_an_old_browser_keeps_the_first_findings(browser: Page, few: Path) -> None:
    added = browser.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")
    try:
        browser.open(few)
        assert browser.run("document.documentElement.dataset.ready") == "no"
        assert browser.run(CARDS) == 3
        browser.click("button[data-set=en]")
        assert browser.run("document.documentElement.dataset.lang") == "en"
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])


def test_fifty_thousand_findings_open_and_filter_fluently(browser: Page, crowd: Path) -> None:
    browser.open(crowd, ready="document.documentElement.dataset.ready === 'yes'")
    assert browser.run(SHOWN).startswith("50,000 / 50,000 项")
    assert browser.run(CARDS) == 50
    browser.click("#more")
    browser.wait_for(f"{CARDS} === 100")
    spent = browser.run(
        "(() => { const field = document.getElementById('search'), cause = document.getElementById('cause'), all = [];"
        " for (const text of ['记-4242', '样例第12（', '2644']) { field.value = text; const from = performance.now();"
        " cause.dispatchEvent(new Event('input')); all.push(performance.now() - from); } return all; })()"
    )
    assert max(spent[1:]) < 1000, "a filter answers while one types"
    browser.run("document.getElementById('reset').click()")
    browser.click("a.tile[data-filter=new]")
    browser.wait_for(f"{SHOWN}.startsWith('500 / 50,000')")


def test_the_sum_shown_is_the_sum_of_the_tile(browser: Page, crowd: Path) -> None:
    browser.open(crowd, ready="document.documentElement.dataset.ready === 'yes'")
    tile = browser.run("document.querySelector('a.tile[data-filter=all] .soft').innerText")
    shown = browser.run(SHOWN)
    assert shown.split("，")[1] == tile
    assert Decimal(tile.removesuffix(" 元").replace(",", "")) > 0


def test_the_page_prints_with_the_first_findings_and_without_buttons(browser: Page, few: Path, tmp_path: Path) -> None:
    browser.open(few)
    browser.print_pdf(tmp_path / "page.pdf")
    text = "".join(sheet.extract_text() for sheet in PdfReader(tmp_path / "page.pdf").pages)
    assert "101,234.59" in text
    assert "26442000009999999999" in text
    assert "清除筛选" not in text
