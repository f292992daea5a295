"""What a person may hand to `fapiao find` besides a number."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.cli.find import parse_amount, read_number
from pipelines.errors import FapiaoError, UsageError

NUMBER = "26112000000000000004"


def test_the_text_of_a_qr_code_gives_its_number() -> None:
    assert read_number(f"01,32,,{NUMBER},50.00,20261102,,AB12") == NUMBER


def test_a_number_stays_what_was_typed() -> None:
    assert read_number("*0?04") == "*0?04"


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FapiaoError, match="cannot be opened"):
        read_number(str(tmp_path / "票.pdf"))


def test_a_file_that_is_no_invoice_says_so(tmp_path: Path) -> None:
    path = tmp_path / "票.xml"
    path.write_text("<a/>", encoding="utf-8")
    with pytest.raises(FapiaoError):
        read_number(str(path))


def test_an_amount_is_one_or_a_range() -> None:
    assert parse_amount(None) is None
    assert parse_amount("1,130.00") == Decimal("1130.00")
    assert parse_amount("1000..1200") == (Decimal(1000), Decimal(1200))


@pytest.mark.parametrize("text", ["1200..1000", "..5", "1..", "a..b"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_amount(text)
