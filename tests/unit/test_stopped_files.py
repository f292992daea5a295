"""A file that could not be used, and what puts it right; what is told of a source that brought nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from pipelines.alerts.compose import Alert, compose_alerts
from pipelines.model import Direction
from pipelines.reconcile.nightly import reconcile_night
from pipelines.reports.rows import fetch_rows
from pipelines.reports.shapes import FileRow
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse, run_sql
from tests.unit.source_files import LEDGER_HEADER, PERIOD_NAME, full_query, invoice, one_invoice, text_lines
from tests.unit.test_intake import ENTRY, deliver, made, select, take, with_sources
from tests.unit.test_read_again import take_night

CUT = full_query(invoice())  # without its total
AGAIN = "全量发票查询导出结果（20260801-20260831） (1).xlsx"
LATER = "全量发票查询导出结果（20260815-20260831）.xlsx"


def told(settings: Settings, night: int) -> list[Alert]:
    """What stands of files and sources after that night."""
    with open_warehouse(settings) as con:
        return [
            alert
            for alert in compose_alerts(con, settings, take_night(night))
            if alert.alert_key.startswith(("file:", "source:"))
        ]


def test_a_tax_list_that_was_exported_again_under_another_name_is_over(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, CUT, made())
    assert take(settings).sources[0].state == "failed"
    assert [alert.title_zh for alert in told(settings, 0)] == [f"文件未采用：{PERIOD_NAME}"]
    deliver(settings, "tax", LATER, one_invoice(), made(1))
    assert take(settings, 1).sources[0].state == "received"
    assert len(told(settings, 1)) == 1
    deliver(settings, "tax", AGAIN, one_invoice(备注="重导"), made(2))
    assert take(settings, 2).sources[0].state == "received"
    assert told(settings, 2) == []
    with open_warehouse(settings) as con:
        run_sql(con, "report/stopped_over")
        assert fetch_rows(con, "report/report_file", FileRow, {"as_of": take_night(2).as_of}) == ()


def test_a_tax_list_that_was_whole_before_it_was_cut_is_not_over(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", AGAIN, one_invoice(), made() - timedelta(hours=1))
    deliver(settings, "tax", PERIOD_NAME, CUT, made())
    take(settings)
    assert [alert.title_zh for alert in told(settings, 0)] == [f"文件未采用：{PERIOD_NAME}"]


def test_a_ledger_file_stands_until_it_is_replaced_or_removed_while_its_source_goes_on(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    bad = deliver(settings, "book", "账1.csv", text_lines("不是,账"), made())
    assert take(settings).sources[1].state == "failed"
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made(1))
    deliver(settings, "book", "账2.csv", text_lines(LEDGER_HEADER, ENTRY), made(1))
    book = take(settings, 1).sources[1]
    assert (book.state, book.files_new, book.files_failed, book.messages) == ("received", 1, 0, ())
    [alert] = told(settings, 1)
    assert alert.title_zh == "文件未采用：账1.csv"
    assert alert.body_zh.endswith("请用新文件替换它（同名）或将它移走，此提醒才会解除。")
    bad.unlink()
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made(2))
    take(settings, 2)
    assert told(settings, 2) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["凭证0901.csv", "凭证0902.csv", "凭证0903.csv"], []),
        (["账.csv", "账.csv", "账.csv"], ["文件不完整：账.csv"]),
    ],
    ids=["a day without postings", "an export that held rows before"],
)
def test_a_ledger_file_with_a_header_only(settings: Settings, names: list[str], said: list[str]) -> None:
    settings = with_sources(settings)
    titles = []
    for night, (name, lines) in enumerate(zip(names, ([ENTRY], [], [ENTRY]), strict=True)):
        deliver(settings, "tax", PERIOD_NAME, one_invoice(), made(night))
        deliver(settings, "book", name, text_lines(LEDGER_HEADER, *lines), made(night))
        assert take(settings, night).sources[1].state in ("received", "unchanged")
        titles += [alert.title_zh for alert in told(settings, night)]
    assert titles == said


def test_a_ledger_file_of_other_accounts_only_is_told(settings: Settings) -> None:
    settings = with_sources(settings)
    settings.sources[1] = settings.sources[1].model_copy(update={"layout": "yonyou_u8"})
    lines = ("dbill_date,csign,ino_id,inid,ccode,cdigest,md,mc", "2026-08-20,记,1,1,100201,货,0.00,113.00")
    deliver(settings, "book", "凭证.csv", text_lines(*lines), made())
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    take(settings)
    assert [alert.title_zh for alert in told(settings, 0)] == ["文件不完整：凭证.csv"]


@pytest.mark.parametrize(
    ("direction", "made_on", "is_told"),
    [(Direction.INPUT, made(), True), (Direction.OUTPUT, made(), False), (Direction.INPUT, made(-60), False)],
    ids=["may hold it", "of the other direction", "made before the invoice"],
)
def test_an_unbooked_invoice_is_told_with_the_stopped_file_that_may_hold_it(
    settings: Settings, direction: Direction, made_on: datetime, is_told: bool
) -> None:
    settings = with_sources(settings).model_copy(update={"booking_window_days": 5})
    settings.sources[1] = settings.sources[1].model_copy(update={"direction": direction})
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    bad = deliver(settings, "book", "账1.csv", text_lines("不是,账"), made_on)
    held = []
    for night in range(3):
        take(settings, night)
        reconcile_night(settings, take_night(night))
        ((zh, en),) = select(
            settings, "SELECT explanation_zh, explanation_en FROM recon__item WHERE cause = 'not_booked'"
        )
        held.append((zh.count("账簿文件 账1.csv 未能采用"), en.count("ledger file 账1.csv could not be used")))
        if night == 1:
            bad.unlink()
    assert held == [(is_told, is_told), (is_told, is_told), (0, 0)]


def test_silence_names_the_last_usable_file_and_one_time(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    deliver(settings, "tax", "坏.xlsx", CUT, made()).rename(settings.data_root / "坏.xlsx")
    take(settings)
    take(settings, 1)
    [alert] = told(settings, 1)
    assert f"最近可用的文件：{PERIOD_NAME}。" in alert.body_zh
    assert re.findall(r"[0-9]{2}:[0-9]{2}", alert.body_zh) == ["01:00"]


def test_a_dead_invoice_without_a_line_is_told_with_the_stopped_file_that_may_hold_it(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(发票状态="已作废"), made())
    deliver(settings, "book", "账1.csv", text_lines("不是,账"), made())
    take(settings)
    reconcile_night(settings, take_night(0))
    ((cause, zh),) = select(settings, "SELECT cause, explanation_zh FROM recon__item")
    assert cause == "exact"
    assert "账簿文件 账1.csv 未能采用，可能已在其中入账" in zh
