"""The Parquet files that `fapiao reconcile` is given, as views of the core tables, once they keep to the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import BadInputError
from pipelines.model import LEDGER_ENTRY, LINEAGE, Direction, Status, Table
from pipelines.model.table import Column
from pipelines.warehouse import Connection, memory_explained

CLOSED_LISTS: Mapping[str, tuple[str, ...]] = {"direction": tuple(Direction), "status": tuple(Status)}
READABLE = {
    "DATE": "a date such as 2026-09-01",
    "TIMESTAMP": "a moment such as 2026-09-01 10:00:00",
    "DECIMAL(18,2)": "an amount such as 1234.56",
    "BOOLEAN": "true or false",
}
PLAIN = '"{0}"'
BYTES = 'TRY(decode("{0}"))'
"""Text that a file holds as bytes, without saying that it is UTF-8."""
MOMENTS = {
    "TIMESTAMP WITH TIME ZONE": 'beijing_clock("{0}")',
    "VARCHAR": 'written_moment("{0}")',
    "BLOB": 'written_moment(TRY(decode("{0}")))',
}
"""How a moment that has a time zone, or may have one, is read (sql/recon/input.sql)."""

LIMITS: Mapping[str, tuple[str, str, str]] = {
    "DATE": ("DATE '1900-01-01'", "DATE '2199-12-31'", "a date from 1900 to 2199"),
    "TIMESTAMP": ("TIMESTAMP '1900-01-01'", "TIMESTAMP '2199-12-31'", "a moment from 1900 to 2199"),
    "DECIMAL(18,2)": ("-999999999999.99", "999999999999.99", "an amount below a trillion CNY"),
}
"""What no invoice goes beyond, by type. A file's statistics tell the least and the greatest value for nothing."""

NUMBERS = {"invoice_number", "taxpayer_id"}
"""Texts that begin with a digit or letter where there is anything at all: blanks and `--` come before."""

UNUSABLE = "输入文件中有不能使用的值 | An input file holds values that cannot be used."
NO_MONEY = "账上有分录没有金额 | Ledger lines state no money."
NOT_UNIQUE = "输入文件中记录号重复 | An input file holds a record_id more than once."


@dataclass(frozen=True)
class InputFile:
    """`kinds` holds the types of the file's columns by name in small letters, `source` what DuckDB selects from."""

    table: Table
    path: Path
    source: str
    kinds: Mapping[str, str]

    def read(self, column: Column, cast: str) -> str:
        """SQL of a column in its declared type; with the cast TRY_CAST a value that cannot be read is NULL."""
        kind = self.kinds.get(column.name)
        if kind is None:
            return f"NULL::{column.type}"
        plain = BYTES if kind == "BLOB" else PLAIN
        form = MOMENTS.get(kind, plain) if column.type in ("DATE", "TIMESTAMP") else plain
        return f"{cast}({form.format(column.name)} AS {column.type})"


@dataclass(frozen=True)
class Rule:
    """What every row of a file must hold: `good` is NULL in a row that breaks it, `shown` is what stands there.

    `holds` tells it of the whole file, where that is cheaper than counting.
    """

    columns: str
    good: str
    shown: str
    expected: str
    message: str = UNUSABLE
    holds: str | None = None


def attach_input(con: Connection, table: Table, path: Path) -> None:
    """The file as a view with every declared column in its declared type; absent optional columns are NULL.

    Raises BadInputError that names the file, the column, a record and its value, if a column is missing, a required one
    is NULL, a value cannot be read or is none of a closed list, a ledger line has no money, or a record_id repeats.
    """
    if not path.is_file():
        raise BadInputError(
            "输入文件不存在 | An input file does not exist.", where=path, expected=f"Parquet of {table.name}"
        )
    file = _describe(con, table, path)
    _check_columns(file)
    try:
        with memory_explained(path.name):
            _check_rows(con, file)
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    columns = ", ".join(f'{file.read(c, "CAST")} AS "{c.name}"' for c in table.columns)
    con.execute(f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM {file.source}')


def _describe(con: Connection, table: Table, path: Path) -> InputFile:
    source = parquet_source(path)
    try:
        described = con.execute(f"SELECT lower(column_name), column_type FROM (DESCRIBE SELECT * FROM {source})")
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    return InputFile(table, path, source, dict(described.fetchall()))


def parquet_source(path: Path) -> str:
    """SQL that reads this one file: no sign in its name stands for others, no folder of its path for a column."""
    literal = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path)).replace("'", "''")
    return f"read_parquet('{literal}', hive_partitioning = FALSE)"


def _unreadable(path: Path, error: duckdb.Error) -> BadInputError:
    return BadInputError(
        "文件不是可读的 Parquet | The file is no readable Parquet.", where=path, found=str(error).splitlines()[0]
    )


def _check_columns(file: InputFile) -> None:
    missing = [c.name for c in file.table.columns if c.is_required and c.name not in file.kinds]
    if missing:
        raise BadInputError(
            "输入文件缺少列 | Columns are missing from an input file.",
            where=file.path,
            found=", ".join(sorted(file.kinds)),
            expected=", ".join(missing),
            next_step=f"give the file the columns of {file.table.name}",
        )


