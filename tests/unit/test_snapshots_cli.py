"""`fapiao snapshot ...`: what the commands print and which exit codes they give."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import edge
from pipelines.settings import Settings
from pipelines.snapshots import store
from pipelines.snapshots.read import open_snapshot
from pipelines.warehouse import connect

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


@pytest.fixture(autouse=True)
def root(two_nights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(two_nights, tmp_path / "data")
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> int:
    return edge.run_command_line(["snapshot", *arguments])


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def damage(root: Path, snapshot_id: str = TWO) -> str:
    entry = open_snapshot(Settings(data_root=root), snapshot_id).files_of("core_ledger__entry")[-1]
    path = root / "snapshots" / entry["path"]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    return str(entry["path"])


def count_entries(path: Path) -> int:
    con = connect(path, Settings(), read_only=True)
    try:
        (found,) = con.execute("SELECT count(*) FROM core_ledger__entry").fetchone() or (0,)
    finally:
        con.close()
    return int(found)


def test_restore_builds_and_publishes_another_root(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "restore", ONE, "--into", str(root.parent / "new"))
    assert (found["restored"]["snapshot_id"], found["is_published"]) == (ONE, True)
    assert count_entries(root.parent / "new" / "published" / "recon.duckdb") == 5


def test_restore_over_a_live_root_exits_with_2_unless_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("restore", ONE) == 2
    assert "--over-live" in capsys.readouterr().err
    assert count_entries(root / "warehouse" / "recon.duckdb") == 6
    assert run("restore", ONE, "--over-live") == 0
    assert count_entries(root / "warehouse" / "recon.duckdb") == 5


def test_restore_as_of_a_day_takes_the_newest_before_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(root.parent / "new")
    found = run_json(capsys, "restore", "--as-of", "2026-11-24 23:00", "--into", target, "--no-publish")
    assert (found["restored"]["snapshot_id"], found["is_published"]) == (ONE, False)
    assert not (Path(target) / "published").exists()
    assert run("restore", "--as-of", "2020-01-01", "--into", target) == 2


def test_restore_of_one_table_and_period_writes_parquet(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = root.parent / "out"
    assert run("restore", ONE, "--table", "recon__item", "--period", "2026-10", "--into", str(out)) == 0
    assert (out / "recon__item.2026-10.parquet").is_file()
    assert run("restore", ONE, "--table", "recon__item") == 2
    assert "--into" in capsys.readouterr().err


def test_a_damaged_snapshot_is_not_restored_and_exits_with_5(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = damage(root)
    assert run("restore", TWO, "--into", str(root.parent / "new")) == 5
    assert path in capsys.readouterr().err


def test_diff_shows_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "diff", ONE, TWO)
    entries = next(table for table in found["tables"] if table["table"] == "core_ledger__entry")
    assert (entries["appeared"], entries["difference_cny"]) == (1, "7.00")
    assert run("diff", ONE, TWO) == 0
    assert "7.00" in capsys.readouterr().out
    assert run("diff", "latest") == 0
    assert "no difference" in capsys.readouterr().out
    assert run("diff", ONE, "tomorrow") == 2


def test_prune_refuses_an_empty_policy_and_can_only_say_what_it_would_do(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("prune") == 2
    assert "--daily" in capsys.readouterr().err
    assert run_json(capsys, "prune", "--daily", "1", "--dry-run")["removed"] == [ONE]
    assert len(run_json(capsys, "list")) == 2
    assert run("prune", "--daily", "1") == 0
    assert "removed: 1" in capsys.readouterr().out
    assert [kept["snapshot_id"] for kept in run_json(capsys, "list")] == [TWO]


def test_prune_of_a_damaged_chain_exits_with_5(root: Path) -> None:
    (root / "snapshots" / "manifests" / f"{ONE}.json").unlink()
    assert run("prune", "--daily", "1") == 5


def test_hold_and_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hold", ONE, "--why", "tax audit") == 0
    assert f"held: {ONE}" in capsys.readouterr().out
    assert run_json(capsys, "prune", "--daily", "1", "--dry-run")["removed"] == []
    assert run("release", ONE) == 0
    assert run("release", ONE) == 2
    capsys.readouterr()
    assert run_json(capsys, "prune", "--daily", "1", "--dry-run")["removed"] == [ONE]


def test_push_verify_there_repair_and_pull(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(root.parent / "copies")
    assert run("verify", "--at", place) == 3
    assert run("push", place) == 0
    assert run("verify", "--at", place) == 0
    damage(root)
    assert run("verify") == 5
    assert run("push", place) == 0
    assert run("repair", place) == 0
    assert run("verify") == 0
    shutil.rmtree(root)
    assert run("pull", place) == 0
    assert run("restore") == 0
    assert count_entries(root / "published" / "recon.duckdb") == 6
    assert "Traceback" not in capsys.readouterr().err


def test_an_unreachable_place_exits_with_4(root: Path) -> None:
    (root.parent / "file").write_text("no folder")
    assert run("push", str(root.parent / "file" / "copies")) == 4


def test_a_copy_is_checked_as_a_whole(root: Path) -> None:
    assert run("verify", ONE, "--at", str(root.parent)) == 2


def test_drill_restores_aside(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(capsys, "drill")["snapshot_id"] == ONE
    damage(root, ONE)
    assert run("drill", ONE) == 5
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "sentence"), [(errno.ENOSPC, "磁盘已满"), (errno.EROFS, "磁盘只能读")])
def test_a_disk_that_refuses_is_one_sentence_with_what_to_do(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, sentence: str
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(store, "sync_file", refuse)
    assert run("hold", TWO, "--why", "audit") == 3
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert "下一步 next" in said
    assert "程序出错" not in said


def test_another_failure_of_the_system_is_not_called_a_refusing_disk(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(store, "sync_file", fail)
    assert run("hold", TWO, "--why", "audit") == 70
    assert "磁盘" not in capsys.readouterr().err


def test_a_copy_is_pruned_only_with_remove_and_without_a_policy(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "copies")
    assert run("push", place) == 0
    assert run("prune", "--daily", "1") == 0
    assert run("prune", "--at", place, "--daily", "1") == 2
    capsys.readouterr()
    assert run_json(capsys, "prune", "--at", place) | {"files": 0, "bytes_freed": 0} == {
        "url": place,
        "kept": [TWO],
        "removed": [ONE],
        "files": 0,
        "bytes_freed": 0,
        "is_dry_run": True,
    }
    assert (tmp_path / "copies" / "heads" / f"{ONE}.json").exists()
    assert run_json(capsys, "prune", "--at", place, "--remove")["is_dry_run"] is False
    assert not (tmp_path / "copies" / "heads" / f"{ONE}.json").exists()
    assert run("verify", "--at", place) == 0
