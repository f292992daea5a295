"""Moments, days and amounts as people type them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from pipelines.cli.moments import parse_day, parse_moment, parse_money
from pipelines.errors import UsageError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-03", datetime(2026, 11, 3)),
        ("2026-11-03 02:00", datetime(2026, 11, 3, 2)),
        ("2026-11-03T02:00:00.7", datetime(2026, 11, 3, 2)),
        ("2026-11-02T18:00:00Z", datetime(2026, 11, 3, 2)),
        ("2026-11-02T19:00:00+01:00", datetime(2026, 11, 3, 2)),
    ],
)
def test_moment_is_naive_beijing_time(text: str, moment: datetime) -> None:
    assert parse_moment(text, "--as-of") == moment


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "2026-11-03 25:00"])
def test_unreadable_moment_names_the_option(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_moment(text, "--as-of")
    assert raised.value.where == "--as-of"


def test_day_and_absent_day() -> None:
    assert parse_day(" 2026-11-03 ", "--from") == date(2026, 11, 3)
    assert parse_day(None, "--from") is None
    with pytest.raises(UsageError):
        parse_day("3.11.2026", "--from")


def test_amount_takes_separators_and_sign_and_refuses_fractions_of_a_cent() -> None:
    assert parse_money("￥1,130.00", "--amount") == Decimal("1130.00")
    assert parse_money("-5", "--amount") == Decimal("-5")
    assert parse_money(None, "--amount") is None
    for text in ("1.001", "NaN", "1e3x", "9" * 40):
        with pytest.raises(UsageError):
            parse_money(text, "--amount")