def _check_rows(con: Connection, file: InputFile) -> None:
    """Only if something is wrong is a row of it looked for. One query a rule: that a column holds no NULL is read off
    the statistics of the file, which a query for several of them at once does not use."""
    n_rows = _count(con, file, "*")
    for rule in (*_column_rules(file), *_money_rules(file), *_limit_rules(file)):
        if rule.holds and con.execute(f"SELECT {rule.holds} FROM {file.source}").fetchall() != [(False,)]:
            continue
        n_good = _count(con, file, rule.good)
        if n_good < n_rows:
            raise _broken(con, file, rule, n_rows - n_good)
    # 64 bits instead of the text take half the time; that two ids share them is ruled out before a file is refused.
    if file.table.key == ("record_id",) and _count(con, file, "DISTINCT hash(record_id)") < n_rows:
        _refuse_repeated(con, file)


def _count(con: Connection, file: InputFile, counted: str) -> int:
    return int(con.execute(f"SELECT count({counted}) FROM {file.source}").fetchall()[0][0])


def _column_rules(file: InputFile) -> Iterator[Rule]:
    """Whatever the type of a column does not say already. NULL alone costs nothing: Parquet's statistics count it."""
    for column in file.table.columns:
        name, read = column.name, file.read(column, "TRY_CAST")
        shown = f'CAST("{name}" AS VARCHAR)'
        expected = READABLE.get(column.type, "a text") + (", never NULL" if column.is_required else "")
        if name in CLOSED_LISTS:
            words = ", ".join(f"'{word}'" for word in CLOSED_LISTS[name])
            yield Rule(name, f"CASE WHEN {read} IN ({words}) THEN 1 END", shown, ", ".join(CLOSED_LISTS[name]))
        elif column.is_required:
            yield Rule(name, read, shown, expected)
        elif file.kinds.get(name, column.type) != column.type and column not in LINEAGE:
            yield Rule(name, f'CASE WHEN "{name}" IS NULL OR {read} IS NOT NULL THEN 1 END', shown, expected)


def _limit_rules(file: InputFile) -> Iterator[Rule]:
    """What has its type and is no value of an invoice: sums and windows could not be worked out."""
    for column in file.table.columns:
        name, read = column.name, file.read(column, "TRY_CAST")
        if name not in file.kinds:
            continue
        shown = f'CAST("{name}" AS VARCHAR)'
        if column.type in LIMITS:
            low, high, expected = LIMITS[column.type]
            good = f"CASE WHEN coalesce({read} BETWEEN {low} AND {high}, TRUE) THEN 1 END"
            yield Rule(name, good, shown, expected, holds=f"min({read}) >= {low} AND max({read}) <= {high}")
        elif name in NUMBERS:
            good = f"CASE WHEN {read} >= '0' THEN 1 END"
            yield Rule(name, good, shown, "a text that begins with a digit or letter", holds=f"min({read}) >= '0'")


def _money_rules(file: InputFile) -> Iterator[Rule]:
    """A line without any money would agree with everything: nothing is there to compare."""
    if file.table is LEDGER_ENTRY:
        either = [file.read(c, "TRY_CAST") for c in file.table.columns if c.name in ("amount_cny", "total_cny")]
        names, expected = "amount_cny, total_cny", "at least one of them in every line"
        yield Rule(names, f"coalesce({', '.join(either)})", "NULL", expected, NO_MONEY)


def _broken(con: Connection, file: InputFile, rule: Rule, n_rows: int) -> BadInputError:
    """The error of a rule, with the first of the rows that break it, named by its place and the key of the table."""
    key = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in file.table.key)
    rows = f"{file.source[:-1]}, file_row_number = TRUE)"
    bad = f"FROM {rows} WHERE ({rule.good}) IS NULL ORDER BY file_row_number LIMIT 1"
    value, number, *named = con.execute(f"SELECT {rule.shown}, file_row_number + 1, {key} {bad}").fetchall()[0]
    row = ", ".join(f"{name} {text or 'NULL'}" for name, text in zip(file.table.key, named, strict=True))
    shown = "NULL" if value is None else value
    return BadInputError(
        rule.message,
        where=f"{file.path}, {rule.columns}",
        found=f"{shown} ({row}; rows like it: {n_rows:,}), 第 {number:,} 行 | row {number:,}",
        expected=rule.expected,
    )


def _refuse_repeated(con: Connection, file: InputFile) -> None:
    query = f"SELECT CAST(record_id AS VARCHAR), count(*) FROM {file.source} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    repeated = con.execute(query).fetchall()
    if repeated:
        record, n_rows = repeated[0]
        raise BadInputError(
            NOT_UNIQUE,
            where=f"{file.path}, record_id",
            found=f"{record} in {n_rows:,} rows ({len(repeated):,} such ids)",
            expected="every record_id once",
        )
