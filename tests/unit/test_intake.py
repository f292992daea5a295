"""The first stage of a night: what is taken in, what is counted, and what each source did."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.settings import BEIJING, Settings, Source
from pipelines.sources import intake
from pipelines.sources.decode import MAX_FILE_BYTES
from pipelines.sources.intake import Intake, take_in
from pipelines.sources.landing import find_growing
from pipelines.sources.recognise import read_with_layout
from pipelines.warehouse import open_warehouse
from tests.unit.source_files import (
    LEDGER_HEADER,
    PERIOD_NAME,
    full_query,
    invoice,
    one_invoice,
    text_lines,
    total,
)

FIRST = datetime(2026, 9, 1, 2)
HOUR = 3600.0
ENTRY = "2026-08-20,记-1,12345678,甲,100.00,13.00,113.00,货"


def with_sources(settings: Settings) -> Settings:
    tax = Source(id="tax", side=Side.UPSTREAM, folder="in/tax", layout="tax_full_query", expected="nightly")
    book = Source(id="book", side=Side.LEDGER, folder="in/book", layout="plain_ledger_csv", direction=Direction.INPUT)
    return settings.model_copy(update={"sources": [tax, book]})


def deliver(settings: Settings, folder: str, name: str, content: bytes, made: datetime) -> Path:
    path = settings.data_root / "in" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = made.replace(tzinfo=BEIJING).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def take(settings: Settings, night: int = 0) -> Intake:
    return take_in(settings, Night(FIRST + timedelta(days=night)))


def select(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(sql).fetchall()


def made(night: int = 0) -> datetime:
    return FIRST + timedelta(days=night, hours=-1)


def test_every_row_of_a_file_is_kept_rejected_or_ignored(settings: Settings) -> None:
    settings = with_sources(settings)
    bad = invoice(数电发票号码="26112000000000012346", 开票日期="昨天")
    content = full_query(invoice(), [""], bad, total(金额="2000.00", 税额="260.00"))
    deliver(settings, "tax", PERIOD_NAME, content, made())
    take(settings)
    assert select(settings, "SELECT rows_read, rows_kept, rows_rejected, rows_ignored FROM raw_file") == [(5, 1, 1, 3)]
    counts = (
        "SELECT (SELECT count(*) FROM raw_{}), (SELECT count(*) FROM raw_reject), (SELECT count(*) FROM raw_ignored)"
    )
    assert select(settings, counts.format("upstream__row")) == [(2, 1, 3)]


def test_a_file_that_would_fill_the_memory_fails_its_source_and_not_the_night(settings: Settings) -> None:
    settings = with_sources(settings)
    huge = deliver(settings, "tax", PERIOD_NAME, b"", made())
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    os.utime(huge, (0, 0))
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    tax, book = take(settings).sources
    assert (tax.state, tax.files_failed, book.state) == ("failed", 1, "received")
    assert "文件过大" in tax.messages[-1].zh
    assert not (settings.landing_dir / "tax").exists()


def test_a_damaged_copy_in_landing_is_whole_again_once_the_file_comes_again(settings: Settings) -> None:
    settings = with_sources(settings)
    delivered = deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    take(settings)
    (landed,) = (settings.landing_dir / "book").iterdir()
    landed.write_bytes(b"damaged")
    take(settings, 1)
    assert landed.read_bytes() == delivered.read_bytes()


def test_the_same_bytes_again_and_under_another_name_add_nothing(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    take(settings)
    content = (settings.data_root / "in" / "tax" / PERIOD_NAME).read_bytes()
    deliver(settings, "tax", "全量发票查询导出结果（20260801-20260831） (1).xlsx", content, made(1))
    take(settings, 1)
    counts = "SELECT (SELECT count(*) FROM raw_file), (SELECT count(*) FROM core_upstream__sighting)"
    assert select(settings, counts) == [(1, 1)]
    assert select(settings, "SELECT count(*) FROM raw_delivery") == [(2,)]


def test_a_file_that_is_renamed_after_its_period_covers_its_days(settings: Settings) -> None:
    settings = with_sources(settings)
    path = deliver(settings, "tax", "全量.xlsx", one_invoice(), made())
    (taken, _) = take(settings).sources
    assert "没有写明唯一的开票日期区间" in taken.messages[0].zh
    covered = "SELECT count(*) FROM core_upstream__coverage"
    assert select(settings, covered) == [(0,)]
    path.rename(path.with_name(PERIOD_NAME))
    (taken, _) = take(settings, 1).sources
    assert taken.messages == ()
    assert select(settings, covered) == [(31,)]
    counts = "SELECT (SELECT count(*) FROM raw_upstream__row), (SELECT count(*) FROM core_upstream__sighting)"
    assert select(settings, counts) == [(1, 1)]
    assert take(settings, 2).sources[0].files_new == 0


def test_the_same_night_again_changes_nothing(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    first = take(settings)
    before = select(settings, "SELECT * FROM core_upstream__sighting UNION ALL BY NAME FROM core_ledger__sighting")
    second = take(settings)
    after = select(settings, "SELECT * FROM core_upstream__sighting UNION ALL BY NAME FROM core_ledger__sighting")
    assert (second, sorted(after, key=str)) == (first, sorted(before, key=str))
    assert len(before) == 2


def test_a_status_that_flips_is_a_second_sighting_of_one_invoice(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    take(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(发票状态="已红冲-全额"), made(1))
    take(settings, 1)
    states = select(settings, "SELECT status FROM core_upstream__sighting ORDER BY observed_at")
    assert states == [("normal",), ("red_full",)]
    assert select(settings, "SELECT status FROM core_upstream__invoice") == [("red_full",)]


def test_an_invoice_repeated_inside_one_file_is_a_second_record(settings: Settings) -> None:
    settings = with_sources(settings)
    content = full_query(invoice(), invoice(), total(金额="2000.00", 税额="260.00"))
    deliver(settings, "tax", PERIOD_NAME, content, made())
    take(settings)
    found = "SELECT count(*), count(DISTINCT record_id), count(DISTINCT invoice_number) FROM core_upstream__invoice"
    assert select(settings, found) == [(2, 2, 1)]


def test_a_corrected_voucher_line_keeps_its_record(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    take(settings)
    corrected = ENTRY.replace("12345678", "12345679")
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, corrected), made(1))
    take(settings, 1)
    found = "SELECT count(*), count(DISTINCT record_id) FROM core_ledger__sighting"
    assert select(settings, found) == [(2, 1)]
    assert select(settings, "SELECT invoice_reference FROM core_ledger__entry") == [("12345679",)]


@pytest.mark.parametrize(
    ("exports", "known", "kept"),
    [
        (["A", "B", "BC"], 2, "B"),
        (["CA", "CB", "B"], 2, "C"),
        (["A", "B", "BA"], 2, "B"),
        (["A", "B", "AD"], 2, "A"),
        (["AA", "AB", "ABB"], 3, "A"),
    ],
    ids=["a line more", "the other line deleted", "the old text comes again", "taken back", "the same twice"],
)
def test_a_line_that_was_corrected_stays_one_record_whatever_becomes_of_its_voucher(
    settings: Settings, exports: list[str], known: int, kept: str
) -> None:
    """`exports`: what each line of one voucher reads; the last one comes twice, which changes nothing."""
    settings = with_sources(settings)
    for day, lines in enumerate([*exports, exports[-1]]):
        rows = [ENTRY.replace("12345678", text) for text in lines]
        deliver(settings, "book", f"账{day}.csv", text_lines(LEDGER_HEADER, *rows), made(day))
        take(settings, day)
    assert select(settings, "SELECT count(*) FROM core_ledger__entry") == [(known,)]
    of_first = "SELECT arg_min(record_id, (observed_at, source_row)) FROM core_ledger__sighting"
    found = f"SELECT invoice_reference FROM core_ledger__entry WHERE record_id = ({of_first})"
    assert select(settings, found) == [(kept,)]


def test_a_stopped_file_leaves_the_rest_going(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", "坏.xlsx", full_query(invoice()), made())
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    tax, book = take(settings).sources
    assert (tax.state, tax.files_new, tax.files_failed, book.state) == ("failed", 1, 1, "received")
    assert "坏.xlsx" in tax.messages[0].zh
    assert select(settings, "SELECT count(*) FROM core_upstream__invoice") == [(1,)]


def test_silence_is_told_from_no_change(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    assert [source.state for source in take(settings).sources] == ["received", "unchanged"]
    tax, book = take(settings, 1).sources
    assert (tax.state, book.state) == ("silent", "unchanged")
    assert "2026-09-01 01:00" in tax.messages[0].zh
    (settings.data_root / "in" / "tax" / PERIOD_NAME).touch()
    stamp = made(2).replace(tzinfo=BEIJING).timestamp()
    os.utime(settings.data_root / "in" / "tax" / PERIOD_NAME, (stamp, stamp))
    assert take(settings, 2).sources[0].state == "unchanged"


def test_a_day_is_covered_only_after_the_grace_window_and_only_if_asked_for(settings: Settings) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    take(settings)
    days = select(
        settings,
        "SELECT min(issue_date)::VARCHAR, max(issue_date) FILTER (is_complete)::VARCHAR, max(issue_date)::VARCHAR "
        "FROM core_upstream__coverage WHERE direction = 'input'",
    )
    assert days == [("2026-08-01", "2026-08-30", "2026-08-31")]


def test_landed_bytes_are_those_received(settings: Settings) -> None:
    settings = with_sources(settings)
    path = deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    take(settings)
    ((file_id, landed),) = select(settings, "SELECT file_id, landed_path FROM raw_file")
    assert (settings.data_root / landed).read_bytes() == path.read_bytes()
    assert file_id == hashlib.sha256(path.read_bytes()).hexdigest()


def test_auto_takes_the_layout_that_knows_most_columns(settings: Settings) -> None:
    header = "记账日期,凭证字号,发票号码,对方名称,价税合计,摘要,方向\n"
    content = (header + "2026-10-08,记-1,26112000000100000001,上海甲公司,1130.00,采购,进项\n").encode()
    layout, reading = read_with_layout("账.csv", content, "auto", Side.LEDGER, settings)
    assert layout.name == "plain_ledger_csv"
    assert reading.rows["voucher_no"].to_pylist() == ["记-1"]


def test_a_source_of_working_days_is_silent_after_a_missed_one_and_not_over_a_weekend(settings: Settings) -> None:
    book = Source(
        id="book", side=Side.LEDGER, folder="in/book", layout="plain_ledger_csv", direction=Direction.INPUT,
        expected="workdays",
    )  # fmt: skip
    settings = settings.model_copy(update={"sources": [book]})
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), datetime(2026, 9, 4, 18))
    take(settings, 4)
    (settings.data_root / "in" / "book" / "账.csv").unlink()
    (monday,) = take(settings, 6).sources
    (tuesday,) = take(settings, 7).sources
    assert (monday.state, tuesday.state) == ("unchanged", "silent")
    assert tuesday.messages[0].zh.startswith(
        "来源 book 09-07应有新文件（in/book/*），但没有收到；最近一次是 2026-09-04 18:00"
    )


def growing(path: Path, *, grows: bool) -> Callable[[float], None]:
    """A wait in which the file grows, or not."""

    def wait(seconds: float) -> None:
        assert 0 < seconds <= HOUR
        if grows:
            with path.open("ab") as file:
                file.write(b"more")

    return wait


def test_a_file_that_grows_between_two_looks_is_still_being_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"half")
    assert find_growing([path], HOUR, growing(path, grows=True)) == {path}
    assert find_growing([path], HOUR, growing(path, grows=False)) == set()


def test_old_files_are_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"whole")
    long_ago = time.time() - 2 * HOUR
    os.utime(path, (long_ago, long_ago))
    waits: list[float] = []
    assert find_growing([path, tmp_path / "gone.csv"], HOUR, waits.append) == {tmp_path / "gone.csv"}
    assert waits == []


def test_a_file_that_is_still_written_is_left_for_the_next_night_and_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_sources(settings).model_copy(update={"settle_seconds": HOUR})
    path = deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER), datetime.now(BEIJING).replace(tzinfo=None))
    monkeypatch.setattr(intake, "find_growing", partial(find_growing, sleep=growing(path, grows=True)))
    (_, book) = take(settings).sources
    assert (book.state, book.files_new) == ("unchanged", 0)
    assert "账.csv 还在写入" in book.messages[0].zh
    assert select(settings, "SELECT message_zh FROM night__source WHERE source_id = 'book'") == [(book.messages[0].zh,)]
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, ENTRY), made())
    assert take(settings, 1).sources[1].files_new == 1
