"""Keeping a night: what is in a snapshot, what it costs, and that the same rows give the same bytes."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import IntegrityError
from pipelines.model import TABLES
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.snapshots import write
from pipelines.snapshots.parquet import regroup
from pipelines.snapshots.read import list_snapshots, read_table, verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import (
    FILE_BYTES,
    FILE_ID,
    FIRST,
    SECOND,
    add_entry,
    add_night,
    build_warehouse,
)


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_root=tmp_path_factory.mktemp("night") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    return settings.data_root


@pytest.fixture
def kept(one_night: Path, tmp_path: Path) -> Settings:
    """A copy of a data root of which one night was kept."""
    shutil.copytree(one_night, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def read_manifest(settings: Settings, snapshot_id: str) -> dict[str, Any]:
    path = settings.snapshot_dir / "manifests" / f"{snapshot_id}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def list_data(settings: Settings) -> dict[str, bytes]:
    root = settings.snapshot_dir
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.parts[-2] != "manifests" and path.name != "LATEST"
    }


def test_a_snapshot_restores_with_nothing_but_pyarrow_and_json(kept: Settings) -> None:
    root = kept.snapshot_dir
    pointer = json.loads((root / "LATEST").read_text())
    manifest = json.loads((root / "manifests" / f"{pointer['snapshot_id']}.json").read_text(encoding="utf-8"))
    files = manifest["tables"]["core_ledger__entry"]["files"]
    rows = [row for entry in files for row in pq.ParquetFile(root / entry["path"]).read().to_pylist()]
    with open_warehouse(kept) as con:
        names = [column["name"] for column in manifest["tables"]["core_ledger__entry"]["columns"]]
        expected = con.execute(f"SELECT {', '.join(names)} FROM core_ledger__entry ORDER BY record_id").fetchall()
    assert sorted(tuple(row[name] for name in names) for row in rows) == expected
    assert (root / manifest["landing"][0]["path"]).read_bytes() == FILE_BYTES


def test_every_declared_table_stands_in_the_manifest_with_its_columns(kept: Settings) -> None:
    tables = read_manifest(kept, "20261124T020000-01")["tables"]
    assert {name: [column["name"] for column in table["columns"]] for name, table in tables.items()} == {
        table.name: table.column_names for table in TABLES
    }


def test_control_sums_are_exact_and_cover_every_money_column(kept: Settings) -> None:
    files = read_manifest(kept, "20261124T020000-01")["tables"]["core_upstream__invoice"]["files"]
    assert [entry["period"] for entry in files] == ["2026-08", "2026-10", "2026-11"]
    october = files[1]["control_sums"]
    assert october == {"amount_cny": "1200.00", "tax_cny": "6.00", "total_cny": "1206.00"}


def test_the_manifest_says_what_the_audit_found_and_which_settings_held(kept: Settings) -> None:
    manifest = read_manifest(kept, "20261124T020000-01")
    assert manifest["audit"] == {"rules": 2, "passed": 1, "warned": 1, "stopped": 0, "rows_unexpected": 1}
    assert manifest["settings_fingerprint"] == kept.fingerprint
    assert manifest["parent"] is None
    assert "alert_channels" not in manifest["settings"]


def test_the_nights_own_row_names_its_snapshot_inside_the_snapshot(kept: Settings) -> None:
    runs = read_table(kept, "latest", "night__run").to_pylist()
    assert [run["snapshot_id"] for run in runs] == ["20261124T020000-01"]
    with open_warehouse(kept) as con:
        assert con.execute("SELECT snapshot_id FROM night__run").fetchall() == [("20261124T020000-01",)]


def configuration_of(settings: Settings, kind: str) -> dict[str, bytes]:
    entries = read_manifest(settings, "20261124T020000-01")["configuration"]
    return {e["file_name"]: (settings.snapshot_dir / e["path"]).read_bytes() for e in entries if e["kind"] == kind}


def test_the_reference_lists_of_the_night_are_in_the_snapshot_byte_for_byte(kept: Settings) -> None:
    shipped = Path(write.__file__).parents[1] / "reference"
    wanted = {path.name: path.read_bytes() for path in shipped.iterdir() if path.is_file()}
    assert {"kinds.csv", "regions.csv", "sentences.toml", "statuses.csv"} <= set(wanted)
    assert configuration_of(kept, "reference") == wanted


def test_the_settings_are_a_file_of_the_snapshot_without_secrets_and_paths(settings: Settings) -> None:
    settings.alert_channels = ["mailto://user:secret-word@example.com"]
    build_warehouse(settings)
    keep_night(settings, FIRST)
    (content,) = configuration_of(settings, "settings").values()
    assert json.loads(content)["sync_grace_hours"] == 48
    assert json.loads(content)["taxpayers"][0]["id"] == settings.taxpayers[0].id
    everything = b"".join(path.read_bytes() for path in settings.snapshot_dir.rglob("*") if path.is_file())
    assert b"secret-word" not in everything
    assert str(settings.data_root).encode() not in everything


def test_used_layouts_and_all_own_ones_are_in_the_snapshot(settings: Settings) -> None:
    build_warehouse(settings)
    own = settings.data_root / "layouts" / "ours.toml"
    own.parent.mkdir()
    own.write_text('name = "ours"\n')
    with open_warehouse(settings) as con:
        con.execute("UPDATE raw_file SET layout = 'tax_full_query'")
    keep_night(settings, FIRST)
    assert list(configuration_of(settings, "layout")) == ["tax_full_query.toml"]
    assert configuration_of(settings, "own_layout") == {"ours.toml": b'name = "ours"\n'}


def test_a_changed_layout_alone_makes_a_new_snapshot_of_the_same_night(kept: Settings) -> None:
    (kept.data_root / "layouts").mkdir()
    (kept.data_root / "layouts" / "ours.toml").write_text('name = "ours"\n')
    assert keep_night(kept, FIRST).snapshot_id == "20261124T020000-02"


def test_nights_stand_in_the_manifest_in_their_month_and_are_one_file_a_month_afterwards(kept: Settings) -> None:
    december = Night(datetime(2026, 12, 1, 2))
    seen = {}
    for night in (SECOND, december):
        with open_warehouse(kept) as con:
            add_night(con, night)
        keep_night(kept, night)
        manifest = read_manifest(kept, f"{night.night_id}-01")
        table = manifest["tables"]["audit__verdict"]
        seen[night] = [{e["period"]: e["rows"] for e in table[where]} for where in ("files", "here")]
    assert seen[SECOND] == [{}, {"2026-11-24": 2, "2026-11-25": 2}]
    assert seen[december] == [{"2026-11": 4}, {"2026-12-01": 2}]
    assert read_table(kept, "latest", "audit__verdict").num_rows == 6


def test_a_new_night_is_said_as_its_difference_to_the_night_before(kept: Settings) -> None:
    with open_warehouse(kept) as con:
        add_night(con, SECOND)
        con.execute(
            "UPDATE audit__verdict SET rows_checked = 4 WHERE night_id = $n AND rule_id = 'key_repeats'",
            {"n": SECOND.night_id},
        )
    keep_night(kept, SECOND)
    entry = read_manifest(kept, "20261125T020000-01")["tables"]["audit__verdict"]["here"][1]
    assert (entry["like"], entry["night_id"], entry["rows"]) == ("2026-11-24", SECOND.night_id, 2)
    assert (entry["without"], entry["changed"], entry["content"]) == ([], [[1, "rows_checked", 4]], [])


def test_keeping_the_same_night_again_changes_nothing(kept: Settings) -> None:
    before = list_data(kept)
    again = keep_night(kept, FIRST)
    assert (again.snapshot_id, again.files_new, again.bytes_added) == ("20261124T020000-01", 0, 0)
    assert list_data(kept) == before
    assert len(list_snapshots(kept)) == 1


def test_the_same_night_with_other_rows_gets_the_next_number(kept: Settings) -> None:
    with open_warehouse(kept) as con:
        add_entry(con, 9, None, "7.00", "2026-11-12")
    assert keep_night(kept, FIRST).snapshot_id == "20261124T020000-02"
    assert verify_snapshots(kept).is_sound


def test_a_night_without_changes_adds_no_file(kept: Settings) -> None:
    before = set(list_data(kept))
    with open_warehouse(kept) as con:
        add_night(con, SECOND)
    keep_night(kept, SECOND)
    assert set(list_data(kept)) == before


def test_one_changed_month_rewrites_that_months_files_only(kept: Settings) -> None:
    before = set(list_data(kept))
    with open_warehouse(kept) as con:
        add_night(con, SECOND)
        con.execute("UPDATE core_ledger__entry SET total_cny = 1131.00 WHERE record_id = 'l2'")
        con.execute("UPDATE recon__item SET ledger_total_cny = 1131.00 WHERE item_id = 'item2'")
    keep_night(kept, SECOND)
    folders = sorted(path.rpartition("/")[0] for path in set(list_data(kept)) - before)
    assert folders == ["tables/core_ledger__entry/period=2026-10", "tables/recon__item/period=2026-10"]


def test_a_change_of_settings_alone_makes_a_new_manifest_and_no_data(kept: Settings) -> None:
    before = list_data(kept)
    kept.sync_grace_hours = 72
    changed = keep_night(kept, FIRST)
    new = {path for path in list_data(kept) if path not in before}
    assert changed.snapshot_id == "20261124T020000-02"
    assert {path.split("/")[1] for path in new} == {"settings"}
    assert read_manifest(kept, changed.snapshot_id)["settings"]["sync_grace_hours"] == 72


def test_the_order_of_rows_in_the_warehouse_does_not_change_a_byte(settings: Settings, tmp_path: Path) -> None:
    other = settings.model_copy(update={"data_root": tmp_path / "other", "threads": 1})
    for root in (settings, other):
        build_warehouse(root)
    with open_warehouse(other) as con:
        con.execute("CREATE TEMP TABLE held AS SELECT * FROM recon__member")
        con.execute("DELETE FROM recon__member")
        con.execute("INSERT INTO recon__member SELECT * FROM held ORDER BY record_id DESC, side DESC")
    keep_night(settings, FIRST)
    keep_night(other, FIRST)
    tables = [
        {path: b for path, b in list_data(root).items() if path.startswith("tables/")} for root in (settings, other)
    ]
    assert tables[0] == tables[1]


def test_row_groups_do_not_depend_on_how_the_rows_arrive() -> None:
    schema = pa.schema([pa.field("n", pa.int64())])
    rows = pa.table({"n": list(range(10))}, schema=schema)
    shapes = []
    for chunk in (1, 3, 10):
        reader = pa.RecordBatchReader.from_batches(schema, rows.to_batches(max_chunksize=chunk))
        shapes.append([group.column(0).to_pylist() for group in regroup(reader, schema, size=4)])
    assert shapes[0] == shapes[1] == shapes[2] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_file_name_is_the_sha256_of_its_content(kept: Settings) -> None:
    entry = read_manifest(kept, "20261124T020000-01")["tables"]["recon__item"]["files"][0]
    assert Path(entry["path"]).stem == entry["sha256"]
    assert entry["path"] in list_data(kept)


def test_only_the_owner_can_read_a_store(kept: Settings) -> None:
    for path in kept.snapshot_dir.rglob("*"):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_landed_file_that_was_altered_stops_the_night_and_is_named(settings: Settings) -> None:
    build_warehouse(settings)
    (settings.landing_dir / "tax" / "f.xlsx").write_bytes(b"as altered!")
    with pytest.raises(IntegrityError, match=r"f\.xlsx"):
        keep_night(settings, FIRST)
    assert list_snapshots(settings) == []


def test_an_altered_landing_file_does_not_reach_the_copy_in_the_store(kept: Settings) -> None:
    (kept.landing_dir / "tax" / "f.xlsx").write_bytes(b"as altered!")
    assert (kept.snapshot_dir / "landing" / FILE_ID).read_bytes() == FILE_BYTES


def test_money_comes_back_as_exact_decimals(kept: Settings) -> None:
    totals = read_table(kept, "latest", "core_ledger__entry").column("total_cny").to_pylist()
    assert sum(totals) == Decimal("1398.00")
