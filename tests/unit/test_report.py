"""The summary and the page of a night: exact, escaped, self-contained, in both languages."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from pipelines.errors import BadInputError
from pipelines.model import table_named
from pipelines.night import Night
from pipelines.reports import render_page
from pipelines.reports.night_report import write_report
from pipelines.reports.summary import render_console, render_markdown, summarise_night
from pipelines.reports.words import CAUSE_WORDS, VERDICT_WORDS, Language, format_money
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.unit.alert_warehouse import NUMBER, TAX_ID, fill_warehouse, insert

EVIL = '<script>alert("x")</script>[a](http://evil.example)\x1b[31m有限公司'


def plant_night(settings: Settings, night: Night) -> None:
    """Two nights on record; one new finding with an evil party, one old, one gone, one pending, one match."""
    earlier = Night(night.as_of - timedelta(days=1)).night_id
    with fill_warehouse(settings, night) as house:
        house.night_row(as_of=night.as_of - timedelta(days=1))
        house.night_row()
        house.finding("a", "not_found", "0.10", party=EVIL)
        house.finding("b", "booked_twice", "99999.99", first_night=earlier)
        house.finding("c", "sync_delay", "7.00")
        house.finding("d", "exact", "113.00")
        gone = {"item_id": "z", "cause": "tax_differs", "first_night": earlier, "last_night": earlier}
        insert(house.con, table_named("night__finding"), **gone, gone_night=night.night_id)
        house.source("tax", "silent")
        house.stopped_file("ledger", "序时簿.xlsx")
        house.rule("vat", "warn")


class Outline(HTMLParser):
    """Tags and every attribute that can load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.scripts += [dict(attrs).get("type") or "code"] if tag == "script" else []
        self.loads += [
            f"{name}={value}" for name, value in attrs if name in {"src", "href", "srcset", "action", "data"}
        ]


def test_the_summary_counts_exactly_what_is_open_new_gone_and_waiting(settings: Settings, night: Night) -> None:
    plant_night(settings, night)
    summary = summarise_night(settings, night)
    assert (summary.item_count, summary.matched_count, summary.finding_count, summary.pending_count) == (4, 1, 2, 1)
    assert (summary.new_count, summary.gone_count) == (1, 1)
    assert (summary.at_stake_cny, summary.new_at_stake_cny) == (Decimal("100000.09"), Decimal("0.10"))
    assert [row.item_id for row in summary.top_findings] == ["b", "a"]
    assert [row.item_id for row in summary.oldest_findings] == ["b"]
    assert [(row.verdict, row.age_band) for row in summary.ages] == [("missing_upstream", "31-90")]
    assert [(row.cause, row.gone_count) for row in summary.causes if row.gone_count] == [("tax_differs", 1)]


def test_the_summary_is_json_ready_with_money_as_text(settings: Settings, night: Night) -> None:
    plant_night(settings, night)
    ready = json.loads(json.dumps(summarise_night(settings, night).as_dict()))
    assert ready["totals"]["at_stake_cny"] == "100000.09"
    assert ready["night"]["as_of"] == "2026-11-24T02:00:00"


def test_an_unknown_night_is_a_message_and_not_an_empty_summary(settings: Settings, night: Night) -> None:
    with pytest.raises(BadInputError, match="No night has run"):
        summarise_night(settings, night)
    with open_warehouse(settings):
        pass
    with pytest.raises(BadInputError, match="no such night"):
        summarise_night(settings, night)


