"""Parquet files: the column names are row 1, every value is text as a spreadsheet shows it."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources.decode import decode_file
from pipelines.sources.reasons import UnreadableFileError


def parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2)
    return file.getvalue()


def cells(table: pa.Table) -> list[list[str]]:
    (sheet,) = decode_file("账.parquet", parquet(table), [])
    assert sheet.cells.column_names == [f"c{place}" for place in range(sheet.cells.num_columns)]
    return [list(row.values()) for row in sheet.cells.to_pylist()]


def test_typed_values_of_several_row_groups_become_text() -> None:
    table = pa.table(
        {
            "日期": [date(2026, 8, 1), None, date(2026, 8, 3)],
            "时间": [datetime(2026, 8, 1), datetime(2026, 8, 2, 10, 11, 12), None],
            "金额": [Decimal("1.10"), Decimal("-2.00"), None],
            "行": [1, 2, 3],
            "名": pa.array(["甲", "甲", "乙"]).dictionary_encode(),
        }
    )
    assert cells(table) == [
        ["日期", "时间", "金额", "行", "名"],
        ["2026-08-01", "2026-08-01", "1.10", "1", "甲"],
        ["", "2026-08-02 10:11:12", "-2.00", "2", "甲"],
        ["2026-08-03", "", "", "3", "乙"],
    ]


def test_a_table_without_rows_has_its_names() -> None:
    assert cells(pa.table({"a": pa.array([], pa.string())})) == [["a"]]


def test_nested_columns_and_a_cut_file_are_refused_by_name() -> None:
    with pytest.raises(UnreadableFileError) as caught:
        cells(pa.table({"行": [[1]]}))
    assert "行" in caught.value.sentence.zh
    with pytest.raises(UnreadableFileError) as caught:
        decode_file("断.parquet", parquet(pa.table({"a": ["1"]}))[:-20], [])
    assert "断.parquet" in caught.value.sentence.zh
