"""`fapiao snapshot restore`, `diff` and `drill`: bring a kept night back, compare two, prove that it can be done."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsJson

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.snapshots.compare import Difference
    from pipelines.snapshots.restore import Restored

DIFF_HEADS = (
    "表 table",
    "记录 record",
    "变化 change",
    "原 old",
    "新 new",
    "变动的列 columns",
    "原金额 old CNY",
    "新金额 new CNY",
    "差额 difference CNY",
)


def restore(
    snapshot: Annotated[str, typer.Argument(help="快照编号 | Id of the snapshot.")] = "latest",
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="该时点前的最新快照 | The newest snapshot not after this moment."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="恢复到哪个目录，缺省为数据目录 | Target folder; the data root if left out."),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="只取一张表，存为 Parquet | One table only, as Parquet.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="YYYY-MM", help="只取一个期间，存为 Parquet | One period only, as Parquet."),
    ] = None,
    files: Annotated[
        bool,
        typer.Option(
            "--files",
            help="原样取出全部文件并逐字节核对，不建库 | All files as they are, checked; no database.",
        ),
    ] = False,
    over_live: Annotated[
        bool,
        typer.Option("--over-live", help="允许替换正在使用的工作库 | Replace a live working database; it is kept."),
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="恢复后发布该夜 | Publish the night afterwards.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """恢复快照 | Restore a data root, files, one table or period. Exit code 5: damaged, 2: the target is live."""
    from pipelines.settings import load_settings
    from pipelines.snapshots.restore import find_as_of

    settings = load_settings()
    chosen = find_as_of(settings, _parse_moment(as_of)) if as_of else snapshot
    if files:
        _hand_over(settings, chosen, into, as_json=as_json)
    elif table or period:
        _extract(settings, chosen, into, table, period, as_json=as_json)
    else:
        _restore_root(settings, chosen, into, over_live=over_live, publish=publish, as_json=as_json)


def _parse_moment(text: str) -> datetime:
    from pipelines.cli.moments import parse_moment

    return parse_moment(text, "--as-of")


def _extract(
    settings: Settings, chosen: str, into: Path | None, table: str | None, period: str | None, *, as_json: bool
) -> None:
    from pipelines.cli.output import print_json, print_table
    from pipelines.errors import UsageError
    from pipelines.snapshots.extract import extract_rows

    if into is None:
        raise UsageError("缺少目标目录 | A folder for the Parquet files is missing.", where="--into")
    extracted = extract_rows(settings, chosen, into, table, period)
    if as_json:
        print_json(extracted)
    else:
        title = f"快照 snapshot {extracted.snapshot_id}"
        print_table(["文件 file", "行 rows"], extracted.files, title=title)


def _hand_over(settings: Settings, chosen: str, into: Path | None, *, as_json: bool) -> None:
    from pipelines.cli.output import print_fields, print_json, print_line
    from pipelines.errors import UsageError
    from pipelines.snapshots.extract_files import hand_over

    if into is None:
        raise UsageError("缺少目标目录 | A folder for the files is missing.", where="--into")
    done = hand_over(settings, chosen, into)
    if as_json:
        print_json(done)
        return
    print_line(f"已取出并核对 taken out and checked: {done.snapshot_id}", "bold")
    print_fields({"目录 folder": done.folder, "文件 files": done.files, "字节 bytes": done.bytes})
    print_line("读法见 docs/snapshot-format.md，只需 Parquet 和 JSON | how to read them: docs/snapshot-format.md")


def _restore_root(
    settings: Settings, chosen: str, into: Path | None, *, over_live: bool, publish: bool, as_json: bool
) -> None:
    from pipelines.cli.output import print_json, show_progress
    from pipelines.snapshots.restore import restore_snapshot

    with show_progress("恢复快照 | restoring the snapshot"):
        restored = restore_snapshot(settings, chosen, into, over_live=over_live)
        is_published = publish and restored.rules_stopped == 0
        if is_published:
            _publish(restored)
    if as_json:
        print_json({"restored": restored, "is_published": is_published})
    else:
        _print_restored(restored, is_published=is_published)


def _publish(restored: Restored) -> None:
    from pipelines.night import Night
    from pipelines.publish import publish_night
    from pipelines.settings import load_settings

    publish_night(load_settings(restored.data_root), Night(restored.as_of))


def _print_restored(restored: Restored, *, is_published: bool) -> None:
    from pipelines.cli.output import print_fields, print_line

    print_line(f"已恢复 restored: {restored.snapshot_id}", "bold")
    print_fields(
        {
            "数据目录 data root": restored.data_root,
            "判断时点 as of": restored.as_of,
            "表 tables": restored.tables,
            "行 rows": restored.rows,
            "原始文件 received files": restored.landed_files,
            "已发布 published": is_published,
        }
    )
    for note in restored.notes:
        print_line(f"! {note}", "yellow")
    if restored.rules_stopped:
        print_line(
            "! 该夜有阻断规则未通过，未发布 | A stop-rule had failed that night: it was not published.", "yellow"
        )


def diff(
    old: Annotated[str, typer.Argument(help="较早的快照 | The earlier snapshot.")],
    new: Annotated[str, typer.Argument(help="较晚的快照 | The later snapshot.")] = "latest",
    limit: Annotated[int, typer.Option(min=0, help="每张表列出多少行 | Rows to list per table.")] = 20,
    as_json: AsJson = False,
) -> None:
    """比较两个快照 | Which invoices, ledger lines and items appeared, vanished or changed, and by how much."""
    from pipelines.cli.output import print_json, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.compare import diff_snapshots

    with show_progress("比较快照 | comparing the snapshots"):
        found = diff_snapshots(load_settings(), old, new, limit)
    if as_json:
        print_json(found)
    else:
        _print_difference(found)


def _print_difference(found: Difference) -> None:
    from pipelines.cli.output import print_line, print_table

    rows = [[t.table, t.appeared, t.vanished, t.changed, t.difference_cny] for t in found.tables]
    heads = ["表 table", "新增 appeared", "消失 vanished", "变动 changed", "差额 difference CNY"]
    print_table(heads, rows, title=f"{found.old} → {found.new}")
    changes = [change for table in found.tables for change in table.changes]
    if changes:
        print_table(
            DIFF_HEADS,
            [
                [c.table, c.record_id, c.change, c.old, c.new, c.columns, c.old_cny, c.new_cny, c.difference_cny]
                for c in changes
            ],
        )
    elif found.is_same:
        print_line("没有差别 | no difference")


def drill(
    snapshot: Annotated[
        str | None, typer.Argument(help="快照编号，缺省随机 | Id of the snapshot; a random one if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """恢复演练 | Restore a snapshot into a scratch folder and compare. Exit code 5: it could not be restored."""
    from pipelines.cli.output import print_json, print_line, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.drill import run_drill

    with show_progress("恢复演练 | restore drill"):
        found = run_drill(load_settings(), snapshot)
    if as_json:
        print_json(found)
    else:
        verdict = "演练成功 the drill succeeded" if found.is_good else "演练失败 THE DRILL FAILED"
        print_line(f"{verdict}: {found.snapshot_id}, {found.rows:,} 行 rows, {found.seconds:.1f} s", "bold")
        if found.problem:
            print_line(f"! {found.problem}", "yellow")
    raise typer.Exit(found.exit_code)
