"""Restoring: a working data root, one table, one period, a date; and that nothing live is replaced unasked."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import night_log
from pipelines.demo.scenario import NIGHTS, prepare_scenario
from pipelines.errors import IntegrityError, UsageError
from pipelines.model import PUBLISHED_TABLES, TABLES
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, load_settings
from pipelines.snapshots import store, write
from pipelines.snapshots.compare import diff_snapshots
from pipelines.snapshots.extract import extract_rows
from pipelines.snapshots.load import require_whole
from pipelines.snapshots.manifest import Manifest
from pipelines.snapshots.read import open_snapshot, verify_snapshots
from pipelines.snapshots.restore import find_as_of, restore_snapshot
from pipelines.snapshots.settle import settle_configuration, write_settings_toml
from pipelines.snapshots.write import keep_night
from pipelines.sources.intake import take_in
from pipelines.warehouse import connect, open_warehouse
from tests.unit.small_warehouse import FILE_BYTES, FIRST, SECOND, add_entry, add_night, build_warehouse

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    (settings.data_root / "layouts").mkdir()
    (settings.data_root / "layouts" / "ours.toml").write_text('name = "ours"\n')
    keep_night(settings, FIRST)
    with open_warehouse(settings) as con:
        add_night(con, SECOND)
        add_entry(con, 9, None, "7.00", "2026-11-12")
    keep_night(settings, SECOND)
    return settings.data_root


@pytest.fixture
def kept(two_nights: Path, tmp_path: Path) -> Settings:
    shutil.copytree(two_nights, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def rows_of(settings: Settings, name: str, path: Path | None = None) -> list[tuple[Any, ...]]:
    con = connect(path or settings.warehouse_path, settings, read_only=True)
    try:
        return sorted(con.execute(f"FROM {name}").fetchall(), key=repr)
    finally:
        con.close()


def run_night(root: Path, moment: datetime) -> None:
    settings, night = load_settings(root), Night(moment)
    night_log.open_night(settings, night)
    take_in(settings, night)
    reconcile_night(settings, night)
    keep_night(settings, night)
    publish_night(settings, night)
    night_log.close_night(settings, night)


def without_clock(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out started_at, finished_at and what depends on the store."""
    return [(row[0], row[1], row[4]) for row in rows]


def test_the_next_night_on_a_restored_root_publishes_the_same_to_the_row(tmp_path: Path) -> None:
    scenario = prepare_scenario(tmp_path / "first", invoices=250)
    scenario.nights[0].drop_files()
    run_night(scenario.root, NIGHTS[0])
    first = load_settings(scenario.root)
    restored = restore_snapshot(first, "latest", tmp_path / "second")
    shutil.copytree(scenario.root / "inbox", tmp_path / "second" / "inbox")
    publish_night(load_settings(tmp_path / "second"), Night(restored.as_of))
    compare_published(first, load_settings(tmp_path / "second"))
    for path in scenario.nights[1].drop_files():
        copy = tmp_path / "second" / path.relative_to(scenario.root)
        shutil.copy2(path, copy)
    for root in (scenario.root, tmp_path / "second"):
        run_night(root, NIGHTS[1])
    compare_published(first, load_settings(tmp_path / "second"))
    assert verify_snapshots(load_settings(tmp_path / "second")).is_sound


def compare_published(one: Settings, other: Settings) -> None:
    for table in PUBLISHED_TABLES:
        left, right = (rows_of(s, table.name, s.published_path) for s in (one, other))
        if table.name == "night__run":
            left, right = without_clock(left), without_clock(right)
        assert left == right, table.name
    assert len(rows_of(one, "recon__item", one.published_path)) > 200


def test_every_table_comes_back_to_the_row_and_the_night_is_closed(kept: Settings, tmp_path: Path) -> None:
    restored = restore_snapshot(kept, "latest", tmp_path / "new")
    new = Settings(data_root=tmp_path / "new", threads=2)
    for table in TABLES:
        if table.name != "night__run":
            assert rows_of(new, table.name) == rows_of(kept, table.name), table.name
    runs = rows_of(new, "night__run")
    assert [(run[0], run[5]) for run in runs] == [(FIRST.night_id, ONE), (SECOND.night_id, TWO)]
    assert runs[1][3] is not None
    assert (restored.snapshot_id, restored.landed_files) == (TWO, 1)
    assert restored.rows == sum(len(rows_of(kept, table.name)) for table in TABLES)


