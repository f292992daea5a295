"""The files of a snapshot handed over: whole, checked, readable without the store and without this program."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli.edge import run_command_line
from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots.extract_files import hand_over
from pipelines.snapshots.read import open_snapshot, read_table

ONE = "20261124T020000-01"


def test_the_folder_holds_what_the_manifest_names_and_nothing_of_other_snapshots(
    kept: Settings, tmp_path: Path
) -> None:
    done = hand_over(kept, ONE, tmp_path / "auditor")
    manifest = open_snapshot(kept, ONE)
    there = {str(path.relative_to(done.folder)) for path in done.folder.rglob("*") if path.is_file()}
    assert there == {entry["path"] for entry in manifest.files} | {f"manifests/{ONE}.json"}
    assert (done.files, done.bytes) == (len(manifest.files), sum(entry["bytes"] for entry in manifest.files))
    said = json.loads((done.folder / "manifests" / f"{ONE}.json").read_text(encoding="utf-8"))
    for entry in manifest.files:
        assert hashlib.sha256((done.folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    parts = said["tables"]["core_ledger__entry"]["files"]
    rows = pa.concat_tables(pq.ParquetFile(done.folder / part["path"]).read() for part in parts)
    assert rows.num_rows == read_table(kept, ONE, "core_ledger__entry").num_rows == 5


def test_a_damaged_file_leaves_no_folder_and_is_named(kept: Settings, tmp_path: Path) -> None:
    entry = open_snapshot(kept, ONE).files_of("recon__item")[0]
    path = kept.snapshot_dir / entry["path"]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match="missing or damaged") as caught:
        hand_over(kept, ONE, tmp_path / "auditor")
    assert entry["path"] in str(caught.value)
    assert not list(tmp_path.glob("*auditor*"))


def test_a_folder_that_is_there_is_left_alone(kept: Settings, tmp_path: Path) -> None:
    (tmp_path / "auditor").mkdir()
    with pytest.raises(UsageError, match="already"):
        hand_over(kept, ONE, tmp_path / "auditor")
    assert not list((tmp_path / "auditor").iterdir())


def test_the_command_says_where_and_how_much(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(kept.data_root))
    assert run_command_line(["snapshot", "restore", "latest", "--files", "--into", str(tmp_path / "out")]) == 0
    assert "20261125T020000-01" in capsys.readouterr().out
    assert run_command_line(["snapshot", "restore", "latest", "--files"]) == 2
