"""Which issue dates count as fully received: absence may be concluded on those days only."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.settings import BEIJING, Settings, Source, Taxpayer
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.conftest import OUR_TAX_ID
from tests.unit.source_files import SELLER, text_lines

NIGHT = datetime(2026, 9, 20, 2)
LAYOUT = """
name = "capped"
side = "upstream"
title_zh = "限三行"
title_en = "three rows at most"
key_fields = ["invoice_number"]
row_cap = 3
coverage = "file_name"
{keys}
[header]
required = ["invoice_number", "issued_at", "amount"]
[fields]
invoice_number = ["号码"]
issued_at = ["日期"]
seller_tax_id = ["销方"]
buyer_tax_id = ["购方"]
amount = ["金额"]
tax = ["税额"]
"""


def with_source(settings: Settings, keys: str = "", **stated: Any) -> Settings:
    folder = settings.data_root / "layouts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "capped.toml").write_text(LAYOUT.format(keys=keys), encoding="utf-8")
    stated = stated or {"direction": Direction.INPUT, "taxpayer_id": OUR_TAX_ID}
    source = Source(id="tax", side=Side.UPSTREAM, folder="in", layout="capped", **stated)
    return settings.model_copy(update={"sources": [source]})


def export(settings: Settings, first: int, last: int, *days: int | str, hour: int = 0, buyer: str = OUR_TAX_ID) -> None:
    """An export asked for these days of August; the number of an invoice is made of its file and place."""
    lines = [
        f"261120000{first:02}{last:02}{hour:02}{place:04}1,"
        f"{day if isinstance(day, str) else f'2026-08-{day:02}'},{SELLER},{buyer},100.00,13.00"
        for place, day in enumerate(days)
    ]
    path = settings.data_root / "in" / f"票（202608{first:02}-202608{last:02}）{hour}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text_lines("号码,日期,销方,购方,金额,税额", *lines))
    date_file(path, NIGHT - timedelta(hours=10 - hour))


def date_file(path: Any, made: datetime) -> None:
    stamp = made.replace(tzinfo=BEIJING).timestamp()
    os.utime(path, (stamp, stamp))


def covered(settings: Settings, direction: str = "input", taxpayer: str = OUR_TAX_ID) -> list[int]:
    take_in(settings, Night(NIGHT))
    return read_days(settings, direction, taxpayer)


def read_days(settings: Settings, direction: str = "input", taxpayer: str = OUR_TAX_ID) -> list[int]:
    with open_warehouse(settings) as con:
        found = con.execute(
            "SELECT day(issue_date) FROM core_upstream__coverage "
            "WHERE is_complete AND direction = ? AND taxpayer_id = ? ORDER BY 1",
            [direction, taxpayer],
        ).fetchall()
    return [day for (day,) in found]


def days(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


# Exports that reached the row cap


def test_a_capped_export_alone_covers_no_day(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    assert covered(settings) == []


def test_an_export_below_the_cap_covers_all_its_days(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2)
    assert covered(settings) == days(1, 10)


def test_a_capped_export_that_the_next_one_continues_is_covered(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 4, 10, 4, 5, hour=1)
    assert covered(settings) == days(1, 10)


def test_the_day_of_the_cut_asked_for_no_more_is_a_hole(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 5, 10, 5, hour=1)
    assert covered(settings) == days(5, 10)


def test_a_hole_between_two_exports_leaves_the_capped_one_open_until_it_is_closed(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 4, 6, 4, hour=1)
    export(settings, 8, 10, 9, hour=1)
    assert covered(settings) == [4, 5, 6, 8, 9, 10]
    export(settings, 7, 7, 7, hour=2)
    assert covered(settings) == days(1, 10)


def test_an_export_that_ends_before_the_period_does_is_no_continuation(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 4, 9, 4, 5, hour=1)
    assert covered(settings) == days(4, 9)


def test_a_chain_of_capped_exports_is_covered_only_with_its_last_link(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 4, 10, 4, 5, 7, hour=1)
    assert covered(settings) == []
    export(settings, 7, 10, 7, 8, hour=2)
    assert covered(settings) == days(1, 10)


def test_an_export_made_before_the_capped_one_does_not_continue_it(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 4, 10, 4, 5)
    export(settings, 1, 10, 1, 2, 4, hour=1)
    assert covered(settings) == days(4, 10)


def test_a_list_with_the_newest_first_is_cut_at_its_early_days(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 9, 8, 6)
    export(settings, 6, 10, 9, 8, hour=1)
    assert covered(settings) == days(6, 10)
    export(settings, 1, 6, 2, 6, hour=2)
    assert covered(settings) == days(1, 10)


@pytest.mark.parametrize("shown", [(1, 4, 2), (4, 4, 4), (1, 2, 12)])
def test_a_cut_list_in_no_order_of_one_day_or_beyond_its_period_proves_nothing(
    settings: Settings, shown: tuple[int, ...]
) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, *shown)
    export(settings, 4, 10, 4, hour=1)
    assert covered(settings) == days(4, 10)


def test_a_whole_export_of_the_same_days_needs_no_help_of_the_cut_one(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 4, 1, 2)
    export(settings, 1, 10, 1, 2, hour=1)
    assert covered(settings) == days(1, 10)


def test_a_rejected_row_of_a_capped_export_hides_where_it_was_cut(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1, "昨天", 4)
    export(settings, 4, 10, 4, hour=1)
    assert covered(settings) == days(4, 10)


def test_an_export_for_another_company_does_not_continue_it(settings: Settings) -> None:
    other = Taxpayer(id="91310000MA1K00009X", name="上海示例有限公司")
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, other]})
    settings = with_source(settings, direction=Direction.INPUT)
    export(settings, 1, 10, 1, 2, 4)
    export(settings, 4, 10, 4, 5, hour=1, buyer=other.id)
    assert covered(settings) == []
    assert read_days(settings, taxpayer=other.id) == days(4, 10)


# Whom an export was asked for


def test_purchases_say_nothing_about_sales_unless_the_source_is_stated_to_hold_them(settings: Settings) -> None:
    settings = with_source(settings, taxpayer_id=OUR_TAX_ID)
    export(settings, 1, 10, 1)
    assert covered(settings, "input") == days(1, 10)
    assert read_days(settings, "output") == []


def test_an_export_of_one_company_says_nothing_about_the_other(settings: Settings) -> None:
    other = Taxpayer(id="91310000MA1K00009X", name="上海示例有限公司")
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, other]})
    settings = with_source(settings, direction=Direction.INPUT)
    export(settings, 1, 10, 1)
    assert covered(settings) == days(1, 10)
    assert read_days(settings, taxpayer=other.id) == []


# Days that can still grow, and days with a row that was not taken


def test_an_old_export_that_is_copied_again_settles_no_day(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1)
    path = next((settings.data_root / "in").iterdir())
    date_file(path, datetime(2026, 8, 10, 12))
    assert covered(settings) == days(1, 8)
    date_file(path, datetime(2026, 9, 19, 12))
    take_in(settings, Night(NIGHT + timedelta(days=1)))
    assert read_days(settings) == days(1, 8)
    copy = path.with_name("票（20260801-20260810）副本.csv")
    copy.write_bytes(path.read_bytes())
    take_in(settings, Night(NIGHT + timedelta(days=2)))
    assert read_days(settings) == days(1, 8)


def test_the_same_bytes_under_a_later_period_cover_its_days(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 10, 1)
    path = next((settings.data_root / "in").iterdir())
    date_file(path, datetime(2026, 8, 10, 12))
    assert covered(settings) == days(1, 8)
    later = path.with_name("票（20260801-20260812）.csv")
    later.write_bytes(path.read_bytes())
    date_file(later, datetime(2026, 8, 12, 12))
    take_in(settings, Night(NIGHT + timedelta(days=1)))
    assert read_days(settings) == days(1, 10)
    with open_warehouse(settings) as con:
        newest = con.execute("SELECT max(issue_date), arg_max(source_file, issue_date) FROM core_upstream__coverage")
        assert newest.fetchall() == [(date(2026, 8, 12), later.name)]


def test_a_capped_export_under_two_periods_is_continued_in_each_on_its_own(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 6, 1, 2, 4)
    path = next((settings.data_root / "in").iterdir())
    wider = path.with_name("票（20260801-20260810）.csv")
    wider.write_bytes(path.read_bytes())
    date_file(wider, NIGHT - timedelta(hours=10))
    export(settings, 4, 6, 4, hour=1)
    assert covered(settings) == days(1, 6)


def test_a_rejected_row_uncovers_its_own_day(settings: Settings) -> None:
    settings = with_source(settings)
    export(settings, 1, 3, 1)
    path = next((settings.data_root / "in").iterdir())
    path.write_bytes(path.read_bytes() + text_lines(f"123456789,2026-08-02,{SELLER},{OUR_TAX_ID},1,0"))
    date_file(path, NIGHT - timedelta(hours=2))
    assert covered(settings) == [1, 3]


def test_a_rejected_row_with_a_date_in_the_layouts_own_form_uncovers_the_file(settings: Settings) -> None:
    settings = with_source(settings, 'date_formats = ["%Y%d%m"]')
    export(settings, 1, 3, "20260108")
    path = next((settings.data_root / "in").iterdir())
    path.write_bytes(path.read_bytes() + text_lines(f"123456789,20260208,{SELLER},{OUR_TAX_ID},1,0"))
    date_file(path, NIGHT - timedelta(hours=2))
    assert covered(settings) == []
