"""`fapiao snapshot`: the kept nights. Listing and checking here, the other commands in the modules beside."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import snapshot_copies, snapshot_restore
from pipelines.cli.options import AsJson
from pipelines.cli.snapshot_refused import explained

if TYPE_CHECKING:
    from pipelines.snapshots.read import SnapshotInfo, Verification

app = typer.Typer(
    help="快照：列出、检查、恢复、比较、清理、复制 | The kept nights: list, verify, restore, diff, prune, push.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LIST_HEADS = (
    "快照 snapshot",
    "判断时点 as of",
    "文件 files",
    "行 rows",
    "字节 bytes",
    "新增字节 added",
    "阻断 stopped",
    "警告 warned",
    "说明 note",
)


@app.command("list")
def list_kept(as_json: AsJson = False) -> None:
    """列出快照 | List the snapshots, oldest first."""
    from pipelines.cli.output import print_json, print_line, print_table
    from pipelines.settings import load_settings
    from pipelines.snapshots.read import list_snapshots

    snapshots = list_snapshots(load_settings())
    if as_json:
        print_json(snapshots)
    elif snapshots:
        print_table(LIST_HEADS, [_list_row(snapshot) for snapshot in snapshots])
    else:
        print_line("还没有快照 | There is no snapshot yet: fapiao nightly")


def _list_row(kept: SnapshotInfo) -> list[object]:
    sizes = [kept.files, kept.rows, kept.size_bytes, kept.bytes_added, kept.rules_stopped, kept.rules_warned]
    notes = ["最新 latest" if kept.is_latest else "", f"保留 hold: {kept.hold}" if kept.hold else ""]
    return [kept.snapshot_id, kept.as_of, *sizes, kept.problem or ", ".join(note for note in notes if note)]


@app.command("verify")
def verify_kept(
    snapshot: Annotated[list[str] | None, typer.Argument(help="快照编号，缺省为全部 | Ids; all if left out.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="只看大小，不读内容 | Sizes only: flipped bits stay unseen.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="PLACE", help="检查别处的副本 | Check a copy where it lies: a folder or a URL."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """逐字节检查快照 | Read every byte and compare. Exit code 5: damaged, 3: there is nothing to check."""
    from pipelines.cli.output import print_json, show_progress

    with show_progress("检查快照 | verifying the snapshots"):
        verification = _verify(snapshot or None, quick=quick, at=at)
    if as_json:
        print_json(verification)
    else:
        _print_verification(verification)
    raise typer.Exit(verification.exit_code)


def _verify(only: list[str] | None, *, quick: bool, at: str | None) -> Verification:
    from pipelines.errors import UsageError
    from pipelines.settings import load_settings

    if at is None:
        from pipelines.snapshots.read import verify_snapshots

        return verify_snapshots(load_settings(), quick=quick, only=only)
    if only:
        raise UsageError(
            "副本只能整体核对 | A copy is checked as a whole.",
            where="--at",
            found=", ".join(only),
            expected=("不给编号 | no ids"),
        )
    from pipelines.snapshots.pull import verify_copy

    return verify_copy(load_settings(), at, quick=quick)


PROBLEMS = {
    "missing": "缺失",
    "bytes, expected": "大小不符",
    "sha256": "内容不符",
    "rows, expected": "行数不符",
    "names ": "指针不符",
    "stale": "指针过时",
    "chain broken": "前后不接",
    "signature": "签名不符",
    "not signed": "没有签名",
}
"""What stands in a problem, and what it says in Chinese; the first that fits."""


def _say_problem(problem: str) -> str:
    zh = next((zh for sign, zh in PROBLEMS.items() if sign in problem), "损坏")
    return f"{zh} | {problem}"


def _print_verification(found: Verification) -> None:
    from pipelines.cli.output import print_line, print_table

    if found.damages:
        print_table(
            ["文件 file", "问题 problem", "受影响的快照 snapshots"],
            [[damage.path, _say_problem(damage.problem), ", ".join(damage.snapshots)] for damage in found.damages],
        )
        print_line("    → fapiao snapshot repair 副本所在 | from a copy: fapiao snapshot repair PLACE")
    for note in found.notes:
        print_line(f"! {note}", "yellow")
    verdict = "完好 sound" if found.is_sound else "有损坏 DAMAGED" if found.damages else "没有快照 nothing to check"
    print_line(
        f"{verdict}: {len(found.snapshots):,} 快照 snapshots, {found.files:,} 文件 files, "
        f"读取 read {found.bytes_read:,} 字节 bytes, 已清理 pruned {found.pruned:,}",
        "bold red" if found.damages else "bold",
    )


app.command("restore")(explained(snapshot_restore.restore))
app.command("diff")(snapshot_restore.diff)
app.command("prune")(explained(snapshot_copies.prune))
app.command("hold")(explained(snapshot_copies.hold))
app.command("release")(explained(snapshot_copies.release))
app.command("push")(explained(snapshot_copies.push))
app.command("pull")(explained(snapshot_copies.pull))
app.command("repair")(explained(snapshot_copies.repair))
app.command("drill")(explained(snapshot_restore.drill))
