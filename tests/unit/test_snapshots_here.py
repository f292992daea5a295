"""Rows that stand in the manifest itself: what they cost over a month, who can read them, and what they survive."""

from __future__ import annotations

import json
import shutil
import tarfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.errors import IntegrityError
from pipelines.model import TABLES
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.snapshots.compare import diff_snapshots
from pipelines.snapshots.drill import run_drill
from pipelines.snapshots.extract import extract_rows
from pipelines.snapshots.manifest import read_manifest
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.read import list_snapshots, open_snapshot, read_table, verify_snapshots
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.shape import find_misshape
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import connect, open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, add_night, build_warehouse

NOVEMBER = [Night(datetime(2026, 11, day, 2)) for day in range(1, 31)]
RULES = 60
Rows = list[tuple[Any, ...]]


def keep_quiet(settings: Settings, night: Night) -> None:
    """A night on which nothing happened: as many rules as in earnest, one of whose counts goes up every night; one
    broken rule with many rows, some of which carry the night; findings and cases that stand on."""
    with open_warehouse(settings) as con:
        values = {"n": night.night_id, "a": night.as_of, "day": night.as_of.day}
        con.execute("UPDATE night__run SET finished_at = started_at, is_published = TRUE")
        add_night(con, night)
        con.execute(
            f"INSERT INTO audit__verdict SELECT $n, 'core', 'rule' || i, 'recon__item', 'warn', '每条记录有去处' || i, "
            f"'Every record went somewhere ' || i, TRUE, if(i = 7, $day, 100), 0, NULL FROM range({RULES}) AS r(i)",
            {"n": values["n"], "day": values["day"]},
        )
        con.execute(
            "INSERT INTO audit__unexpected SELECT $n, 'rule1', if(i < 8, $n || '|source' || i, 'record-' || i) "
            "FROM range(300) AS r(i)",
            {"n": values["n"]},
        )
        con.execute("UPDATE night__finding SET last_night = $n", {"n": values["n"]})
        con.execute("UPDATE alert__case SET updated_night = $n", {"n": values["n"]})
    keep_night(settings, night)


def list_store(settings: Settings) -> set[str]:
    root = settings.snapshot_dir
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def rows_of(settings: Settings, table: str) -> Rows:
    con = connect(settings.warehouse_path, settings, read_only=True)
    try:
        return sorted(con.execute(f"FROM {table}").fetchall(), key=repr)
    finally:
        con.close()


def build_quiet(settings: Settings) -> None:
    build_warehouse(settings)
    with open_warehouse(settings) as con:
        for table in ("night__run", "night__source", "audit__verdict", "audit__unexpected"):
            con.execute(f"DELETE FROM {table}")
        con.execute(
            "INSERT INTO alert__case BY NAME SELECT 'finding:x' AS alert_key, '20261101T020000' AS raised_night, "
            "'20261101T020000' AS updated_night, 'warning' AS severity, 1 AS finding_count, 12.30 AS amount_cny, "
            "'题' AS title_zh, 't' AS title_en, '文' AS body_zh, 'b' AS body_en"
        )


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[set[str]]]:
    """Thirty nights without news, and the store after each."""
    settings = Settings(data_root=tmp_path_factory.mktemp("month") / "data", threads=2)
    build_quiet(settings)
    stores = []
    for night in NOVEMBER:
        keep_quiet(settings, night)
        stores.append(list_store(settings))
    return settings, stores


