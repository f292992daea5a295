"""The demo's files: they open, hold the rows they should, and look the way the real programs leave them."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from pipelines.demo.parties import OUR_TAX_ID
from pipelines.demo.scenario import NIGHTS, Scenario, prepare_scenario
from pipelines.demo.tables import entry_table, invoice_table
from pipelines.demo.world import look
from pipelines.demo.writers import TAX_COLUMNS
from pipelines.night import Night
from pipelines.settings import BEIJING, load_settings
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse

DROPPED: dict[int, list[Path]] = {}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    made = prepare_scenario(tmp_path_factory.mktemp("demo"), invoices=400)
    DROPPED[0] = made.nights[0].drop_files()
    return made


QUERIES = ("tax_input", "tax_output")


def read_sheet(path: Path, sheet: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def files_of(scenario: Scenario, folder: str) -> list[Path]:
    return sorted((scenario.root / "inbox" / folder).iterdir())


def read_ledger(scenario: Scenario, folder: str) -> list[list[Any]]:
    return [row for path in files_of(scenario, folder) for row in read_sheet(path)]


def entries_of(scenario: Scenario, source: str) -> list[dict[str, Any]]:
    sight = scenario.sight(0)
    table = entry_table(scenario.world, look(scenario.world, sight), sight)
    return [row for row in table.to_pylist() if row["source_id"] == source]


def test_every_seen_invoice_stands_in_the_exports(scenario: Scenario) -> None:
    sight = scenario.sight(0)
    invoices = invoice_table(scenario.world, look(scenario.world, sight), sight).to_pylist()
    wanted = Counter((r["invoice_code"] or "", r["invoice_number"]) for r in invoices)
    found: Counter[tuple[str, str]] = Counter()
    for path in [p for p in DROPPED[0] if p.parent.name in QUERIES and "(1)" not in p.name]:
        header, *rows = read_sheet(path)
        place = {name.replace("数电票号码", "数电发票号码"): i for i, name in enumerate(header)}
        for row in rows[:-1]:
            code = row[place["发票代码"]].replace("--", "")
            found[code, row[place["数电发票号码"]] or row[place["发票号码"]]] += 1
    assert found == wanted


def test_each_export_ends_with_its_control_total(scenario: Scenario) -> None:
    for path in [p for p in DROPPED[0] if p.parent.name in QUERIES]:
        header, *rows, last = read_sheet(path)
        amount = header.index("金额")
        assert last[0] == "合计"
        assert round(sum(row[amount] for row in rows), 2) == round(last[amount], 2)


def test_exports_come_in_the_new_the_old_and_the_renamed_form(scenario: Scenario) -> None:
    headers = {tuple(read_sheet(path)[0]) for path in DROPPED[0] if path.parent.name in QUERIES}
    assert tuple(TAX_COLUMNS) in headers
    assert {len(header) for header in headers} == {17, 19}
    assert any("数电票号码" in header for header in headers)


def test_newest_export_has_the_sheet_of_lines_too(scenario: Scenario) -> None:
    path = next(p for p in DROPPED[0] if "20261101" in p.name)
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["发票基础信息", "信息汇总表"]
    assert len(read_sheet(path, 1)[0]) == 27
    assert len(read_sheet(path, 0)) == len(read_sheet(path, 1))


def deductions_of(scenario: Scenario) -> dict[str, list[dict[str, Any]]]:
    """Rows under the header of both files, by folder."""
    found = {}
    for folder in ("tax_deduction_selection", "tax_usage_confirmation"):
        (path,) = files_of(scenario, folder)
        rows = read_sheet(path)
        place = next(number for number, row in enumerate(rows) if row[0] == "序号")
        found[folder] = [dict(zip(rows[place], row, strict=True)) for row in rows[place + 1 :]]
    return found


def test_deduction_files_name_only_invoices_that_the_exports_hold_with_the_same_money(scenario: Scenario) -> None:
    sight = scenario.sight(0)
    invoices = invoice_table(scenario.world, look(scenario.world, sight), sight).to_pylist()
    known = {(r["invoice_code"] or "", r["invoice_number"]): r for r in invoices if r["direction"] == "input"}
    for rows in deductions_of(scenario).values():
        keys = [(row["发票代码"], row["数电票号码"] or row["发票号码"]) for row in rows]
        assert len(keys) == len(set(keys)) > 10
        for key, row in zip(keys, rows, strict=True):
            tax = row["票面税额"] if "票面税额" in row else row["税额"]
            assert (row["金额"], tax) == (float(known[key]["amount_cny"]), float(known[key]["tax_cny"]))
            assert "专用" in known[key]["kind"]
            assert row["发票状态"] == "正常"


def test_confirmation_says_its_taxpayer_and_period_above_the_header(scenario: Scenario) -> None:
    titles = [cell for row in read_sheet(files_of(scenario, "tax_usage_confirmation")[0])[:3] for cell in row]
    assert f"纳税人识别号：{OUR_TAX_ID}" in titles
    assert "税款所属期：202609" in titles


def test_deduction_files_add_no_invoice_no_state_and_no_covered_day(scenario: Scenario, tmp_path: Path) -> None:
    shutil.copytree(scenario.root, tmp_path / "both")
    shutil.copytree(scenario.root, tmp_path / "queries")
    taken = []
    for root in (tmp_path / "both", tmp_path / "queries"):
        settings = load_settings(root)
        left_out = ("tax_deduction_selection", "tax_usage_confirmation") if root.name == "queries" else ()
        settings.sources = [s for s in settings.sources if s.side == "upstream" and s.id not in left_out]
        take_in(settings, Night(NIGHTS[0]))
        with open_warehouse(settings) as con:
            names = ("core_upstream__invoice", "core_upstream__sighting", "core_upstream__coverage", "raw_reject")
            tables = [sorted(con.execute(f"FROM {name}").fetchall(), key=str) for name in names]
            read = con.execute("SELECT layout, status FROM raw_file WHERE layout <> 'tax_full_query'").fetchall()
        taken.append((tables, sorted(read)))
    (both, read), (queries, _) = taken
    assert read == [("tax_deduction_selection", "read"), ("tax_usage_confirmation", "read")]
    assert both == queries


def test_tax_export_understates_its_dimension(scenario: Scenario) -> None:
    path = files_of(scenario, "tax_input")[0]
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b'<dimension ref="A1"' in sheet
    assert len(read_sheet(path)) > 10


def test_copy_of_a_browser_has_the_same_bytes(scenario: Scenario) -> None:
    copies = [path for path in DROPPED[0] if path.stem.endswith(" (1)")]
    assert len(copies) == 2
    for copy in copies:
        assert copy.read_bytes() == copy.with_name(copy.name.replace(" (1)", "")).read_bytes()


def test_kingdee_kis_shows_a_voucher_once_and_balances(scenario: Scenario) -> None:
    path = files_of(scenario, "ledger_kingdee_kis")[0]
    _title, _company, header, *rows, last = read_sheet(path)
    place = {name: i for i, name in enumerate(header)}
    vouchers = [row[place["凭证字号"]] for row in rows]
    assert [bool(v) for v in vouchers] == [True, False, False] * (len(rows) // 3)
    assert last[0] == "合计"
    for side in ("借方", "贷方"):
        assert round(sum(row[place[side]] or 0 for row in rows), 2) == round(last[place[side]], 2)
    assert round(last[place["借方"]], 2) == round(last[place["贷方"]], 2)


def test_every_journal_has_one_party_line_per_entry(scenario: Scenario) -> None:
    accounts = {"ledger_kingdee_kis": "科目代码", "ledger_kingdee_eas": "科目编码", "ledger_voucher_list": "科目编码"}
    for folder, account in accounts.items():
        rows = read_ledger(scenario, folder)
        place = next(row.index(account) for row in rows if account in row)
        party_lines = [row for row in rows if len(row) > place and row[place] in {"2202", "1122"}]
        assert len(party_lines) == len(entries_of(scenario, folder)) > 0


def test_small_business_journal_has_its_header_on_row_three(scenario: Scenario) -> None:
    assert read_sheet(files_of(scenario, "ledger_voucher_list")[0])[2][:3] == ["记账日期", "凭证类型", "凭证号"]


def test_yonyou_u8_rows_are_gbk_and_three_per_entry(scenario: Scenario) -> None:
    paths = files_of(scenario, "ledger_yonyou_u8")
    with pytest.raises(UnicodeDecodeError):
        b"".join(path.read_bytes() for path in paths).decode("utf-8")
    rows = [row for path in paths for row in csv.DictReader(path.read_text(encoding="gbk").splitlines())]
    assert len(rows) == 3 * len(entries_of(scenario, "ledger_yonyou_u8")) > 0
    assert sum(Decimal(r["md"]) - Decimal(r["mc"]) for r in rows) == 0


def test_yonyou_u9c_keeps_eight_digits(scenario: Scenario) -> None:
    numbers = [row[6] for row in read_ledger(scenario, "ledger_yonyou_u9c_ap") if row[6] != "发票号"]
    assert len(numbers) == len(entries_of(scenario, "ledger_yonyou_u9c_ap")) > 0
    assert {len(number) for number in numbers} == {8}


def test_register_and_plain_ledger_hold_their_entries(scenario: Scenario) -> None:
    register = read_ledger(scenario, "ledger_input_invoice_register")
    assert len(register) - 1 == len(entries_of(scenario, "ledger_input_invoice_register")) > 0
    plain = [
        row
        for path in files_of(scenario, "ledger_plain_ledger_csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    ]
    filled = [row for row in plain if row["记账日期"]]
    assert len(filled) == len(entries_of(scenario, "ledger_plain_ledger_csv")) > 0
    assert {row["方向"] for row in filled} == {"进项", "销项"}


def test_settings_name_every_folder_that_files_come_in(scenario: Scenario) -> None:
    settings = load_settings(scenario.root)
    folders = {settings.source_folder(source) for source in settings.sources}
    assert {path.parent for path in DROPPED[0]} == folders


def test_files_are_dated_before_their_night(scenario: Scenario) -> None:
    latest = max(path.stat().st_mtime for path in DROPPED[0])
    assert latest < NIGHTS[0].replace(tzinfo=BEIJING).timestamp() < latest + 3600


def test_third_night_lacks_the_purchases_and_cuts_a_ledger(tmp_path: Path) -> None:
    nights = prepare_scenario(tmp_path, invoices=300).nights
    dropped = nights[2].drop_files()
    assert {path.parent.name for path in dropped if path.parent.name.startswith("tax")} == {"tax_output"}
    cut = next(path for path in dropped if path.parent.name == "ledger_kingdee_kis")
    assert not zipfile.is_zipfile(cut)
    assert all(zipfile.is_zipfile(p) for p in dropped if p.suffix == ".xlsx" and p != cut)