def test_an_unpublished_night_names_the_rule_and_what_readers_see(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row(as_of=night.as_of - timedelta(days=2))
        house.night_row(is_published=False)
        house.rule("totals", "stop")
    said = render_markdown(summarise_night(settings, night), "zh")
    assert "未发布，阻断检查未通过：检查totals" in said
    assert "读者仍用 20261122T020000 这一夜" in said


def test_days_past_the_grace_window_without_full_data_are_gaps_and_younger_ones_are_not(
    settings: Settings, night: Night
) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        for day, is_complete in ((15, True), (16, False), (18, True), (19, True), (20, False), (21, False)):
            values = {"direction": "input", "issue_date": date(2026, 11, day), "is_complete": is_complete}
            insert(house.con, table_named("core_upstream__coverage"), taxpayer_id=TAX_ID, **values)
    gaps = summarise_night(settings, night).gaps
    found = [(str(gap.first_day), str(gap.last_day), gap.day_count) for gap in gaps]
    assert found == [("2026-11-20", "2026-11-20", 1), ("2026-11-16", "2026-11-17", 2)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_console_shows_the_same_figures_and_no_name_can_steer_it(
    settings: Settings, night: Night, language: Language
) -> None:
    plant_night(settings, night)
    buffer = io.StringIO()
    Console(file=buffer, width=110).print(render_console(summarise_night(settings, night), language))
    shown = buffer.getvalue()
    assert "100,000.09" in shown
    assert "序时簿.xlsx" in shown
    assert "\x1b" not in shown


def test_markdown_makes_no_tag_and_no_link_of_a_name(settings: Settings, night: Night) -> None:
    plant_night(settings, night)
    said = render_markdown(summarise_night(settings, night))
    assert "<script" not in said
    assert re.search(r"(?<!\\)\]\(http", said) is None


def test_the_page_escapes_names_loads_nothing_and_speaks_both_languages(settings: Settings, night: Night) -> None:
    plant_night(settings, night)
    path = write_report(settings, night)
    page = path.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(page)
    assert path.name == "night-20261124T020000.html"
    assert (path.parent / "latest.html").read_text(encoding="utf-8") == page
    assert outline.scripts == ["application/json", "application/gzip", "code"]
    assert [place for place in outline.loads if not place.startswith("href=#")] == []
    assert re.findall(r"https?://(?!evil\.example)", page) == []
    assert "&lt;script&gt;alert" in page
    assert "\x1b" not in page
    assert "100,000.09" in page
    assert "1 个来源未到或不可用，1 个文件未采用" in page
    assert "今夜新增" in page
    assert "New tonight" in page
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(part.name for part in path.parent.iterdir()) == [
        "latest.html", "latest.xlsx", "night-20261124T020000.html", "night-20261124T020000.json",
        "night-20261124T020000.xlsx",
    ]  # fmt: skip


def test_the_page_says_how_many_findings_need_a_script_to_be_seen(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_night(settings, night)
    monkeypatch.setattr(render_page, "STATIC_CARDS", 1)
    page = write_report(settings, night).read_text(encoding="utf-8")
    assert "列出金额最大的 1 项，共 2 项。其余在 night-20261124T020000.xlsx。" in page
    assert page.count('<article class="finding">') == 1


def test_the_workbook_keeps_numbers_as_text_money_as_money_and_no_formula(settings: Settings, night: Night) -> None:
    with fill_warehouse(settings, night) as house:
        house.night_row()
        house.finding("a", "not_found", "1130.05", party='=HYPERLINK("x")', zh=" +1", en="@SUM(A1)")
    path = write_report(settings, night).with_suffix(".xlsx")
    heads, row = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    cells = dict(zip(heads, row, strict=True))
    assert cells["涉及金额 at stake"] == 1130.05
    assert cells["账上票号 reference"] == NUMBER
    assert cells["对方 party"] == '\'=HYPERLINK("x")'
    assert (cells["说明"], cells["explanation"]) == ("' +1", "'@SUM(A1)")
    assert cells["记账日 posted"] == date(2026, 10, 15)
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet


def test_every_verdict_and_cause_has_words_in_both_languages() -> None:
    from pipelines.model import CAUSES, Verdict  # noqa: PLC0415

    assert set(CAUSE_WORDS) == set(CAUSES)
    assert set(VERDICT_WORDS) == set(Verdict)
    assert all(zh and en for zh, en in (*CAUSE_WORDS.values(), *VERDICT_WORDS.values()))


def test_money_is_shown_to_the_cent_and_its_absence_is_no_zero() -> None:
    assert format_money(Decimal("-1234567.80")) == "-1,234,567.80"
    assert format_money(None) == "—"


@pytest.mark.parametrize(("ended_at", "said"), [("2026-11-12T02:00:00", "12 天前"), ("2026-10-01T02:00:00", "54 天前")])
def test_every_rendering_says_how_old_the_last_good_drill_is(
    settings: Settings, night: Night, ended_at: str, said: str
) -> None:
    plant_night(settings, night)
    folder = settings.data_root / "drills"
    folder.mkdir()
    note = {"snapshot_id": "s", "ended_at": ended_at, "rows": 1, "seconds": 0.1, "problem": None}
    (folder / "a.json").write_text(json.dumps(note))
    summary = summarise_night(settings, night)
    buffer = io.StringIO()
    Console(file=buffer, width=110).print(render_console(summary))
    page = write_report(settings, night).read_text(encoding="utf-8")
    for shown in (buffer.getvalue(), render_markdown(summary), page):
        assert said in shown
        assert ("已超过 35 天" in shown) is (ended_at < "2026-10-20")
    assert summary.as_dict()["drill"]["age_days"] == int(said.removesuffix(" 天前"))
