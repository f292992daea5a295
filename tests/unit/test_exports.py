"""Workbooks and letters: a sheet for each action, a letter for each supplier, no formula and no foreign code."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.exports.advice import load_actions, load_advice
from pipelines.exports.cells import neutralise_cell
from pipelines.exports.items import Wanted, open_items, read_sheet_rows
from pipelines.exports.letters import read_letters, write_letters
from pipelines.exports.workbooks import export_workbook
from pipelines.model import CAUSES, FINDING_VERDICTS, Verdict
from pipelines.query import run_query
from pipelines.reconcile.decisions import decide
from pipelines.reports.workbook import write_sheets
from pipelines.settings import Settings, Taxpayer
from tests.spec.tables import AS_OF, OTHER, OURS, SUPPLIER, entry, invoice
from tests.unit.published_world import publish_again, publish_rows

EVIL = {"id": "91510100MA62A1BC3E", "name": "=cmd|' /C calc'!A0<script>x</script>"}
UNBOOKED, WRONG, FRESH = (f"2611200000000000{n}" for n in ("1001", "1002", "1003"))
LOST, LATE = "26112000000000002001", "26112000000000002002"


def world() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Not booked (supplier), 27.00 too much (supplier), not found (supplier by name only), not booked (evil party),
    waiting to be booked (other party)."""
    upstream = [
        invoice("u1", UNBOOKED, "500.00"),
        invoice("u2", WRONG, "1103.00"),
        invoice("u3", FRESH, "90.00", on=date(2026, 11, 20), party=OTHER),
        invoice("u4", LATE, "77.00", party=EVIL),
    ]
    by_name = {"id": None, "name": "上海示例材料有限公司"}
    ledger = [entry("l2", WRONG, "1130.00"), entry("l3", LOST, "12.00", party=by_name)]
    return upstream, ledger


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("exports")
    ours = [Taxpayer(id=OURS, name="北京示例贸易有限公司")]
    settings = Settings(data_root=folder / "data", taxpayers=ours, threads=2)
    publish_rows(settings, *world())
    return settings


def read_sheets(path: Path) -> dict[str, list[dict[str, Any]]]:
    book = CalamineWorkbook.from_path(path)
    tables = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {
        name: [dict(zip(map(str, rows[0]), row, strict=False)) for row in rows[1:]] for name, rows in tables.items()
    }


def test_every_cause_that_asks_something_has_an_action_with_words() -> None:
    actions = load_actions()
    asking = {*FINDING_VERDICTS, Verdict.PENDING}
    for cause, advice in load_advice().items():
        assert (advice.action is not None) == (CAUSES[cause] in asking), cause
        assert advice.action is None or advice.action in actions
        assert advice.usual.zh
        assert advice.usual.en
        assert all(step.zh and step.en for step in advice.steps)


def test_the_workbook_has_a_sheet_for_each_action_and_the_sentence_in_a_column(published: Settings) -> None:
    exported = export_workbook(published, Wanted())
    sheets = read_sheets(exported.path)
    assert list(sheets) == [
        "查验并询问对方 verify, ask the party",
        "更正凭证 correct the entry",
        "补记入账 book it",
        "等待到期 wait",
        "汇总 summary",
    ]
    wrong = sheets["更正凭证 correct the entry"][0]
    assert (wrong["发票号码 invoice"], wrong["差额 difference"]) == (WRONG, 27.0)
    assert "差 27.00 元" in wrong["说明"]
    assert sheets["等待到期 wait"][0]["到期 due"] == date(2027, 1, 19)
    assert exported.counts == {"book": 2, "correct_entry": 1, "verify": 1, "wait": 1}


def test_a_workbook_of_one_supplier_has_its_items_only_however_its_name_is_typed(published: Settings) -> None:
    for typed in ("上海示例", " 上海 示例材料", SUPPLIER["id"].lower()):
        with open_items(published) as (con, _):
            rows = read_sheet_rows(con, Wanted(party=typed))
        assert {row.item_id for row in rows} >= {row.item_id for row in rows if row.party_tax_id == SUPPLIER["id"]}
        assert {row.party_name for row in rows} == {SUPPLIER["name"]}


def test_a_taxpayer_without_items_gives_a_workbook_that_says_so(published: Settings, tmp_path: Path) -> None:
    exported = export_workbook(published, Wanted(taxpayer="nobody"), tmp_path / "none.xlsx")
    assert "没有待处理事项 | nothing is open" in str(read_sheets(exported.path))


def test_a_full_sheet_keeps_the_largest_sums_and_says_how_many_there_are(published: Settings, tmp_path: Path) -> None:
    with open_items(published) as (con, night):
        rows = read_sheet_rows(con, Wanted(), sheet_rows=1)
    path = tmp_path / "cut.xlsx"
    path.write_bytes(write_sheets(rows, night, sheet_rows=1))
    first, last = read_sheets(path)["补记入账 book it"]
    assert first["涉及金额 at stake"] == 500.0
    assert last["说明"].startswith("共 2 项，此处为金额最大的 1 项")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝", "＋", " ="])
def test_no_text_starts_as_a_formula(start: str) -> None:
    cell = neutralise_cell(f"{start}1+1")
    assert cell.startswith("'")
    assert not {"\t", "\r"} & set(cell)


def test_no_cell_of_a_workbook_is_a_formula_and_all_heads_are_frozen(published: Settings) -> None:
    with zipfile.ZipFile(export_workbook(published, Wanted()).path) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert all("<f>" not in sheet and 'state="frozen"' in sheet for sheet in sheets)
    assert sum("<autoFilter" in sheet for sheet in sheets) == len(sheets) - 1


def test_each_supplier_gets_one_letter_with_our_booking_their_invoice_and_the_difference(published: Settings) -> None:
    letters = {letter.party_name: letter for letter in read_letters(published, Wanted())}
    assert set(letters) == {SUPPLIER["name"], EVIL["name"]}
    letter = letters[SUPPLIER["name"]]
    assert letter.taxpayer_name == "北京示例贸易有限公司"
    assert {line.cause for line in letter.lines} == {"not_booked", "amount_differs", "not_found"}
    line = next(line for line in letter.lines if line.cause == "amount_differs")
    assert (line.vouchers, line.invoice_numbers, f"{line.difference_cny}") == ("记-l2", WRONG, "27.00")


def test_a_letter_names_the_invoice_that_is_booked_twice_by_its_whole_key(settings: Settings) -> None:
    old = {"invoice_code": "1100212130"}
    lines = [entry(f"l{day}", "55550001", "113.00", posted_on=date(2026, 8, 20 + day), **old) for day in (1, 2)]
    invoices = [invoice("u1", "55550001", "113.00", **old), invoice("u2", "55550002", "226.00", **old)]
    publish_rows(settings, invoices, lines)
    (letter,) = read_letters(settings, Wanted())
    assert {line.cause: line.invoice_numbers for line in letter.lines} == {
        "booked_twice": "1100212130-55550001", "not_booked": "1100212130-55550002",
    }  # fmt: skip
    (numbers,) = run_query(settings, "SELECT invoice_numbers FROM out__open_item WHERE cause = 'not_booked'").rows
    assert numbers == ("1100212130-55550002",)


def test_name_and_tax_id_of_a_party_are_of_one_record(settings: Settings) -> None:
    """The ledger names another party than the invoice: neither view makes a third of the two."""
    publish_rows(settings, [invoice("u1", WRONG, party=EVIL | {"name": "一家公司"})], [entry("l1", WRONG, party=OTHER)])
    for view in ("out__supplier_errors", "out__open_item", "out__exposure_by_party_month"):
        assert run_query(settings, f"SELECT party_name, party_tax_id FROM {view}").rows == [("一家公司", EVIL["id"])]


def test_a_letter_can_be_printed_loads_nothing_and_runs_no_code_of_a_name(published: Settings, tmp_path: Path) -> None:
    written = write_letters(published, tmp_path, Wanted())
    pages = [(tmp_path / f"{letter.file_stem}.html").read_text(encoding="utf-8") for letter in written]
    others = [replace(letter, taxpayer_id=f"X{letter.taxpayer_id[1:]}") for letter in written]
    assert len({letter.file_stem for letter in (*written, *others)}) == 2 * len(pages) == 4
    for page in pages:
        assert "<script" not in page
        assert "http" not in page.replace("http-equiv", "")
        assert "size: A4" in page
        assert page.count("盖章") >= 2
    book = tmp_path / f"{written[0].file_stem}.xlsx"
    assert {"贵方确认 confirmed", "贵方说明 your answer"} <= set(read_sheets(book)["对账函 letter"][0])


def test_what_a_person_has_accepted_is_in_no_letter_and_on_the_sheet_of_decisions(settings: Settings) -> None:
    night = publish_rows(settings, *world())
    with open_items(settings) as (con, _):
        wrong = next(row for row in read_sheet_rows(con, Wanted()) if row.cause == "amount_differs")
    made_at = AS_OF + timedelta(hours=1)
    ids: dict[str, Any] = {"upstream_ids": ["u2"], "ledger_ids": ["l2"]}
    decide(settings, "accept_difference", **ids, decided_by="李会计", reason="扣款", decided_at=made_at)
    publish_again(settings, night)
    with open_items(settings) as (con, _):
        decided = [row for row in read_sheet_rows(con, Wanted()) if row.action == "decided"]
    assert [(row.item_id, "李会计" in (row.decision or "")) for row in decided] == [(wrong.item_id, True)]
    assert "amount_differs" not in {line.cause for letter in read_letters(settings, Wanted()) for line in letter.lines}


def test_the_commands_write_and_name_their_files(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(published.data_root))
    out = tmp_path / "one.xlsx"
    book = CliRunner().invoke(app, ["export", "workbook", "--supplier", "上海示例", "--out", str(out)])
    assert (book.exit_code, out.is_file()) == (0, True)
    letters = CliRunner().invoke(app, ["export", "letters", "--out", str(tmp_path / "l"), "--supplier", SUPPLIER["id"]])
    assert letters.exit_code == 0
    assert len(list((tmp_path / "l").iterdir())) == 2
