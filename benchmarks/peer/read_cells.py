"""Every cell of a file by one reader, nothing else done with it. Arguments: file, reader.

Each reader runs in a process of its own and prints the rows (header included) and the cells that are not empty.
"""

# ruff: noqa: PLC0415 - a reader loads its own library only

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path


def main() -> None:
    path, reader = sys.argv[1:]
    rows, cells = READERS[reader](path)
    print(f"{rows} rows, {cells} cells")


def read_openpyxl(path: str) -> tuple[int, int]:
    from openpyxl import load_workbook  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return _count(load_workbook(path, read_only=True).active.iter_rows(values_only=True))


def read_calamine(path: str) -> tuple[int, int]:
    from python_calamine import CalamineWorkbook

    return _count(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def read_duckdb(path: str) -> tuple[int, int]:
    """The header counts as a row, as it does for the others."""
    import duckdb

    with duckdb.connect() as con:
        con.execute("CREATE TABLE t AS FROM read_csv($path, all_varchar = true)", {"path": path})
        (rows, *filled) = con.execute("SELECT count(*), count(COLUMNS(*)) FROM t").fetchone() or (0,)
    return rows + 1, sum(filled) + len(filled)


def read_fapiao(path: str) -> tuple[int, int]:
    """Our sheets of text cells, before a layout gives them meaning."""
    import pyarrow.compute as pc

    from pipelines.sources.decode import decode_file

    (sheet,) = decode_file(path, Path(path).read_bytes(), ["utf-8", "gb18030"])
    empty = sum(int((pc.binary_length(column).to_numpy() == 0).sum()) for column in sheet.cells.columns)
    return sheet.cells.num_rows, sheet.cells.num_rows * sheet.cells.num_columns - empty


def _count(rows: Iterable[Iterable[object]]) -> tuple[int, int]:
    counted = [sum(cell not in (None, "") for cell in row) for row in rows]
    return len(counted), sum(counted)


READERS = {"openpyxl": read_openpyxl, "calamine": read_calamine, "duckdb": read_duckdb, "fapiao": read_fapiao}

if __name__ == "__main__":
    main()