def test_received_files_layouts_and_settings_come_back(kept: Settings, tmp_path: Path) -> None:
    new = tmp_path / "new"
    restore_snapshot(kept, "latest", new)
    assert (new / "landing" / "tax" / "f.xlsx").read_bytes() == FILE_BYTES
    assert (new / "layouts" / "ours.toml").read_text() == 'name = "ours"\n'
    assert load_settings(new).public == kept.public


def test_an_old_snapshot_without_configuration_files_gives_its_settings_back(kept: Settings, tmp_path: Path) -> None:
    manifest = open_snapshot(kept, "latest")
    document = {name: value for name, value in manifest.document.items() if name != "configuration"}
    old = replace(manifest, document=document | {"settings": kept.public | {"tolerance_cny": "0.50"}})
    target = kept.model_copy(update={"data_root": tmp_path / "old"})
    assert settle_configuration(kept, target, old) == []
    assert tomllib.loads((tmp_path / "old" / "fapiao.toml").read_text())["tolerance_cny"] == "0.50"


def test_settings_written_as_toml_read_back_the_same() -> None:
    values = {
        "name": 'quote " and 中文\\',
        "count": 3,
        "is_on": True,
        "empty": [],
        "words": ["a"],
        "unset": None,
        "sources": [{"id": "x", "pattern": "*.xlsx", "direction": None}],
    }
    assert tomllib.loads(write_settings_toml(values)) == {
        "name": 'quote " and 中文\\',
        "count": 3,
        "is_on": True,
        "empty": [],
        "words": ["a"],
        "sources": [{"id": "x", "pattern": "*.xlsx"}],
    }


GROUPS = """
[[taxpayers]]
id = "T"
name = '引号 " 与 \\'
[[sources]]
id = "tax"
side = "upstream"
folder = "inbox/tax"
fallbacks = [{ kind = "folder" }]
[sources.pull]
kind = "api"
base_url = "https://tax.example"
first_day = 2026-08-01
auth = { kind = "bearer", token_env = "TOKEN" }
answer = { money = { je = "data.sum" } }
listing = { path = "/list", params = { from = "{from}", to = "{to}" } }
[verification]
base_url = "https://check.example"
auth = { kind = "bearer", token_env = "TOKEN" }
[[named_channels]]
name = "ops"
url_env = "OPS"
quiet_from = 22:00:00
quiet_to = 07:00:00
"""


def test_every_group_of_the_settings_reads_back_the_same(tmp_path: Path) -> None:
    settings = Settings(**tomllib.loads(GROUPS))
    (tmp_path / "fapiao.toml").write_text(write_settings_toml(settings.public), encoding="utf-8")
    assert load_settings(tmp_path).public == settings.public


