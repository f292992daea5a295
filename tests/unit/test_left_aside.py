"""An unbooked invoice is told with the line of another account that cites it: it may be booked there already."""

from __future__ import annotations

import pytest

from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Taxpayer
from tests.unit.source_files import PERIOD_NAME, one_invoice, text_lines
from tests.unit.test_intake import deliver, made, select, take, with_sources
from tests.unit.test_read_again import take_night

DIGITAL = "26112000000012345678"
OLD = {"数电发票号码": "", "发票代码": "1100261130", "发票号码": "12345678", "发票票种": "增值税专用发票"}
HEADER = "dbill_date,csign,ino_id,inid,ccode,cdigest,md,mc,cname"
HINT = "注意：账簿文件 凭证.csv 第 2 行写有此号码，但该行属于其他科目或收付款"
NO_LINE = "2026-08-20,记,9,1,1002,无,1.00,0.00,"


def general_ledger(settings: Settings) -> Settings:
    settings = with_sources(settings).model_copy(update={"booking_window_days": 5})
    settings.sources[1] = settings.sources[1].model_copy(update={"layout": "yonyou_u8"})
    return settings


def told(settings: Settings, night: int = 0) -> tuple[int, int]:
    """How often the sentences of the one unbooked invoice say that the line of the ledger file cites it."""
    take(settings, night)
    reconcile_night(settings, take_night(night))
    ((zh, en),) = select(settings, "SELECT explanation_zh, explanation_en FROM recon__item WHERE cause = 'not_booked'")
    return zh.count(HINT), en.count("row 2 of ledger file 凭证.csv cites this number")


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        (f"2026-08-20,记,1,1,22210101,购材料 发票号{DIGITAL},130.00,0.00,", True),
        (f"2026-08-20,记,1,1,2241,报销 发票{DIGITAL},0.00,1130.00,", True),
        (f"2026-08-20,记,1,1,2202,付货款 发票{DIGITAL},1130.00,0.00,", True),
        (f"2026-08-20,记,1,1,1403,购材料 合同{DIGITAL}1,1000.00,0.00,", False),
    ],
    ids=["paid at once", "claimed by an employee", "a payment", "another number"],
)
def test_an_unbooked_invoice_is_told_with_the_line_that_cites_it(settings: Settings, line: str, is_told: bool) -> None:
    settings = general_ledger(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(数电发票号码=DIGITAL), made())
    deliver(settings, "book", "凭证.csv", text_lines(HEADER, line), made())
    assert [told(settings, night) for night in range(2)] == [(is_told, is_told)] * 2


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("2026-08-20,记,1,1,1403,购材料 发票12345678,500.00,0.00,", False),
        ("2026-08-20,记,1,1,1403,购材料 发票1100261130-12345678,500.00,0.00,", True),
        ("2026-08-20,记,1,1,1403,购材料 发票110026113012345678,500.00,0.00,", True),
        ("2026-08-20,记,1,1,1403,购材料 发票12345678,500.00,0.00,上海卖方（集团）公司", True),
        ("2026-08-20,记,1,1,1002,购材料 发票12345678,0.00,1130.00,", True),
    ],
    ids=["the number alone", "with its code", "in one run with its code", "with the party", "with the total"],
)
def test_eight_digits_need_code_party_or_money_beside_them(settings: Settings, line: str, is_told: bool) -> None:
    settings = general_ledger(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(销方名称="上海卖方(集团)公司", **OLD), made())
    deliver(settings, "book", "凭证.csv", text_lines(HEADER, line), made())
    assert told(settings) == (is_told, is_told)


def test_only_the_newest_file_of_a_name_counts(settings: Settings) -> None:
    settings = general_ledger(settings)
    line = f"2026-08-20,记,1,1,1403,购材料 发票{DIGITAL},1000.00,0.00,"
    deliver(settings, "tax", PERIOD_NAME, one_invoice(数电发票号码=DIGITAL), made())
    deliver(settings, "book", "凭证.csv", text_lines(HEADER, line), made())
    assert told(settings) == (1, 1)
    deliver(settings, "book", "凭证.csv", text_lines(HEADER, NO_LINE), made(1))
    assert told(settings, 1) == (0, 0)


def test_a_line_of_another_company_of_ours_is_no_booking(settings: Settings) -> None:
    settings = general_ledger(settings)
    other = Taxpayer(id="91310000MA1K00009X", name="上海示例分公司")
    settings = settings.model_copy(update={"taxpayers": [*settings.taxpayers, other]})
    settings.sources[1] = settings.sources[1].model_copy(update={"taxpayer_id": other.id})
    deliver(settings, "tax", PERIOD_NAME, one_invoice(数电发票号码=DIGITAL), made())
    line = f"2026-08-20,记,1,1,6001,销售 发票{DIGITAL},0.00,1000.00,"
    deliver(settings, "book", "凭证.csv", text_lines(HEADER, line), made())
    assert told(settings) == (0, 0)
