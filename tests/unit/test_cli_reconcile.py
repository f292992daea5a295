"""`fapiao reconcile` and `fapiao read` from the outside: exit codes, files, pure JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli.edge import run_command_line
from pipelines.errors import IntegrityError
from pipelines.model import LEDGER_ENTRY, UPSTREAM_INVOICE
from pipelines.settings import Settings
from pipelines.warehouse import connect

INVOICE = """
    INSERT INTO core_upstream__invoice BY NAME SELECT
        number AS record_id, '91110105MA01A1B2X3' AS taxpayer_id, 'input' AS direction, number AS invoice_number,
        TIMESTAMP '2026-09-01 10:00:00' AS issued_at, 100.00 AS amount_cny, 13.00 AS tax_cny, 113.00 AS total_cny,
        'normal' AS status, FALSE AS is_red, TIMESTAMP '2026-11-01 00:00:00' AS observed_at
    FROM (VALUES ('26112000000000000001'), ('26112000000000000002')) AS listed (number)
"""
ENTRY = """
    INSERT INTO core_ledger__entry BY NAME SELECT
        number AS record_id, '91110105MA01A1B2X3' AS taxpayer_id, 'input' AS direction, DATE '2026-09-02' AS posted_on,
        number AS invoice_reference, DATE '2026-09-01' AS invoice_date, 113.00 AS total_cny,
        TIMESTAMP '2026-11-01 00:00:00' AS observed_at
    FROM (VALUES ('26112000000000000001'), (?)) AS booked (number)
"""


def write_inputs(settings: Settings, folder: Path, second_reference: str) -> list[str]:
    con = connect(":memory:", settings)
    for table in (UPSTREAM_INVOICE, LEDGER_ENTRY):
        con.execute(table.create_sql)
    con.execute(INVOICE)
    con.execute(ENTRY, [second_reference])
    paths = {"--upstream": UPSTREAM_INVOICE, "--ledger": LEDGER_ENTRY}
    for option, table in paths.items():
        con.execute(f"COPY {table.name} TO '{folder / option[2:]}.parquet' (FORMAT parquet)")
    con.close()
    named = [part for option in paths for part in (option, f"{folder / option[2:]}.parquet")]
    return ["reconcile", *named, "--as-of", "2026-11-01", "--out", str(folder / "out")]


@pytest.fixture(autouse=True)
def own_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(tmp_path / "data"))


def test_clean_books_exit_with_0_under_fail_on_findings(settings: Settings, tmp_path: Path) -> None:
    arguments = write_inputs(settings, tmp_path, "26112000000000000002")
    assert run_command_line([*arguments, "--fail-on-findings"]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"recon__item.parquet", "recon__member.parquet"}


def test_a_result_that_lost_a_record_leaves_the_one_before(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command_line(write_inputs(settings, tmp_path, "26112000000000000002")) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    monkeypatch.setattr("pipelines.reconcile.parquet.count_result", lose_a_record)
    assert run_command_line(write_inputs(settings, tmp_path, "26119900000000000009")) == 5
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def lose_a_record(*_relations: object) -> None:
    raise IntegrityError("丢失 | lost")


def test_findings_exit_with_1_only_when_asked_for(settings: Settings, tmp_path: Path) -> None:
    arguments = write_inputs(settings, tmp_path, "26119900000000000009")
    assert run_command_line(arguments) == 0
    assert run_command_line([*arguments, "--fail-on-findings"]) == 1


def test_reconcile_prints_pure_json(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([*write_inputs(settings, tmp_path, "26112000000000000002"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdicts"] == [{"verdict": "matched", "cause": "exact", "items": 2}]
    assert answer["finding_count"] == 0


def test_reconcile_says_what_it_assumes_without_coverage(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(write_inputs(settings, tmp_path, "26112000000000000002")) == 0
    assert "No coverage was given" in capsys.readouterr().out


def test_text_that_is_no_parquet_exits_with_3_and_names_the_file(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write_inputs(settings, tmp_path, "26112000000000000002")
    (tmp_path / "ledger.parquet").write_text("凭证号,金额", encoding="utf-8")
    assert run_command_line(arguments) == 3
    said = capsys.readouterr().err
    assert "ledger.parquet" in said
    assert "Traceback" not in said


def test_read_accounts_for_every_row_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "发票.csv"
    path.write_text(
        "发票代码,发票号码,开票日期,金额,税额,价税合计,发票状态\n"
        ",26112000000000000001,2026-09-01,100.00,13.00,113.00,正常\n"
        ",26112000000000000002,neverday,100.00,13.00,113.00,正常\n",
        encoding="utf-8",
    )
    arguments = ["read", str(path), "--layout", "plain_upstream_csv", "--out", str(tmp_path / "out"), "--json"]
    more = ["--taxpayer-id", "91110105MA01A1B2X3", "--direction", "input"]
    assert run_command_line([*arguments, *more]) == 0
    (read,) = json.loads(capsys.readouterr().out)["files"]
    assert (read["rows_kept"], read["rows_rejected"]) == (1, 1)
    assert read["rows_read"] == read["rows_kept"] + read["rows_rejected"] + read["rows_ignored"]


def test_read_accounts_for_each_file_and_fails_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("甲.csv", "空.csv", "乙.csv", "无.csv")
    for name in names[:3]:
        content = "" if name == "空.csv" else f"记账日期,凭证号,金额\n2026-09-01,{name[0]}-1,100.00\n"
        (tmp_path / name).write_text(content, encoding="utf-8")
    out = tmp_path / "out"
    files = [str(tmp_path / name) for name in names]
    more = [
        "--layout",
        "plain_ledger_csv",
        "--out",
        str(out),
        "--taxpayer-id",
        "91110105MA01A1B2X3",
        "--direction",
        "input",
    ]
    assert run_command_line(["read", *files, *more, "--json"]) == 3
    printed = capsys.readouterr()
    read = json.loads(printed.out)["files"]
    assert [(file["status"], file["rows_kept"]) for file in read] == [("read", 1), ("stopped", 0)] * 2
    assert ("空.csv" in printed.err, "无.csv" in printed.err) == (True, True)
    assert sorted(pq.read_table(out / "core_ledger__entry.parquet")["voucher_no"].to_pylist()) == ["乙-1", "甲-1"]


def test_read_writes_nothing_if_no_file_can_be_used(tmp_path: Path) -> None:
    arguments = ["read", str(tmp_path / "无.csv"), "--layout", "plain_ledger_csv", "--out", str(tmp_path / "out")]
    assert run_command_line(arguments) == 3
    assert list((tmp_path / "out").iterdir()) == []


def test_layouts_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["layouts", "--json"]) == 0
    assert "tax_full_query" in {layout["name"] for layout in json.loads(capsys.readouterr().out)}
