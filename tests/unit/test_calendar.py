"""When a source owes a file: working days, holidays, and silence."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.settings import EXPECTED
from pipelines.sources.calendar import WorkCalendar, due_days, load_calendar, overdue_days, say_days


@pytest.fixture
def calendar(tmp_path: Path) -> WorkCalendar:
    return load_calendar(tmp_path)


def test_national_day_is_off_and_its_make_up_saturday_is_not(calendar: WorkCalendar) -> None:
    found = due_days("workdays", date(2026, 9, 28), date(2026, 10, 12), calendar)
    assert [day.strftime("%m-%d") for day in found] == ["09-28", "09-29", "09-30", "10-08", "10-09", "10-10", "10-12"]


def test_what_is_due_on_a_day_off_is_due_on_the_next_working_day(calendar: WorkCalendar) -> None:
    assert due_days("monthly:5", date(2026, 10, 1), date(2026, 10, 31), calendar) == [date(2026, 10, 8)]
    found = due_days("weekly:MON", date(2026, 10, 5), date(2026, 10, 12), calendar)
    assert found == [date(2026, 10, 8), date(2026, 10, 12)]
    assert due_days("weekly:MON", date(2026, 10, 8), date(2026, 10, 8), calendar) == [date(2026, 10, 8)]


def test_every_day_is_due_nightly_and_none_without_expectation(calendar: WorkCalendar) -> None:
    assert len(due_days("nightly", date(2026, 10, 1), date(2026, 10, 7), calendar)) == 7
    assert due_days("none", date(2026, 10, 1), date(2026, 10, 7), calendar) == []


def test_a_day_is_overdue_when_its_end_and_the_grace_have_passed(calendar: WorkCalendar) -> None:
    friday, monday_night = datetime(2026, 11, 20, 18), datetime(2026, 11, 24, 2)
    assert overdue_days("workdays", 0, friday, monday_night, calendar) == [date(2026, 11, 23)]
    assert overdue_days("workdays", 3, friday, monday_night, calendar) == []
    assert overdue_days("workdays", 0, datetime(2026, 11, 23, 9), monday_night, calendar) == []


def test_a_weekend_without_files_is_no_silence(calendar: WorkCalendar) -> None:
    assert overdue_days("workdays", 0, datetime(2026, 11, 20, 18), datetime(2026, 11, 23, 2), calendar) == []


def test_a_source_that_never_gave_anything_owes_the_newest_due_day(calendar: WorkCalendar) -> None:
    assert overdue_days("workdays", 0, None, datetime(2026, 11, 24, 2), calendar) == [date(2026, 11, 23)]


def test_a_year_that_is_not_in_the_table_counts_monday_to_friday_and_says_so(calendar: WorkCalendar) -> None:
    days = due_days("workdays", date(2031, 1, 1), date(2031, 1, 5), calendar)
    assert days == [date(2031, 1, 1), date(2031, 1, 2), date(2031, 1, 3)]
    zh, en = say_days(days, calendar)
    assert zh == "01-01、01-02、01-03（2031 年节假日不在表中，按周一至周五计）"
    assert en.startswith("01-01, 01-02, 01-03 (2031 is not")


def test_many_days_are_shortened_to_the_newest_five(calendar: WorkCalendar) -> None:
    days = due_days("workdays", date(2026, 11, 9), date(2026, 11, 20), calendar)
    assert say_days(days, calendar)[0] == "11-16、11-17、11-18、11-19、11-20等 10 天"


def test_a_table_of_the_installation_wins_and_a_broken_row_is_named(tmp_path: Path) -> None:
    own = tmp_path / "workdays.csv"
    own.write_text("first,last,is_workday,name\n2026-11-23,2026-11-23,no,厂休\n", encoding="utf-8")
    assert not load_calendar(tmp_path).is_workday(date(2026, 11, 23))
    own.write_text("first,last,is_workday,name\n2026-11-23,,maybe,厂休\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_calendar(tmp_path)
    assert "row 2" in str(caught.value)


@pytest.mark.parametrize("text", ["monthly:31", "weekly:Monday", "daily", "weekly", "monthly:0"])
def test_other_words_are_no_expectation(text: str) -> None:
    assert re.match(EXPECTED, text) is None
