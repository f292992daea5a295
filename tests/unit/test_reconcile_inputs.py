"""What `fapiao reconcile` refuses of its input files, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli.edge import run_command_line
from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE
from tests.spec.tables import covered, entry, invoice, read_rows, write_table

TABLES = {
    "upstream": (UPSTREAM_INVOICE, [invoice("u1"), invoice("u2", "26112000000999999999")]),
    "ledger": (LEDGER_ENTRY, [entry("l1"), entry("l2", "26112000000999999999")]),
    "coverage": (COVERAGE, covered()),
}
AUGUST_10_AT_1 = datetime(2026, 8, 9, 17, tzinfo=UTC)  # Beijing time


@pytest.fixture(autouse=True)
def own_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(tmp_path / "data"))


def run(folder: Path, changes: dict[tuple[str, str], Sequence[Any] | pa.Array] | None = None) -> int:
    """The exit code, after columns of the files were changed: (file, column) to the values from the first row on."""
    for name, (table, rows) in TABLES.items():
        path = write_table(table, rows, folder / f"{name}.parquet")
        for (file, column), values in (changes or {}).items():
            if file == name:
                change_column(path, column, values)
    named = [part for name in TABLES for part in (f"--{name}", str(folder / f"{name}.parquet"))]
    return run_command_line(["reconcile", *named, "--as-of", "2026-11-24 02:00", "--out", str(folder / "out")])


def change_column(path: Path, column: str, values: Sequence[Any] | pa.Array) -> None:
    table = pq.read_table(path)
    place = table.schema.get_field_index(column)
    if not isinstance(values, pa.Array):
        rest = table.column(column).to_pylist()[len(values) :]
        values = pa.array([*values, *rest], table.schema.field(column).type)
    pq.write_table(table.set_column(place, column, values), path)


REQUIRED = [
    (name, column.name)
    for name, (table, _) in TABLES.items()
    for column in table.columns
    if column.is_required
]  # fmt: skip


@pytest.mark.parametrize(("file", "column"), REQUIRED)
def test_a_required_value_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, column: str
) -> None:
    assert run(tmp_path, {(file, column): [None]}) == 3
    said = capsys.readouterr().err
    assert f"{file}.parquet, {column}\n" in said
    assert "NULL" in said
    assert "row 1" in said


UNUSABLE = [
    ("upstream", "status", ["已作废"], "已作废 (record_id u1; rows like it: 1)"),
    ("upstream", "direction", ["buy"], "input, output"),
    ("ledger", "direction", ["buy"], "record_id l1"),
    ("coverage", "direction", ["buy"], "issue_date 2026-01-01"),
    ("ledger", "total_cny", pa.array(["1,130.00", "1130.00"]), "1,130.00 (record_id l1"),
    ("ledger", "tax_cny", pa.array(["abc", None]), "an amount such as 1234.56"),
    ("ledger", "total_cny", pa.array([float("nan"), 1130.0]), "nan (record_id l1"),
    ("upstream", "issued_at", pa.array(["2026年7月1日", "2026-07-01"]), "2026年7月1日 (record_id u1"),
    ("ledger", "invoice_date", pa.array([None, "hello"]), "hello (record_id l2"),
    ("upstream", "is_red", pa.array(["nein", "false"]), "true or false"),
    ("upstream", "invoice_number", ["--"], "a text that begins with a digit or letter"),
    ("ledger", "taxpayer_id", [""], "a text that begins with a digit or letter"),
    ("ledger", "total_cny", [Decimal("6000000000000000.00")], "an amount below a trillion CNY"),
    ("ledger", "posted_on", [date(9999, 12, 31)], "9999-12-31 (record_id l1"),
    ("upstream", "issued_at", pa.array(["infinity", "2026-07-01"]), "a moment from 1900 to 2199"),
    ("upstream", "seller_name", pa.array([b"\xff\xfe", b"x"]), "a text"),
    ("ledger", "total_cny", [None], "at least one of them"),
]


@pytest.mark.parametrize(("file", "column", "values", "told"), UNUSABLE)
def test_a_value_that_cannot_be_used_is_told_with_its_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, column: str, values: Sequence[Any], told: str
) -> None:
    assert run(tmp_path, {(file, column): values}) == 3
    said = capsys.readouterr().err
    assert f"{file}.parquet, " in said
    assert column in said
    assert told in said


@pytest.mark.parametrize(("file", "record_id"), [("upstream", "u2"), ("ledger", "l2")])
def test_a_record_id_that_repeats_is_refused_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, record_id: str
) -> None:
    assert run(tmp_path, {(file, "record_id"): [record_id]}) == 3
    assert f"{record_id} in 2 rows" in capsys.readouterr().err


BENIGN = [
    ("ledger", "total_cny", pa.array([1130.0, 1130.0])),
    ("ledger", "total_cny", pa.array([Decimal("1130.0000")] * 2, pa.decimal128(12, 4))),
    ("ledger", "total_cny", pa.array(["1130.00", "1130"])),
    ("upstream", "status", pa.array(["normal", "normal"]).dictionary_encode()),
    ("ledger", "record_id", pa.array(["l1", "l2"], pa.large_string())),
    ("ledger", "record_id", pa.array([1, 2])),
    ("ledger", "source_row", pa.array(["A1", None])),
    ("ledger", "invoice_date", pa.array(["2026-08-10", None])),
    ("upstream", "issued_at", pa.array([date(2026, 8, 10)] * 2)),
    ("upstream", "issued_at", pa.array([datetime(2026, 8, 10, 10)] * 2, pa.timestamp("ns"))),
    ("upstream", "issued_at", pa.array([AUGUST_10_AT_1] * 2, pa.timestamp("us", tz="UTC"))),
    ("upstream", "issued_at", pa.array([AUGUST_10_AT_1] * 2, pa.timestamp("ns", tz="America/New_York"))),
    ("upstream", "issued_at", pa.array(["2026-08-09T17:00:00Z", "2026-08-10T01:00:00+08:00"])),
    ("ledger", "invoice_date", pa.array([AUGUST_10_AT_1] * 2, pa.timestamp("ms", tz="UTC"))),
    ("coverage", "fetched_at", [None]),
]


@pytest.mark.parametrize(("file", "column", "values"), BENIGN)
def test_another_type_for_the_same_value_is_taken(
    tmp_path: Path, file: str, column: str, values: Sequence[Any]
) -> None:
    """Moments with a time zone too: 17:00 in London is the next day in Beijing."""
    dated: dict[tuple[str, str], Any] = {("ledger", "invoice_date"): [date(2026, 8, 10)] * 2}
    assert run(tmp_path, dated | {(file, column): values}) == 0
    assert [item["cause"] for item in read_rows(tmp_path / "out" / "recon__item.parquet")] == ["exact", "exact"]


def test_an_output_folder_that_is_a_file_is_a_wrong_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("notes", encoding="utf-8")
    assert run(tmp_path) == 2
    assert "--out" in capsys.readouterr().err


def reconcile_files(folder: Path, names: dict[str, str]) -> list[str]:
    """Causes, after the tables were written to files of these names."""
    paths = {name: folder / names.get(name, f"{name}.parquet") for name in TABLES}
    for name, (table, rows) in TABLES.items():
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        write_table(table, rows, paths[name])
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    out = folder / names.get("out", "out")
    assert run_command_line(["reconcile", *named, "--as-of", "2026-11-24 02:00", "--out", str(out)]) == 0
    return [item["cause"] for item in read_rows(out / "recon__item.parquet")]


@pytest.mark.parametrize(
    "names",
    [
        {"ledger": "ledger[1].parquet"},
        {"upstream": "u*.parquet"},
        {"ledger": "direction=output/l.parquet"},
        {"upstream": "status=void/u.parquet"},
        {"out": "verdict=mismatched"},
        {"out": "o[1]"},
    ],
)
def test_a_file_is_read_as_it_is_whatever_its_name_looks_like(tmp_path: Path, names: dict[str, str]) -> None:
    write_table(LEDGER_ENTRY, [entry("l9", "26112000000777777777")], tmp_path / "ledger1.parquet")
    write_table(UPSTREAM_INVOICE, [invoice("u9", "26112000000777777777")], tmp_path / "u9.parquet")
    assert reconcile_files(tmp_path, names) == ["exact", "exact"]


def test_columns_may_be_written_in_capitals(tmp_path: Path) -> None:
    assert run(tmp_path) == 0
    for name in TABLES:
        path = tmp_path / f"{name}.parquet"
        table = pq.read_table(path)
        pq.write_table(table.rename_columns([column.upper() for column in table.column_names]), path)
    named = [part for name in TABLES for part in (f"--{name}", str(tmp_path / f"{name}.parquet"))]
    assert run_command_line(["reconcile", *named, "--as-of", "2026-11-24 02:00", "--out", str(tmp_path / "out")]) == 0
    assert [item["cause"] for item in read_rows(tmp_path / "out" / "recon__item.parquet")] == ["exact", "exact"]


def test_text_that_is_stored_as_bytes_is_text(tmp_path: Path) -> None:
    name = pa.array(["上海示例材料有限公司".encode()] * 2)
    assert run(tmp_path, {("upstream", "seller_name"): name, ("upstream", "seller_tax_id"): [None, None]}) == 0
    assert [item["cause"] for item in read_rows(tmp_path / "out" / "recon__item.parquet")] == ["exact", "exact"]


def test_digits_of_another_width_in_the_tax_systems_number_stop_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, {("upstream", "invoice_number"): ["2611200000012345678９"]}) == 0
    assert "not_found" in {item["cause"] for item in read_rows(tmp_path / "out" / "recon__item.parquet")}
