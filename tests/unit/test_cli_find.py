"""What a person may hand to `fapiao find` besides a number."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.cli.edge import run_command_line
from pipelines.cli.find import parse_amount, read_key
from pipelines.errors import FapiaoError, UsageError
from pipelines.settings import Settings
from tests.spec.tables import OTHER, OURS, covered, entry, invoice
from tests.unit.published_world import publish_rows

NUMBER = "26112000000000000004"


def test_the_text_of_a_qr_code_gives_its_number() -> None:
    assert read_key(f"01,32,,{NUMBER},50.00,20261102,,AB12") == (None, NUMBER)


def test_the_text_of_a_qr_code_gives_its_code_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Eight digits repeat under many codes; a ledger that keeps no code is found all the same."""
    codes = ("1100212130", "3100212130")
    invoices = [invoice(f"u{code}", "55550001", "113.00", invoice_code=code) for code in codes]
    publish_rows(settings, invoices, [entry("l1", "66660001", "50.00")])
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    for code, number, found in ((codes[1], "55550001", {f"U:u{codes[1]}"}), (codes[0], "66660001", {"L:l1"})):
        assert (
            run_command_line(["find", f"01,04,{code},{number},100.00,20260810,12345678901234567890,AB12", "--json"])
            == 0
        )
        assert {item["item_id"] for item in json.loads(capsys.readouterr().out)["items"]} == found


def test_of_several_companies_it_is_said_whose_days_were_received(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [day | {"taxpayer_id": who} for who in (OURS, OTHER["id"]) for day in covered()]
    publish_rows(settings, [invoice("u1")], [], days)
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    run_command_line(["find", "99999999"])
    said = capsys.readouterr().out
    assert f"fully received: {OURS} input" in said
    assert f"fully received: {OTHER['id']} input" in said


def test_a_number_stays_what_was_typed() -> None:
    assert read_key("*0?04") == (None, "*0?04")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FapiaoError, match="cannot be opened"):
        read_key(str(tmp_path / "票.pdf"))


def test_a_file_that_is_no_invoice_says_so(tmp_path: Path) -> None:
    path = tmp_path / "票.xml"
    path.write_text("<a/>", encoding="utf-8")
    with pytest.raises(FapiaoError):
        read_key(str(path))


def test_an_amount_is_one_or_a_range() -> None:
    assert parse_amount(None) is None
    assert parse_amount("1,130.00") == Decimal("1130.00")
    assert parse_amount("1000..1200") == (Decimal(1000), Decimal(1200))


@pytest.mark.parametrize("text", ["1200..1000", "..5", "1..", "a..b"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_amount(text)
