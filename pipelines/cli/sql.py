"""`fapiao sql`: reading queries on the published database."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.exports.queries import Shape
    from pipelines.query import QueryResult

SHOWN_ROWS = 200


def run_sql(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[FILE.csv] SELECT",
            help='例 example: "SHOW TABLES", "FROM out__open_item LIMIT 20", --csv open.csv "..."',
        ),
    ],
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="输出 CSV，全部行；给出 FILE.csv 则写入 | CSV with every row, into FILE.csv if given."
        ),
    ] = False,
    bom: Annotated[
        bool,
        typer.Option(
            help="CSV 文件以 UTF-8 标记开头，Excel 直接打开不乱码 | Begin a CSV file so that Excel reads its Chinese."
        ),
    ] = True,
    as_json: AsJson = False,
    max_rows: Annotated[
        int | None, typer.Option(min=1, help=f"最多行数 | At most so many rows; {SHOWN_ROWS} in a table, else all.")
    ] = None,
    parquet: Annotated[Path | None, typer.Option(help="写入 Parquet 文件 | Write every row to this file.")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="写入 Excel 文件 | Write every row to this workbook.")] = None,
    time_limit: Annotated[
        float, typer.Option("--timeout", "--time-limit", min=0.1, help="超时秒数 | Stop after so many seconds.")
    ] = 60,
    memory_mb: Annotated[
        int | None,
        typer.Option("--memory", min=50, help="内存上限 MB | At most so much memory, not above the setting."),
    ] = None,
) -> None:
    """只读查询已发布的数据库 | Read-only SQL on the published database."""
    from pipelines.cli.output import show_progress
    from pipelines.query import run_query
    from pipelines.settings import load_settings

    settings = load_settings()
    if sum((as_csv, as_json, parquet is not None, xlsx is not None)) > 1:
        raise UsageError(
            "--csv、--json、--parquet、--xlsx 只能给一个 | Give one of --csv, --json, --parquet and --xlsx.",
            where="fapiao sql",
            found="several",
        )
    statement, csv_file = split_words(words, as_csv=as_csv)
    target = parquet or xlsx or csv_file
    if target:
        from pipelines.cli.output import print_line
        from pipelines.exports.queries import write_query

        shape: Shape = "parquet" if parquet else "xlsx" if xlsx else "csv_excel" if bom else "csv"
        with show_progress("查询 | querying"):
            rows = write_query(
                settings, statement, target, shape=shape, max_rows=max_rows, memory_limit_mb=memory_mb,
                time_limit_seconds=time_limit,
            )  # fmt: skip
        print_line(f"{rows:,} 行 rows → {target}")
        return
    limit = max_rows if max_rows or as_csv or as_json else SHOWN_ROWS
    with show_progress("查询 | querying"):
        result = run_query(
            settings, statement, max_rows=limit, memory_limit_mb=memory_mb, time_limit_seconds=time_limit
        )
    if as_csv:
        _print_csv(result)
    elif as_json:
        _print_records(result)
    else:
        _print_rows(result)


def split_words(words: list[str], *, as_csv: bool) -> tuple[str, Path | None]:
    """The statement, and the file that `--csv` writes: the one of two words that ends with `.csv`.

    UsageError for another number of words, or for two words of which not exactly one is such a file.
    """
    files = [word for word in words if word.lower().endswith(".csv")]
    if len(words) == 1:
        return words[0], None
    if as_csv and len(words) == 2 and len(files) == 1:
        (statement,) = (word for word in words if word not in files)
        return statement, Path(files[0])
    raise UsageError(
        "一次一条语句；CSV 文件名须以 .csv 结尾 | Give one statement; the file of --csv must end with .csv.",
        where="fapiao sql",
        found=f"{len(words)} words: {' '.join(words)[:80]}",
        expected='fapiao sql "SELECT ...", or fapiao sql --csv FILE.csv "SELECT ..."',
    )


def _print_csv(result: QueryResult) -> None:
    import csv
    import sys

    from pipelines.exports.queries import as_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([as_text(name) for name in result.columns])
    writer.writerows([as_text(value) for value in row] for row in result.rows)


def _print_records(result: QueryResult) -> None:
    from pipelines.cli.output import print_json

    if len(set(result.columns)) < len(result.columns):
        raise UsageError(
            "列名重复，JSON 会丢列 | Two columns have one name: JSON would lose one.",
            where="fapiao sql --json",
            found=", ".join(result.columns),
            next_step="用 AS 起不同的名字 | name them apart with AS",
        )
    print_json([dict(zip(result.columns, row, strict=True)) for row in result.rows])


def _print_rows(result: QueryResult) -> None:
    from pipelines.cli.output import print_line, print_rows

    print_rows(result.columns, result.rows)
    more = "，还有更多：用 --max-rows 或 --csv | there are more: --max-rows or --csv" if result.is_truncated else ""
    print_line(f"{len(result.rows):,} 行 rows, {result.seconds:.2f} s{more}")
