"""`fapiao snapshot prune`, `hold`, `release`, `push`, `pull`, `repair`: what is kept, and where else it is kept."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsJson

if TYPE_CHECKING:
    from pipelines.snapshots.prune import Pruned

PlaceArgument = Annotated[
    str, typer.Argument(metavar="PLACE", help="副本存放处：目录或 s3://桶/前缀 | A folder, s3://bucket/prefix, ...")
]
IdArgument = Annotated[str, typer.Argument(metavar="SNAPSHOT", help="快照编号 | Id of the snapshot.")]


def prune(
    daily: Annotated[int, typer.Option(help="保留最近几天 | Days of which the last snapshot stays.")] = 0,
    weekly: Annotated[int, typer.Option(help="保留最近几周 | Weeks of which the last snapshot stays.")] = 0,
    monthly: Annotated[int, typer.Option(help="保留最近几月 | Months of which the last snapshot stays.")] = 0,
    yearly: Annotated[int, typer.Option(help="保留最近几年 | Years of which the last snapshot stays.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只说明，不清理 | Say what would go, remove nothing.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="PLACE",
            help="清理副本：删去本库已清理的快照；不加 --remove 只说明 | Prune a copy: what was pruned here goes there "
            "too; says only, without --remove.",
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="与 --at 同用：真正删除 | With --at: really remove.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """清理旧快照 | Remove what neither the policy nor a hold keeps. Exit code 2: empty policy, 5: damaged store."""
    if at is not None:
        _prune_copy(
            at, is_policy_given=any((daily, weekly, monthly, yearly)), dry_run=dry_run or not remove, as_json=as_json
        )
        return
    from pipelines.cli.output import print_json, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.policy import Policy
    from pipelines.snapshots.prune import prune_snapshots

    with show_progress("清理快照 | pruning the snapshots"):
        found = prune_snapshots(load_settings(), Policy(daily, weekly, monthly, yearly), dry_run=dry_run)
    if as_json:
        print_json(found)
    else:
        _print_pruned(found)


def _prune_copy(place: str, *, is_policy_given: bool, dry_run: bool, as_json: bool) -> None:
    from pipelines.cli.output import print_json, print_line, show_progress
    from pipelines.errors import UsageError
    from pipelines.settings import load_settings
    from pipelines.snapshots.far_prune import prune_copy

    if is_policy_given:
        raise UsageError(
            "--at 不接受保留天数：副本只删本库已清理的快照 | --at takes no policy: a copy loses what was pruned here.",
            next_step="fapiao snapshot prune --daily N ...; then fapiao snapshot prune --at PLACE",
        )
    with show_progress("清理副本 | pruning the copy"):
        found = prune_copy(load_settings(), place, dry_run=dry_run)
    if as_json:
        print_json(found)
        return
    done = "将删除（未执行，加 --remove 执行） would remove" if found.is_dry_run else "已删除 removed"
    print_line(
        f"{done}: {len(found.removed):,} 快照 snapshots, {found.files:,} 文件 files, {found.bytes_freed:,} 字节 bytes; "
        f"保留 kept {len(found.kept):,}",
        "bold",
    )


def _print_pruned(found: Pruned) -> None:
    from pipelines.cli.output import print_line, print_table

    rows = [
        *((kept, "保留 keep", why) for kept, why in found.kept),
        *((gone, "清理 remove", "-") for gone in found.removed),
    ]
    print_table(["快照 snapshot", "处理 what", "原因 why"], sorted(rows))
    done = "将清理（未执行） would remove" if found.is_dry_run else "已清理 removed"
    print_line(
        f"{done}: {len(found.removed):,} 快照 snapshots, {found.files:,} 文件 files, {found.bytes_freed:,} 字节 bytes",
        "bold",
    )


def hold(
    snapshot: IdArgument,
    why: Annotated[str, typer.Option("--why", help="保留原因 | Why it must stay, and on whose word.")],
) -> None:
    """保留一个快照，不得清理 | Keep a snapshot from being pruned."""
    from pipelines.cli.output import print_line
    from pipelines.settings import load_settings
    from pipelines.snapshots.holds import hold_snapshot

    print_line(f"已保留 held: {hold_snapshot(load_settings(), snapshot, why)}")


def release(snapshot: IdArgument) -> None:
    """解除保留 | End a hold."""
    from pipelines.cli.output import print_line
    from pipelines.settings import load_settings
    from pipelines.snapshots.holds import release_snapshot

    print_line(f"已解除 released: {release_snapshot(load_settings(), snapshot)}")


def push(place: PlaceArgument, as_json: AsJson = False) -> None:
    """复制到别处并逐字节核对 | Copy all snapshots elsewhere, read back. Exit code 4: unreachable, 5: damage."""
    from pipelines.cli.output import print_json, print_line, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.push import push_store

    with show_progress("复制快照 | copying the snapshots"):
        pushed = push_store(load_settings(), place)
    if as_json:
        print_json(pushed)
    else:
        print_line(
            f"已复制 pushed: {len(pushed.snapshots):,} 快照 snapshots, 新送 sent {pushed.files_sent:,} 文件 files "
            f"{pushed.bytes_sent:,} 字节 bytes, 已有 there {pushed.files_there:,}",
            "bold",
        )


def pull(place: PlaceArgument, as_json: AsJson = False) -> None:
    """从副本取回 | Fetch what this store lacks from a copy. Exit code 4: unreachable, 5: the copy does not fit."""
    from pipelines.cli.output import print_json, print_line, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.pull import pull_store

    with show_progress("取回快照 | fetching the snapshots"):
        pulled = pull_store(load_settings(), place)
    if as_json:
        print_json(pulled)
    else:
        print_line(
            f"已取回 pulled: {len(pulled.snapshots):,} 快照 snapshots, "
            f"新取 fetched {pulled.files_fetched:,} 文件 files {pulled.bytes_fetched:,} 字节 bytes",
            "bold",
        )
        print_line("恢复数据目录 | to restore a data root: fapiao snapshot restore latest")


def repair(place: PlaceArgument, as_json: AsJson = False) -> None:
    """用副本修复损坏的文件 | Fetch damaged or missing files from a copy. Exit code 5: something stays damaged."""
    from pipelines.cli.output import print_json, print_line, print_table, show_progress
    from pipelines.settings import load_settings
    from pipelines.snapshots.repair import repair_store

    with show_progress("修复快照 | repairing the snapshots"):
        found = repair_store(load_settings(), place)
    if as_json:
        print_json(found)
    else:
        rows = [*((path, "已修复 repaired") for path in found.repaired), *found.failed]
        rows += [(damage.path, damage.problem) for damage in found.after.damages]
        if rows:
            print_table(["文件 file", "结果 result"], rows)
        verdict = "完好 sound" if found.exit_code == 0 else "仍有损坏 STILL DAMAGED"
        print_line(f"{verdict}: 已修复 repaired {len(found.repaired):,}", "bold")
    raise typer.Exit(found.exit_code)
