"""A data root of an earlier version: kept as it was, brought to the tables of today, and judged anew."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import night_log
from pipelines.errors import IntegrityError
from pipelines.migrate import COPIES_KEPT, migrate_root
from pipelines.model import Direction, Side, table_named
from pipelines.night import Night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, Source
from pipelines.sources.intake import take_in
from pipelines.warehouse import VERSION, connect, fingerprint_tables, open_warehouse
from tests.unit.alert_warehouse import insert
from tests.unit.previous_format import build_previous
from tests.unit.small_warehouse import build_warehouse
from tests.unit.source_files import full_query, invoice, total

NIGHT = Night(datetime(2026, 9, 20, 2))
FINGERPRINTS = {
    2: "bf73c3e5a04821491fd884a9a2a6315d8b989ef897bf16a2aaf0d814e8860a35",
    3: "aabe92e07b418736c0c1e300e707e663b02393b31da6e3fcec98b3eb299921d9",
    4: "081b8c5176b3fa2d963ac0c94ea354c1c56d70f0a938fc0e140c007aff8bbc04",
    5: "872d774d02c6103d2f6fedf4bece27356fadb29d50f419191b90e5739dd878c3",
    6: "62ea949bd8ab5748fdca377dad5a1c9963c7bda22142a908875d58105b8a6629",
    7: "3b23295998209e2ba148b5a4fc2267a7cbb040a6e820f4c59278d933f50d938e",
}


@pytest.fixture
def previous(settings: Settings) -> Settings:
    build_previous(settings)
    tax = Source(id="tax", side=Side.UPSTREAM, folder="in", layout="tax_full_query")
    book = Source(id="book", side=Side.LEDGER, folder="book", layout="plain_ledger_csv", direction=Direction.INPUT)
    return settings.model_copy(update={"sources": [tax, book]})


def select(settings: Settings, sql: str, path: Path | None = None) -> list[tuple[Any, ...]]:
    con = connect(path or settings.warehouse_path, settings, read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def alter(settings: Settings, sql: str) -> None:
    con = connect(settings.warehouse_path, settings)
    con.execute(sql)
    con.close()


def copies(settings: Settings) -> list[Path]:
    return sorted(settings.warehouse_path.parent.glob("before-*.duckdb"))


def test_a_change_to_the_declared_tables_comes_with_a_new_version() -> None:
    assert FINGERPRINTS[VERSION] == fingerprint_tables()


def test_the_next_night_runs_on_a_root_of_the_previous_format(
    previous: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    content = full_query(invoice(数电发票号码="26112000000000054321"), total())
    path = previous.data_root / "in" / "全量发票查询导出结果（20260801-20260831）.xlsx"
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.INFO, "fapiao.progress"):
        opened = night_log.open_night(previous, NIGHT)
    assert opened.migrated
    assert "core_upstream__span" in opened.migrated.tables
    assert str(opened.migrated) in caplog.text
    take_in(previous, NIGHT)
    result = reconcile_night(previous, NIGHT)
    assert result.verdicts == {("matched", "exact"): 1, ("pending", "booking_lag"): 1}
    assert night_log.open_night(previous, NIGHT).migrated is None


def test_a_sighting_gets_the_night_of_its_file_or_else_its_own_moment(previous: Settings) -> None:
    migrate_root(previous)
    assert select(previous, "SELECT received_at FROM core_upstream__sighting") == [(datetime(2026, 9, 1, 2),)]
    assert select(previous, "SELECT received_at FROM core_ledger__sighting") == [(datetime(2026, 8, 31, 23),)]


def test_a_sighting_gets_the_night_of_that_delivery_of_its_name(previous: Settings) -> None:
    alter(
        previous,
        "INSERT INTO raw_file SELECT * REPLACE ('f0' AS file_id, TIMESTAMP '2026-08-01 01:00' AS observed_at, "
        "TIMESTAMP '2026-08-01 02:00' AS received_at) FROM raw_file WHERE file_id = 'f1'",
    )
    migrate_root(previous)
    assert select(previous, "SELECT received_at FROM core_upstream__sighting") == [(datetime(2026, 9, 1, 2),)]


def test_days_covered_before_are_covered_after(previous: Settings) -> None:
    night_log.open_night(previous, NIGHT)
    take_in(previous, NIGHT)
    found = "SELECT direction, count(*) FROM core_upstream__coverage WHERE is_complete GROUP BY ALL"
    assert select(previous, found) == [("input", 30)]


def test_everything_is_judged_anew(previous: Settings) -> None:
    migrate_root(previous)
    assert select(previous, "FROM core_change ORDER BY ALL") == [("ledger", "l1"), ("upstream", "u1")]
    assert select(previous, "FROM recon__state") == []


def test_the_database_is_kept_as_it_was(previous: Settings) -> None:
    migrated = migrate_root(previous)
    assert migrated
    assert copies(previous) == [migrated.copy]
    assert migrated.copy.stat().st_mode & 0o777 == 0o600
    assert len(select(previous, "FROM core_upstream__sighting", migrated.copy)[0]) == 22
    assert select(previous, "FROM warehouse__version") == [(VERSION, fingerprint_tables())]


def test_columns_come_in_the_declared_order_and_rows_keep_their_values(previous: Settings) -> None:
    migrate_root(previous)
    assert select(previous, "SELECT taxpayer_name, total, summary FROM raw_ledger__row") == [(None, "113.00", "货")]
    described = select(previous, "DESCRIBE raw_ledger__row")
    assert [name for name, *_ in described][4:7] == ["taxpayer_id", "taxpayer_name", "direction"]


def test_columns_and_tables_that_are_declared_no_more_stay(previous: Settings) -> None:
    alter(previous, "ALTER TABLE recon__item ADD COLUMN score INTEGER; UPDATE recon__item SET score = 7")
    alter(previous, "CREATE TABLE own_notes AS SELECT 'x' AS note")
    migrate_root(previous)
    assert select(previous, "SELECT item_id, score FROM recon__item__v1") == [("i1", 7)]
    assert select(previous, "FROM own_notes") == [("x",)]
    with open_warehouse(previous) as con:
        assert "score" not in con.sql("FROM recon__item").columns


def test_a_root_that_does_not_fit_stays_as_it_was(previous: Settings) -> None:
    alter(previous, "ALTER TABLE recon__item DROP COLUMN basis")
    with pytest.raises(IntegrityError, match="basis"):
        migrate_root(previous)
    assert len(select(previous, "FROM core_upstream__sighting")[0]) == 22
    assert len(copies(previous)) == 1


def test_a_migration_that_fails_every_night_makes_one_copy_only(previous: Settings) -> None:
    alter(previous, "ALTER TABLE recon__item DROP COLUMN basis")
    for _ in range(2):
        with pytest.raises(IntegrityError, match="basis"):
            migrate_root(previous)
    assert len(copies(previous)) == 1


def test_a_copy_that_differs_stops_the_migration(previous: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.copyfile", lambda _source, target: duckdb.connect(str(target)).close())
    with pytest.raises(IntegrityError, match="nothing was migrated"):
        migrate_root(previous)
    assert len(select(previous, "FROM core_upstream__sighting")[0]) == 22
    assert list(previous.warehouse_path.parent.glob("*copying*")) == copies(previous) == []


def test_half_a_copy_of_a_killed_run_goes(previous: Settings) -> None:
    (previous.warehouse_path.parent / ".copying.1.duckdb").write_bytes(b"half")
    migrate_root(previous)
    assert sorted(path.name[:6] for path in previous.warehouse_path.parent.glob("*.duckdb")) == ["before", "recon."]


def test_only_the_newest_copies_stay_and_only_after_a_migration_that_succeeded(previous: Settings) -> None:
    old = [f"before-{digit * 12}.2026090{day}T020000.duckdb" for digit, day in (("f", 1), ("a", 2), ("0", 3))]
    for name in old:
        (previous.warehouse_path.parent / name).write_bytes(b"old")
    alter(previous, "ALTER TABLE recon__item RENAME COLUMN basis TO base")
    with pytest.raises(IntegrityError):
        migrate_root(previous)
    assert len(copies(previous)) == 4
    alter(previous, "ALTER TABLE recon__item RENAME COLUMN base TO basis")
    migrated = migrate_root(previous)
    assert migrated
    assert len(copies(previous)) == COPIES_KEPT
    assert migrated.copy in copies(previous)
    assert old[0] not in [path.name for path in copies(previous)]


def test_adjustments_of_version_5_stand_since_the_night_that_first_showed_them(settings: Settings) -> None:
    build_warehouse(settings)
    alter(settings, "DROP TABLE night__adjustment")
    alter(
        settings,
        "INSERT INTO recon__adjustment VALUES ('2026-08', 'L:l9', 'T', 'input', 'arrived', NULL, NULL, "
        "'missing_upstream', 'not_found', 0, 500, '20260910T020000')",
    )
    alter(settings, f"UPDATE warehouse__version SET version = 5, fingerprint = '{FINGERPRINTS[5]}'")
    migrated = migrate_root(settings)
    assert migrated
    assert migrated.tables == ("night__adjustment",)
    assert select(settings, "SELECT item_id, kind, found_cause, first_night, gone_night FROM night__adjustment") == [
        ("L:l9", "arrived", "not_found", "20260910T020000", None)
    ]


def test_a_decision_of_version_4_is_kept(settings: Settings) -> None:
    build_warehouse(settings)
    alter(settings, "ALTER TABLE decisions DROP COLUMN found_cause")
    decided = "SELECT 'D-1' AS decision_id, 'link' AS kind, ['u1'] AS upstream_ids, ['l1'] AS ledger_ids, 'x' AS reason"
    alter(
        settings, f"INSERT INTO decisions BY NAME {decided}, '王' AS decided_by, '2026-09-01'::TIMESTAMP AS decided_at"
    )
    alter(settings, f"UPDATE warehouse__version SET version = 4, fingerprint = '{FINGERPRINTS[4]}'")
    migrated = migrate_root(settings)
    assert migrated
    assert (migrated.version_before, migrated.tables) == (4, ("decisions",))
    assert select(settings, "SELECT decision_id, ledger_ids, found_cause FROM decisions") == [("D-1", ["l1"], None)]


def test_who_took_an_alert_on_under_version_5_has_taken_on_what_was_known(settings: Settings) -> None:
    build_warehouse(settings)
    alter(settings, "ALTER TABLE alert__case DROP waiting_night; ALTER TABLE alert__case DROP acknowledged_night")
    case = {"raised_night": "20260901T020000", "updated_night": "20260904T020000", "severity": "warning"}
    texts = dict.fromkeys(("title_zh", "title_en", "body_zh", "body_en"), "x")
    con = connect(settings.warehouse_path, settings)
    for key, who in (("finding:a:b", "王"), ("source:tax", None)):
        insert(con, table_named("alert__case"), alert_key=key, acknowledged_by=who, **case, **texts)
    con.execute(f"UPDATE warehouse__version SET version = 5, fingerprint = '{FINGERPRINTS[5]}'")
    con.close()
    assert migrate_root(settings)
    known = "SELECT alert_key, acknowledged_night, waiting_night FROM alert__case ORDER BY 1"
    assert select(settings, known) == [("finding:a:b", "20260904T020000", None), ("source:tax", None, None)]


def test_a_root_of_version_3_gets_the_answers_of_the_verification_service(settings: Settings) -> None:
    """Version 4 adds one table, which begins empty; everything else stays as it is, and is judged anew."""
    build_warehouse(settings)
    alter(settings, "DROP TABLE core_verification__answer")
    alter(settings, f"UPDATE warehouse__version SET version = 3, fingerprint = '{FINGERPRINTS[3]}'")
    before = select(settings, "FROM core_ledger__entry ORDER BY ALL")
    with pytest.raises(IntegrityError, match="earlier version"), open_warehouse(settings):
        pass
    migrated = migrate_root(settings)
    assert migrated
    assert (migrated.version_before, migrated.tables) == (3, ("core_verification__answer",))
    assert select(settings, "FROM core_verification__answer") == []
    assert select(settings, "FROM core_ledger__entry ORDER BY ALL") == before
    assert select(settings, "FROM warehouse__version") == [(VERSION, fingerprint_tables())]
    assert migrate_root(settings) is None


def test_a_newer_root_is_refused_and_left_alone(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        con.execute("UPDATE warehouse__version SET version = 99, fingerprint = 'x'")
    before = settings.warehouse_path.read_bytes()
    with pytest.raises(IntegrityError, match="newer version"):
        night_log.open_night(settings, NIGHT)
    with pytest.raises(IntegrityError, match="version 99"), open_warehouse(settings):
        pass
    assert settings.warehouse_path.read_bytes() == before


def test_a_stage_on_its_own_does_not_touch_an_older_root(previous: Settings) -> None:
    with pytest.raises(IntegrityError, match="earlier version"):
        take_in(previous, NIGHT)
    assert len(select(previous, "FROM core_upstream__sighting")[0]) == 22


def test_a_root_of_today_or_none_at_all_is_not_migrated(settings: Settings) -> None:
    assert migrate_root(settings) is None
    night_log.open_night(settings, NIGHT)
    assert migrate_root(settings) is None
    assert copies(settings) == []
