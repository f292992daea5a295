"""What readers get: a database of its own, with words on everything, replaced in one step."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.model import PUBLISHED_TABLES
from pipelines.publish import list_views, publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, US, add_night, build_warehouse

READER = """
import duckdb, json, sys
con = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(json.dumps(con.execute(line.strip()).fetchall(), default=str), flush=True)
"""


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_root=tmp_path_factory.mktemp("night") / "data", threads=2)
    build_warehouse(settings)
    publish_night(settings, FIRST)
    return settings.data_root


@pytest.fixture
def published(one_night: Path, tmp_path: Path) -> Settings:
    """A copy of a data root of which one night was published."""
    shutil.copytree(one_night, tmp_path / "data")
    return Settings(data_root=tmp_path / "data", threads=2)


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    return run_query(settings, sql).rows


def start_reader(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask_reader(reader: subprocess.Popen[str], sql: str) -> list[list[Any]]:
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(sql + "\n")
    reader.stdin.flush()
    rows: list[list[Any]] = json.loads(reader.stdout.readline())
    return rows


def close_reader(reader: subprocess.Popen[str]) -> None:
    assert reader.stdin is not None
    reader.stdin.close()
    assert reader.wait(timeout=20) == 0
    assert reader.stdout is not None
    reader.stdout.close()


def test_a_reader_keeps_the_old_night_through_a_publish_and_new_ones_see_the_new(published: Settings) -> None:
    total = "SELECT sum(total_cny), (SELECT night_id FROM out__night) FROM core_ledger__entry"
    early = start_reader(published.published_path)
    try:
        assert ask_reader(early, total) == [["1398.00", FIRST.night_id]]
        with open_warehouse(published) as con:
            add_night(con, SECOND)
            con.execute("UPDATE core_ledger__entry SET total_cny = 2.00 WHERE record_id = 'l3'")
        publish_night(published, SECOND)
        assert ask_reader(early, total) == [["1398.00", FIRST.night_id]]
        assert ask_reader(early, "SELECT count(*) FROM out__open_item") == [[5]]
        late = start_reader(published.published_path)
        assert ask_reader(late, total) == [["1388.00", SECOND.night_id]]
        close_reader(late)
    finally:
        close_reader(early)


def test_every_table_is_there_row_for_row(published: Settings) -> None:
    for table in PUBLISHED_TABLES:
        if table.name == "night__run":
            continue
        with open_warehouse(published) as con:
            kept = con.execute(f"SELECT * FROM {table.name} ORDER BY ALL").fetchall()
        assert ask(published, f"SELECT * FROM {table.name} ORDER BY ALL") == kept, table.name


def test_every_table_view_and_column_says_what_it_is(published: Settings) -> None:
    silent = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND COALESCE(comment, '') = ''"
    assert ask(published, silent) == []
    assert ask(published, "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL") == []
    assert ask(published, "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL") == []
    assert len(ask(published, "SELECT view_name FROM duckdb_views() WHERE NOT internal")) == len(list_views())


def test_money_is_decimal_in_every_view(published: Settings) -> None:
    loose = (
        "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type IN ('DOUBLE', 'FLOAT') AND NOT internal"
    )
    assert ask(published, loose) == []


def test_the_night_is_marked_published_in_the_file_and_afterwards_in_the_warehouse(published: Settings) -> None:
    assert ask(published, "SELECT is_published FROM night__run") == [(True,)]
    with open_warehouse(published) as con:
        assert con.execute("SELECT is_published FROM night__run").fetchall() == [(True,)]


def test_the_file_stands_alone_and_is_private(published: Settings) -> None:
    folder = published.published_path.parent
    assert [path.name for path in folder.iterdir()] == ["recon.duckdb"]
    assert stat.S_IMODE(published.published_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_copy_on_another_machine_answers_the_same(published: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(data_root=tmp_path / "laptop")
    elsewhere.published_path.parent.mkdir(parents=True)
    elsewhere.published_path.write_bytes(published.published_path.read_bytes())
    for view in list_views():
        sql = f"SELECT * FROM {view} ORDER BY ALL"
        assert ask(elsewhere, sql) == ask(published, sql), view


def test_open_items_show_money_at_stake_age_and_evidence(published: Settings) -> None:
    rows = ask(
        published,
        "SELECT item_id, at_stake_cny, vouchers, issued_on IS NULL, age_days, open_days, upstream_places, "
        "ledger_places FROM out__open_item WHERE item_id IN ('item2', 'item3') ORDER BY item_id",
    )
    assert rows == [
        ("item2", Decimal("27.00"), "记-2", False, 49, 4, "全量.xlsx #5", "序时簿.xlsx #7"),
        ("item3", Decimal("12.00"), "记-3", True, 16, 0, None, "序时簿.xlsx #7"),
    ]


def test_new_tonight_are_those_that_this_night_first_showed(published: Settings) -> None:
    assert ask(published, "SELECT item_id FROM out__new_tonight") == [("item3",)]


def test_the_summary_conserves_items_and_money(published: Settings) -> None:
    assert ask(published, "SELECT sum(items) FROM out__summary") == ask(published, "SELECT count(*) FROM recon__item")
    stake = "SELECT sum(at_stake_cny) FROM {}"
    assert ask(published, stake.format("out__summary")) == ask(published, stake.format("out__open_item"))
    assert ask(published, stake.format("out__exposure_by_party_month")) == [(Decimal("272.00"),)]


def test_each_record_stands_once_in_the_view_of_its_side(published: Settings) -> None:
    assert ask(published, "SELECT record_id, vouchers FROM out__invoice ORDER BY 1") == [
        ("u1", "记-1"),
        ("u2", "记-2"),
        ("u4", "记-4"),
        ("u6", None),
    ]
    assert ask(published, "SELECT record_id, invoice_numbers IS NULL FROM out__entry ORDER BY 1") == [
        ("l1", False),
        ("l2", False),
        ("l3", True),
        ("l4", False),
        ("l5", True),
    ]


def test_tax_at_risk_counts_input_tax_without_a_valid_invoice(published: Settings) -> None:
    rows = ask(published, "SELECT cause, risk, tax_at_risk_cny, items_without_tax FROM out__tax_at_risk ORDER BY 1")
    assert rows == [
        ("booked_twice", "input_tax_unsupported", Decimal("3.00"), 0),
        ("dead_invoice_booked", "input_tax_unsupported", Decimal("3.00"), 0),
        ("not_found", "input_tax_unsupported", Decimal("3.00"), 0),
    ]


def test_late_bookings_are_another_month_or_none_at_all(published: Settings) -> None:
    rows = ask(published, "SELECT invoice_number[-1:], days_to_booking, is_booked FROM out__late_booking ORDER BY 1")
    assert rows == [("1", 32, True), ("6", 114, False)]


def test_the_special_views_show_their_item_and_nothing_else(published: Settings) -> None:
    assert ask(published, "SELECT item_id FROM out__duplicate") == [("item5",)]
    assert ask(published, "SELECT item_id, upstream_status FROM out__dead_invoice_booked") == [("item4", "void")]
    assert ask(published, "SELECT rule_id, example_keys FROM out__audit_failure") == [("booked_known", ["item3"])]
    assert ask(published, "SELECT file_name, problem FROM out__unreadable_file") == [("全量.xlsx", "stopped")]
    assert ask(published, "SELECT source_id, last_received_night, nights_without_new FROM out__source_health") == [
        ("tax", FIRST.night_id, 0)
    ]
    delays = ask(published, "SELECT sum(invoices), max(max_delay_hours) FROM out__sync_delay")
    assert delays == [(4, 2711)]


def test_cases_tell_who_follows_up_what_since_when_and_how_it_ended(published: Settings) -> None:
    earlier = "20261120T020000"
    with open_warehouse(published) as con:
        con.execute(
            "INSERT INTO alert__case BY NAME SELECT $key AS alert_key, $n AS raised_night, $n AS updated_night, "
            "'warning' AS severity, 1 AS finding_count, 't' AS title_zh, 't' AS title_en, 'b' AS body_zh, "
            "'b' AS body_en, '张会计' AS acknowledged_by, '2026-11-21'::TIMESTAMP AS acknowledged_at",
            {"key": f"finding:booked_twice:{US}", "n": earlier},
        )
        con.execute("UPDATE night__finding SET gone_night = ? WHERE item_id = 'item2'", [FIRST.night_id])
        con.execute(
            "INSERT INTO recon__decision VALUES ('D-1', 'accept_difference', 'item2', 'honoured', TRUE, '', '')"
        )
        con.execute(
            "INSERT INTO night__finding VALUES ('item2', 'amount_differs', '20261101T020000', '20261101T020000', "
            "'20261102T020000'), ('gone', 'not_found', '20261101T020000', '20261101T020000', '20261102T020000')"
        )
    publish_night(published, FIRST)
    rows = ask(published, "SELECT item_id, state, first_night, alert_key, acknowledged_by FROM cases ORDER BY ALL")
    assert rows == [
        ("gone", "resolved", "20261101T020000", None, None),
        ("item2", "resolved", "20261101T020000", f"finding:amount_differs:{US}", None),
        ("item2", "set_aside", earlier, f"finding:amount_differs:{US}", None),
        ("item3", "open", FIRST.night_id, f"finding:not_found:{US}", None),
        ("item4", "open", earlier, f"finding:dead_invoice_booked:{US}", None),
        ("item5", "open", earlier, f"finding:booked_twice:{US}", "张会计"),
        ("item6", "open", earlier, f"finding:not_booked:{US}", None),
    ]


def test_publishing_again_gives_the_same_answers(published: Settings) -> None:
    before = ask(published, "FROM out__open_item ORDER BY ALL")
    publish_night(published, FIRST)
    assert ask(published, "FROM out__open_item ORDER BY ALL") == before


def test_a_night_that_was_never_opened_is_not_published(published: Settings) -> None:
    before = published.published_path.read_bytes()
    with pytest.raises(UsageError, match="never opened"):
        publish_night(published, SECOND)
    assert published.published_path.read_bytes() == before