@pytest.fixture
def kept(month: tuple[Settings, list[set[str]]], tmp_path: Path) -> Settings:
    """A copy of the month that a test may change."""
    shutil.copytree(month[0].data_root, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def test_thirty_quiet_nights_grow_by_their_manifests_only(month: tuple[Settings, list[set[str]]]) -> None:
    settings, stores = month
    for night, before, after in zip(NOVEMBER[1:], stores, stores[1:], strict=False):
        assert after - before == {f"manifests/{night.night_id}-01.json"}
    sizes = [info.bytes_added for info in list_snapshots(settings)[1:]]
    grown = [after - before for before, after in pairwise(sizes)]
    assert max(grown) < 6_000
    assert max(sizes) < 2 * sizes[0] + 30 * 3_000


def test_the_first_night_of_a_month_puts_the_month_before_into_one_file_a_table(kept: Settings) -> None:
    before = list_store(kept)
    keep_quiet(kept, Night(datetime(2026, 12, 1, 2)))
    added = {path.rpartition("/")[0] for path in list_store(kept) - before} - {"manifests"}
    closed = {f"tables/{t}/period=2026-11" for t in ("night__run", "night__source", "audit__verdict")}
    assert closed | {"tables/audit__unexpected/period=2026-11"} <= added
    assert all(path.endswith(("period=2026-11", "period=2026-12-01")) for path in added)
    manifest = open_snapshot(kept, "latest")
    assert [entry["period"] for entry in manifest.here_of("night__run")] == ["2026-12-01"]
    assert read_table(kept, "latest", "audit__verdict").num_rows == 31 * (RULES + 2)


def test_every_snapshot_of_the_month_restores_to_the_row(kept: Settings, tmp_path: Path) -> None:
    restored = restore_snapshot(kept, "latest", tmp_path / "new", with_row_hash=True)
    new = kept.model_copy(update={"data_root": restored.data_root})
    for table in (table.name for table in TABLES if table.name != "night__run"):
        assert rows_of(new, table) == rows_of(kept, table), table
    assert [row[0] for row in rows_of(new, "night__run")] == [night.night_id for night in NOVEMBER]
    tenth = f"{NOVEMBER[9].night_id}-01"
    assert run_drill(kept, tenth).is_good
    rows = read_table(kept, tenth, "night__finding").to_pylist()
    assert {row["last_night"] for row in rows} == {NOVEMBER[9].night_id}
    assert read_table(kept, tenth, "audit__unexpected").num_rows == 10 * 301


def read_by_hand(root: Path, manifest: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What `docs/snapshot-format.md` tells somebody who has none of our code."""
    table = manifest["tables"][name]
    names = [column["name"] for column in table["columns"]]
    full = {entry["period"]: pq.ParquetFile(root / entry["path"]).read().to_pylist() for entry in table["files"]}
    said = {
        entry["period"]: [dict(zip(names, row, strict=True)) for row in entry["content"]] for entry in table["here"]
    }
    full |= {entry["period"]: said[entry["period"]] for entry in table["here"] if "like" not in entry}
    rows = [row for part in full.values() for row in part]
    for entry in table["here"]:
        if "like" in entry:
            cells = {number: dict(zip(c[::2], c[1::2], strict=True)) for number, *c in entry["changed"]}
            rows += [
                {**row, **cells.get(number, {}), "night_id": entry["night_id"]}
                for number, row in enumerate(full[entry["like"]])
                if number not in entry["without"]
            ]
            rows += said[entry["period"]]
    newest = table["newest"]
    if newest:
        rows = [{**row, newest["column"]: row[newest["column"]] or newest["value"]} for row in rows]
    return rows


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def test_every_table_reads_with_nothing_but_pyarrow_and_json(kept: Settings) -> None:
    root = kept.snapshot_dir
    pointer = json.loads((root / "LATEST").read_text())
    manifest = json.loads((root / "manifests" / f"{pointer['snapshot_id']}.json").read_text(encoding="utf-8"))
    for table in TABLES:
        rows = [tuple(plain(row[n]) for n in table.column_names) for row in read_by_hand(root, manifest, table.name)]
        expected = [tuple(map(plain, row)) for row in rows_of(kept, table.name)]
        assert sorted(rows, key=repr) == sorted(expected, key=repr), table.name
    assert any("like" in entry for entry in manifest["tables"]["audit__unexpected"]["here"])
    assert any(entry["changed"] for entry in manifest["tables"]["audit__verdict"]["here"] if "like" in entry)


def test_the_same_rows_give_the_same_manifest_rows_and_files(settings: Settings, tmp_path: Path) -> None:
    other = settings.model_copy(update={"data_root": tmp_path / "other", "threads": 1})
    tables = []
    for root in (settings, other):
        build_quiet(root)
        for night in NOVEMBER[:3]:
            keep_quiet(root, night)
        tables.append(open_snapshot(root, "latest").document["tables"])
    assert tables[0] == tables[1]


def test_pruning_the_nights_before_takes_no_row_of_a_kept_one(kept: Settings, tmp_path: Path) -> None:
    before = {table.name: rows_of(kept, table.name) for table in TABLES if table.name != "night__run"}
    pruned = prune_snapshots(kept, Policy(daily=2))
    assert len(pruned.removed) == 28
    assert verify_snapshots(kept).is_sound
    restored = restore_snapshot(kept, "latest", tmp_path / "new", with_row_hash=True)
    new = kept.model_copy(update={"data_root": restored.data_root})
    assert {name: rows_of(new, name) for name in before} == before


def test_the_rows_of_one_day_are_taken_out_of_the_manifest(kept: Settings, tmp_path: Path) -> None:
    found = extract_rows(kept, "latest", tmp_path / "out", "audit__unexpected", "2026-11-20")
    ((path, rows),) = found.files
    assert rows == 301
    night = NOVEMBER[19].night_id
    expected = [row for row in rows_of(kept, "audit__unexpected") if row[0] == night]
    assert [tuple(row.values()) for row in pq.read_table(path).to_pylist()] == expected


def test_a_damaged_file_that_a_night_in_the_manifest_refers_to_is_that_snapshots_damage(
    kept: Settings, tmp_path: Path
) -> None:
    (entry,) = open_snapshot(kept, "latest").files_of("audit__unexpected")
    (kept.snapshot_dir / entry["path"]).write_bytes(b"x")
    latest = f"{NOVEMBER[-1].night_id}-01"
    assert latest in verify_snapshots(kept).damaged_snapshots
    with pytest.raises(IntegrityError, match="audit__unexpected"):
        extract_rows(kept, "latest", tmp_path / "out", "audit__unexpected", "2026-11-20")
    with pytest.raises(IntegrityError, match="audit__unexpected"):
        restore_snapshot(kept, "latest", tmp_path / "new")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("audit__verdict", {"without": [99]}),
        ("audit__verdict", {"without": [0]}),
        ("audit__verdict", {"changed": [[99, "rows_checked", 1]]}),
        ("audit__verdict", {"changed": [[1, "rows_checked"]]}),
        ("audit__verdict", {"like": "2026-10-01"}),
        ("night__run", {"content": []}),
        ("night__run", {"content": [["only one cell"]]}),
    ],
)
def test_rows_in_a_manifest_that_do_not_add_up_are_damage(kept: Settings, name: str, change: dict[str, Any]) -> None:
    document = read_manifest(kept, f"{NOVEMBER[-1].night_id}-01").document
    assert find_misshape(document) is None
    document["tables"][name]["here"][-1].update(change)
    assert find_misshape(document) is not None


def test_rows_that_are_too_many_for_a_manifest_are_a_file_of_their_day(kept: Settings) -> None:
    before = list_store(kept)
    night = Night(datetime(2026, 11, 30, 3))
    with open_warehouse(kept) as con:
        con.execute("DELETE FROM audit__unexpected WHERE night_id = ?", [NOVEMBER[-1].night_id])
        con.execute(
            "INSERT INTO audit__unexpected SELECT $n, 'rule2', 'another record ' || i FROM range(2000) AS r(i)",
            {"n": NOVEMBER[-1].night_id},
        )
    keep_night(kept, night)
    (path,) = list_store(kept) - before - {f"manifests/{night.night_id}-01.json"}
    assert path.startswith("tables/audit__unexpected/period=2026-11-30/")
    assert read_table(kept, "latest", "audit__unexpected").num_rows == 29 * 301 + 2000


def test_a_finding_that_stands_on_is_not_written_again_and_one_that_is_gone_is(kept: Settings) -> None:
    before = list_store(kept)
    with open_warehouse(kept) as con:
        con.execute("UPDATE night__finding SET gone_night = '20261130T020000' WHERE first_night < '20261121'")
        con.execute("UPDATE night__finding SET last_night = '20261129T020000' WHERE gone_night IS NOT NULL")
    keep_night(kept, NOVEMBER[-1])
    added = {path.rpartition("/")[0] for path in list_store(kept) - before}
    assert added == {"manifests", "tables/night__finding/period=2026-11-20"}
    found = {(row["last_night"], row["gone_night"]) for row in read_table(kept, "latest", "night__finding").to_pylist()}
    assert found == {("20261129T020000", "20261130T020000"), ("20261130T020000", None)}


@pytest.fixture
def earlier(settings: Settings) -> Settings:
    """A store of format 1, as its program wrote it: two nights, the second with one finding gone."""
    settings.data_root.mkdir(mode=0o700)
    with tarfile.open(Path(__file__).with_name("format_1_store.tar.gz")) as archive:
        archive.extractall(settings.data_root, filter="data")
    return settings


def test_a_store_of_the_format_before_verifies_and_restores_to_the_row_hash(earlier: Settings, tmp_path: Path) -> None:
    one, two = f"{FIRST.night_id}-01", f"{SECOND.night_id}-01"
    assert read_manifest(earlier, two).document["format_version"] == 1
    found = verify_snapshots(earlier)
    assert found.is_sound
    assert found.snapshots == (one, two)
    for snapshot_id in (one, two):
        restored = restore_snapshot(earlier, snapshot_id, tmp_path / snapshot_id, with_row_hash=True)
        assert restored.rows > 60
    new = earlier.model_copy(update={"data_root": tmp_path / two})
    assert {row[3:] for row in rows_of(new, "night__finding")} == {
        (SECOND.night_id, None),
        (FIRST.night_id, SECOND.night_id),
    }
    assert diff_snapshots(earlier, one, two).is_same


def test_a_store_of_the_format_before_goes_on_in_this_one(earlier: Settings, tmp_path: Path) -> None:
    shutil.rmtree(restore_snapshot(earlier, "latest").data_root / "drills", ignore_errors=True)
    night = Night(SECOND.as_of + timedelta(days=1))
    before = list_store(earlier)
    with open_warehouse(earlier) as con:
        add_night(con, night)
    keep_night(earlier, night)
    added = {path.split("/")[1] for path in list_store(earlier) - before}
    assert {name for name in added if not name.endswith(".json")} <= {"night__finding", "settings", "reference"}
    assert verify_snapshots(earlier).is_sound
    assert not diff_snapshots(earlier, f"{SECOND.night_id}-01", f"{night.night_id}-01").tables[2].changes
    new = restore_snapshot(earlier, "latest", tmp_path / "new", with_row_hash=True)
    other = earlier.model_copy(update={"data_root": new.data_root})
    for table in ("night__finding", "audit__unexpected", "alert__case", "night__source"):
        assert rows_of(other, table) == rows_of(earlier, table)