def test_the_log_of_a_live_database_leaves_it_last(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    log = kept.warehouse_path.with_name("recon.duckdb.wal")
    log.write_bytes(b"what a killed night had committed")

    def refuse(*_places: Path) -> None:
        raise OSError("full")

    with monkeypatch.context() as full:
        full.setattr("pipelines.snapshots.restore.os.link", refuse)
        with pytest.raises(OSError, match="full"):
            restore_snapshot(kept, ONE, over_live=True)
    assert log.is_file()
    restore_snapshot(kept, ONE, over_live=True)
    (replaced,) = kept.warehouse_path.parent.glob("recon.replaced-*.duckdb")
    assert replaced.with_name(f"{replaced.name}.wal").is_file()
    assert not log.exists()


def test_an_earlier_snapshot_brings_back_the_earlier_rows(kept: Settings, tmp_path: Path) -> None:
    restore_snapshot(kept, ONE, tmp_path / "new")
    assert len(rows_of(Settings(data_root=tmp_path / "new"), "core_ledger__entry")) == 5
    assert len(rows_of(kept, "core_ledger__entry")) == 6


def test_a_live_root_is_left_alone_unless_one_says_so(kept: Settings) -> None:
    before = kept.warehouse_path.read_bytes()
    with pytest.raises(UsageError, match="live"):
        restore_snapshot(kept, ONE)
    assert kept.warehouse_path.read_bytes() == before
    restored = restore_snapshot(kept, ONE, over_live=True)
    assert len(rows_of(kept, "core_ledger__entry")) == 5
    (replaced,) = kept.warehouse_path.parent.glob("recon.replaced-*.duckdb")
    assert replaced.read_bytes() == before
    assert any(replaced.name in note for note in restored.notes)


def test_a_root_whose_night_is_running_is_not_replaced(kept: Settings) -> None:
    with night_log.hold_night_lock(kept), pytest.raises(IntegrityError, match="Another night"):
        restore_snapshot(kept, ONE, over_live=True)
    assert len(rows_of(kept, "core_ledger__entry")) == 6


def damage(settings: Settings, snapshot_id: str, table: str) -> str:
    entry = open_snapshot(settings, snapshot_id).files_of(table)[-1]
    path = settings.snapshot_dir / entry["path"]
    path.write_bytes(path.read_bytes()[:-9] + b"?" + path.read_bytes()[-8:])
    return str(entry["path"])


def test_a_damaged_snapshot_is_named_and_nothing_is_written(kept: Settings, tmp_path: Path) -> None:
    path = damage(kept, TWO, "core_ledger__entry")
    with pytest.raises(IntegrityError, match="damaged") as caught:
        restore_snapshot(kept, TWO, tmp_path / "new")
    assert caught.value.where == path
    assert not (tmp_path / "new").exists()
    assert restore_snapshot(kept, ONE, tmp_path / "new").snapshot_id == ONE


@pytest.mark.parametrize("field", ["control_sums", "row_hash", "rows"])
def test_rows_that_are_not_the_manifests_leave_the_target_empty(
    kept: Settings, tmp_path: Path, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = open_snapshot(kept, TWO)
    entry = manifest.document["tables"]["core_ledger__entry"]["files"][0]
    other = {"control_sums": {"amount_cny": "1.00", "tax_cny": "1.00", "total_cny": "1.00"}, "row_hash": "md5sum:1:2"}
    entry[field] = other.get(field, 77)
    monkeypatch.setattr("pipelines.snapshots.restore.open_snapshot", lambda *_: manifest)
    monkeypatch.setattr("pipelines.snapshots.restore.require_whole", lambda *_, **__: None)
    with pytest.raises(IntegrityError, match="core_ledger__entry"):
        restore_snapshot(kept, TWO, tmp_path / "new", with_row_hash=field == "row_hash")
    assert not (tmp_path / "new" / "warehouse" / "recon.duckdb").exists()


def test_a_file_written_to_between_its_proof_and_its_loading_stops_the_restore(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept.snapshot_dir / open_snapshot(kept, TWO).files_of("core_ledger__entry")[0]["path"]

    def prove_then_touch(settings: Settings, manifest: Manifest, later: tuple[str, ...]) -> None:
        require_whole(settings, manifest, later)
        path.write_bytes(path.read_bytes())

    monkeypatch.setattr("pipelines.snapshots.restore.require_whole", prove_then_touch)
    with pytest.raises(IntegrityError, match="changed while") as caught:
        restore_snapshot(kept, TWO, tmp_path / "new")
    assert caught.value.where == str(path)
    assert [found for found in (tmp_path / "new").rglob("*") if found.is_file() and found.name != "night.lock"] == []


def test_a_flipped_bit_in_a_received_file_is_found_while_it_is_copied(kept: Settings, tmp_path: Path) -> None:
    (entry, *_) = open_snapshot(kept, TWO).document["landing"]
    path = kept.snapshot_dir / entry["path"]
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(IntegrityError, match="damaged") as caught:
        restore_snapshot(kept, TWO, tmp_path / "new")
    assert caught.value.where == str(path)
    assert [found for found in (tmp_path / "new").rglob("*") if found.is_file() and found.name != "night.lock"] == []


def test_a_store_under_a_name_with_pattern_characters_is_restored(kept: Settings, tmp_path: Path) -> None:
    odd = kept.data_root.rename(kept.data_root.with_name("账套 [a]*?"))
    settings = Settings(data_root=odd)
    restored = restore_snapshot(settings, TWO, tmp_path / "new")
    assert restored.rows == sum(table["rows"] for table in open_snapshot(settings, TWO).document["tables"].values())


def test_a_place_outside_the_landing_folder_is_refused(kept: Settings, tmp_path: Path) -> None:
    with open_warehouse(kept) as con:
        con.execute("UPDATE raw_file SET landed_path = '../stolen.xlsx'")
    (kept.data_root.parent / "stolen.xlsx").write_bytes(FILE_BYTES)
    keep_night(kept, SECOND)
    with pytest.raises(IntegrityError, match="outside"):
        restore_snapshot(kept, "latest", tmp_path / "deep" / "new")
    assert not (tmp_path / "deep" / "stolen.xlsx").exists()


def test_reading_and_restoring_write_nothing_into_the_store(kept: Settings, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in kept.snapshot_dir.rglob("*")}
    restore_snapshot(kept, ONE, tmp_path / "new")
    extract_rows(kept, ONE, tmp_path / "out", "recon__item")
    diff_snapshots(kept, ONE, TWO)
    assert {path: path.stat().st_mtime_ns for path in kept.snapshot_dir.rglob("*")} == before


def test_a_full_disk_at_the_target_leaves_no_half_root(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "sync_file", full)
        with pytest.raises(OSError, match="No space"):
            restore_snapshot(kept, ONE, tmp_path / "new")
    assert not list((tmp_path / "new" / "warehouse").glob("*.duckdb"))
    assert restore_snapshot(kept, ONE, tmp_path / "new").snapshot_id == ONE


def test_the_newest_snapshot_not_after_a_moment_is_found(kept: Settings) -> None:
    assert find_as_of(kept, datetime(2026, 11, 24, 23)) == ONE
    assert find_as_of(kept, datetime(2026, 12, 24)) == TWO
    with pytest.raises(UsageError, match="2026-11-24"):
        find_as_of(kept, datetime(2026, 11, 23))


def test_one_table_and_one_period_come_out_as_parquet(kept: Settings, tmp_path: Path) -> None:
    october = extract_rows(kept, TWO, tmp_path / "out", "core_upstream__invoice", "2026-10")
    (path, rows) = october.files[0]
    assert (path.name, rows) == ("core_upstream__invoice.2026-10.parquet", 2)
    assert sum(pq.read_table(path).column("total_cny").to_pylist()) == Decimal("1206.00")
    whole = extract_rows(kept, ONE, tmp_path / "out", "core_ledger__entry")
    assert whole.rows == 5


def test_a_month_takes_its_days_too(kept: Settings, tmp_path: Path) -> None:
    november = extract_rows(kept, TWO, tmp_path / "out", period="2026-11")
    found = {path.name.partition(".")[0]: rows for path, rows in november.files}
    assert (found["audit__verdict"], found["core_ledger__entry"]) == (4, 5)


def test_extracting_names_what_there_is_and_overwrites_nothing(kept: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2026-10"):
        extract_rows(kept, TWO, tmp_path, "core_upstream__invoice", "2031-01")
    with pytest.raises(UsageError, match="recon__item"):
        extract_rows(kept, TWO, tmp_path, "no_table")
    extract_rows(kept, TWO, tmp_path, "recon__item")
    with pytest.raises(UsageError, match="already"):
        extract_rows(kept, TWO, tmp_path, "recon__item")


def test_extracting_a_damaged_file_is_refused(kept: Settings, tmp_path: Path) -> None:
    path = damage(kept, TWO, "recon__item")
    with pytest.raises(IntegrityError, match="damaged") as caught:
        extract_rows(kept, TWO, tmp_path / "out", "recon__item")
    assert caught.value.where == path
    assert list((tmp_path / "out").iterdir()) == []


def test_what_an_earlier_version_did_not_keep_comes_back_with_the_defaults_of_a_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Settings(data_root=tmp_path / "old", threads=2)
    build_warehouse(old)
    with open_warehouse(old) as con:
        con.execute("UPDATE core_ledger__sighting SET source_id = 'unknown'")
    earlier = [table for table in TABLES if table.name != "core_upstream__span"]
    lacking = [replace(t, columns=tuple(c for c in t.columns if c.name != "received_at")) for t in earlier]
    monkeypatch.setattr(
        write, "TABLES", [new if "sighting" in t.name else t for t, new in zip(earlier, lacking, strict=True)]
    )
    keep_night(old, FIRST)
    restored = restore_snapshot(old, "latest", tmp_path / "new")
    assert any("core_upstream__sighting.received_at" in note for note in restored.notes)
    assert any("core_upstream__span" in note for note in restored.notes)
    new = Settings(data_root=tmp_path / "new", threads=2)
    assert {row[-1] for row in rows_of(new, "core_upstream__sighting")} == {FIRST.as_of}
    assert {row[-1] for row in rows_of(new, "core_ledger__sighting")} == {datetime(2026, 11, 23, 9)}
