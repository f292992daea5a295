"""Ledgers straight from an ERP's database, on a real PostgreSQL; other databases by what they would be told."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from pipelines.model import Side
from pipelines.night import Night
from pipelines.pull.database import DatabasePuller
from pipelines.pull.database_faults import DatabaseError, find_kind
from pipelines.pull.database_query import LedgerQuery, LedgerRead, check_query, read_ledger
from pipelines.pull.database_session import Login, begin_statements, connect_arguments, parse_login
from pipelines.pull.database_stream import as_text
from pipelines.pull.declared import DatabaseRoute
from pipelines.pull.route import Pulled, Window
from pipelines.settings import Settings, Source
from pipelines.sources.layout import load_layout
from pipelines.sources.recognise import read_with_layout
from tests.unit.postgres_server import PostgresServer, free_port, run_postgres

ROWS = 20_000
QUERY = (
    "SELECT dbill_date, csign, ino_id, inid, ccode, cdigest, md, mc, cname FROM gl_accvouch "
    "WHERE dbill_date BETWEEN :from AND :to ORDER BY ino_id, inid"
)
READER_KEY = "reader-of-ledgers"
TABLE = (
    "CREATE TABLE gl_accvouch (dbill_date timestamp, csign text, ino_id int, inid int, ccode text, cdigest text, "
    "md numeric(18, 2), mc numeric(18, 2), cname text)"
)
FILL = (
    "INSERT INTO gl_accvouch SELECT timestamp '2026-08-01' + (n % 28) * interval '1 day', '记', n, 1, '220201', "
    f"'货款 发票号 ' || lpad((26112000000000000000::numeric + n)::text, 20, '0'), 0, 113.00 + n, '甲公司' "
    f"FROM generate_series(1, {ROWS}) n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with run_postgres() as running:
        running.run(
            TABLE,
            FILL,
            "CREATE TABLE payroll (secret text)",
            f"CREATE ROLE reader LOGIN PASSWORD '{READER_KEY}'",
            "GRANT SELECT ON gl_accvouch TO reader",
        )
        yield running


def login(server: PostgresServer, password: str = READER_KEY, seconds: int = 30) -> Login:
    return parse_login(server.url("reader", password), "FAPIAO_ERP_URL", seconds)


def query(text: str = QUERY, layout: str | None = None, batch_rows: int = 3000, day: int = 31) -> LedgerQuery:
    wanted = load_layout(layout) if layout else None
    return LedgerQuery(text, date(2026, 8, 1), date(2026, 8, day), wanted, batch_rows)


def fault(
    server: PostgresServer, folder: Path, text: str, password: str = READER_KEY, seconds: int = 30
) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        read_ledger(login(server, password, seconds), query(text), folder / "erp.parquet")
    assert not list(folder.iterdir()), "a failed reading leaves no file"
    assert READER_KEY not in str(caught.value)
    return caught.value


def test_every_row_of_the_window_comes_as_text_in_the_order_of_the_query(
    server: PostgresServer, tmp_path: Path
) -> None:
    target = tmp_path / "erp.parquet"
    assert read_ledger(login(server), query(layout="yonyou_u8"), target) == LedgerRead(ROWS)
    first = pq.read_table(target).slice(0, 1).to_pylist()[0]
    assert first == {
        "dbill_date": "2026-08-02", "csign": "记", "ino_id": "1", "inid": "1", "ccode": "220201",
        "cdigest": "货款 发票号 26112000000000000001", "md": "0.00", "mc": "114.00", "cname": "甲公司",
    }  # fmt: skip
    assert pq.ParquetFile(target).metadata.num_row_groups == 7


LONG = (
    "SELECT DATE '2026-08-01' + n % 28 AS dbill_date, '记' AS csign, n AS ino_id, 1 AS inid, '220201' AS ccode, "
    "'货款 发票号 ' || lpad((26112000000000000000::numeric + n)::text, 20, '0') AS cdigest, 0.00 AS md, "
    "113.00 + n AS mc, '甲公司' AS cname FROM generate_series(1, {rows}) n ORDER BY n"
)
READ = """
import resource, sys
from datetime import date
from pathlib import Path
from pipelines.pull.database_query import LedgerQuery, read_ledger
from pipelines.pull.database_session import parse_login
url, text, target = sys.argv[1:]
wanted = LedgerQuery(text, date(2026, 8, 1), date(2026, 8, 31), None, 10_000)
print(read_ledger(parse_login(url, "FAPIAO_ERP_URL", 120), wanted, Path(target)).rows)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def read_apart(server: PostgresServer, rows: int, target: Path) -> tuple[int, int]:
    """Rows and peak memory in MB of a reading in a process of its own, started by a small one."""
    command = [sys.executable, "-c", READ, server.url("reader", READER_KEY), LONG.format(rows=rows), str(target)]
    done = subprocess.run(["env", *command], capture_output=True, text=True, timeout=300, check=True)
    read, peak_mb = done.stdout.split()
    return int(read), int(peak_mb)


@pytest.mark.timeout(300)
def test_a_million_rows_need_no_more_memory_than_a_batch(server: PostgresServer, tmp_path: Path) -> None:
    few, base_mb = read_apart(server, 20_000, tmp_path / "few.parquet")
    many, peak_mb = read_apart(server, 1_000_000, tmp_path / "many.parquet")
    assert (few, many) == (20_000, 1_000_000)
    assert pq.ParquetFile(tmp_path / "many.parquet").metadata.num_rows == 1_000_000
    assert peak_mb < base_mb + 100


def test_equal_rows_give_equal_bytes_and_a_changed_row_does_not(server: PostgresServer, tmp_path: Path) -> None:
    for name in ("one", "two"):
        read_ledger(login(server), query(day=5), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    server.run("UPDATE gl_accvouch SET mc = 0.01 WHERE ino_id = 1")
    read_ledger(login(server), query(day=5), tmp_path / "two")
    server.run("UPDATE gl_accvouch SET mc = 114.00 WHERE ino_id = 1")
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()


def test_the_layout_for_yonyou_reads_the_file_as_it_reads_an_export(
    server: PostgresServer, tmp_path: Path, settings: Settings
) -> None:
    target = tmp_path / "erp.parquet"
    read_ledger(login(server), query(QUERY.replace("ORDER", "AND ino_id < 4 ORDER")), target)
    layout, reading = read_with_layout(target.name, target.read_bytes(), "auto", Side.LEDGER, settings)
    row = reading.rows.to_pylist()[0]
    assert layout.name == "yonyou_u8"
    assert (row["posted_on"], row["voucher_no"], row["invoice_reference"]) == (
        "2026-08-02",
        "记-1",
        "26112000000000000001",
    )
    assert (reading.rows.num_rows, reading.rows_read, row["row_number"]) == (3, 4, 2)


def test_everything_in_a_reading_is_of_one_moment(server: PostgresServer, tmp_path: Path) -> None:
    slow = (
        "SELECT csign, pg_sleep(0.2)::text AS slept, (SELECT count(*) FROM gl_accvouch) AS n FROM generate_series(1, 4)"
    )
    slow = f"WITH v AS ({slow}, (VALUES ('记')) s (csign)) SELECT * FROM v ORDER BY csign"
    adding = threading.Timer(0.3, server.run, [FILL.replace(f"1, {ROWS}", "100001, 100005")])
    adding.start()
    read_ledger(login(server), query(slow, batch_rows=1), tmp_path / "erp.parquet")
    adding.join()
    server.run("DELETE FROM gl_accvouch WHERE ino_id > 100000")
    assert set(pq.read_table(tmp_path / "erp.parquet").column("n").to_pylist()) == {str(ROWS)}


def test_a_slow_query_is_stopped_with_the_seconds_that_it_had(server: PostgresServer, tmp_path: Path) -> None:
    found = fault(server, tmp_path, "SELECT pg_sleep(20)::text ORDER BY 1", seconds=1)
    assert (found.kind, found.code) == ("timeout", "57014")
    assert "超过 1 秒" in found.sentence.zh


def test_a_connection_that_is_killed_in_the_middle_leaves_the_old_file(server: PostgresServer, tmp_path: Path) -> None:
    target = tmp_path / "erp.parquet"
    read_ledger(login(server), query(), target)
    before = target.read_bytes()
    killing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
    threading.Timer(0.5, server.run, [killing]).start()
    endless = "SELECT n, pg_sleep(0.002)::text AS slept FROM generate_series(1, 100000) n ORDER BY 1"
    with pytest.raises(DatabaseError) as caught:
        read_ledger(
            login(server), query(f"WITH v AS ({endless}) SELECT n FROM v WHERE slept IS NOT NULL ORDER BY n"), target
        )
    assert caught.value.kind == "lost"
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["erp.parquet"]


def test_a_table_without_permission_is_named(server: PostgresServer, tmp_path: Path) -> None:
    found = fault(server, tmp_path, "SELECT secret FROM payroll ORDER BY 1")
    assert (found.kind, found.code) == ("forbidden", "42501（payroll）")
    assert "SELECT" in found.sentence.zh


def test_a_query_that_writes_is_refused_by_the_database_too(server: PostgresServer, tmp_path: Path) -> None:
    server.run("CREATE SEQUENCE counter", "GRANT USAGE ON SEQUENCE counter TO reader")
    found = fault(server, tmp_path, "SELECT nextval('counter') ORDER BY 1")
    assert (found.kind, found.code) == ("other", "25006")


def test_a_login_that_is_refused_and_a_server_that_is_away_are_told_apart(
    server: PostgresServer, tmp_path: Path
) -> None:
    assert fault(server, tmp_path, QUERY, "wrong").kind == "refused"
    away = parse_login(f"postgresql+psycopg://reader:{READER_KEY}@127.0.0.1:{free_port()}/erp", "FAPIAO_ERP_URL", 5)
    with pytest.raises(DatabaseError) as caught:
        read_ledger(away, query(), tmp_path / "erp.parquet")
    assert caught.value.kind == "unreachable"
    assert "FAPIAO_ERP_URL" in str(caught.value)
    assert READER_KEY not in str(caught.value)


def test_a_wrong_column_name_and_an_empty_window_are_told_apart(server: PostgresServer, tmp_path: Path) -> None:
    found = fault(server, tmp_path, "SELECT kosten FROM gl_accvouch ORDER BY 1")
    assert (found.kind, found.code) == ("wrong_query", "42703（kosten）")
    empty = fault(server, tmp_path, QUERY.replace("WHERE", "WHERE ino_id < 0 AND"))
    assert empty.kind == "empty"
    assert "2026-08-01" in empty.sentence.zh


def test_a_column_that_the_layout_needs_is_missed_before_the_rows_are_read(
    server: PostgresServer, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseError, match="mc") as caught:
        read_ledger(login(server), query(QUERY.replace("mc, ", ""), layout="yonyou_u8"), tmp_path / "erp.parquet")
    assert caught.value.kind == "column_missing"


@pytest.mark.parametrize(
    "text", ["DELETE FROM v", "SELECT 1 ORDER BY 1; DROP TABLE v", "-- SELECT\nUPDATE v SET a = 1"]
)
def test_only_one_reading_statement_is_sent(text: str) -> None:
    with pytest.raises(DatabaseError, match="SELECT"):
        check_query(text)


def test_a_query_without_an_order_is_refused_and_one_in_a_comment_does_not_count() -> None:
    with pytest.raises(DatabaseError, match="ORDER BY"):
        check_query("SELECT a FROM v -- ORDER BY a")
    check_query("SELECT 'a;b' AS a FROM v ORDER BY a;")
    check_query("SELECT '--' AS a FROM v ORDER BY a")
    with pytest.raises(DatabaseError, match="SELECT"):
        check_query("SELECT '/*' AS a; DELETE FROM v WHERE b = '*/' ORDER BY a")


def test_only_the_parameters_that_the_query_names_are_sent() -> None:
    asked = query("SELECT a::date FROM v WHERE a >= :from AND b = ':to' ORDER BY 1")
    assert asked.values == {"from": date(2026, 8, 1)}


@pytest.mark.parametrize(
    ("url", "kind"), [(None, "no_secret"), ("no url", "kind_unknown"), ("sqlite://", "kind_unknown")]
)
def test_a_variable_without_a_usable_address_is_named(url: str | None, kind: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        parse_login(url, "FAPIAO_ERP_URL", 5)
    assert caught.value.kind == kind


def test_values_become_text_without_exponents_and_without_midnight() -> None:
    values = [Decimal("1E+3"), 1e22, 0.1, datetime(2026, 8, 1), datetime(2026, 8, 1, 9, 5), True, None, float("nan")]
    expected = ["1000", "10000000000000000000000", "0.1", "2026-08-01", "2026-08-01 09:05:00", "1", None, ""]
    assert [as_text(value) for value in values] == expected


class DriverError(Exception):
    """What drivers raise: a number and a text, or a text with a code."""


@pytest.mark.parametrize(
    ("family", "arguments", "kind"),
    [
        ("mysql", (1045, "Access denied for user"), "refused"),
        ("mysql", (3024, "maximum statement execution time exceeded"), "timeout"),
        ("mysql", (2013, "Lost connection to MySQL server during query"), "lost"),
        ("mysql", (1142, "SELECT command denied to user 'r' for table 'gl'"), "forbidden"),
        ("mssql", (18456, b"Login failed for user 'r'"), "refused"),
        ("mssql", (229, b"The SELECT permission was denied on the object 'GL_accvouch'"), "forbidden"),
        ("mssql", ((20009, b"Unable to connect: Adaptive Server is unavailable"),), "unreachable"),
        ("oracle", ("ORA-01017: invalid credential",), "refused"),
        ("oracle", ("DPY-4024: call timeout of 5000 ms exceeded",), "timeout"),
        ("oracle", ('ORA-00904: "MC": invalid identifier',), "wrong_query"),
    ],
)
def test_the_codes_of_other_databases_are_told_apart(family: str, arguments: tuple[object, ...], kind: str) -> None:
    error = sa.exc.DBAPIError("SELECT 1", None, DriverError(*arguments))
    assert find_kind(family, error, is_connecting=False)[0] == kind


@pytest.mark.parametrize(
    ("url", "bound"),
    [
        ("mysql+pymysql://u:p@h/d", "%(from)s"),
        ("mssql+pymssql://u:p@h/d", "%(from)s"),
        ("oracle+oracledb://u:p@h/?service_name=d", ':"from"'),
        ("postgresql+psycopg://u:p@h/d", "%(from)s"),
    ],
)
def test_the_window_is_bound_as_each_driver_wants_it(url: str, bound: str) -> None:
    engine = sa.create_engine(url, connect_args=connect_arguments(parse_login(url, "V", 5).family, 5))
    assert bound in str(sa.text(QUERY).compile(engine))


def test_mysql_mariadb_and_oracle_begin_read_only_with_their_own_limits() -> None:
    assert [text for text, _ in begin_statements("mysql", 5)][
        -1
    ] == "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
    assert begin_statements("mysql", 5)[1] == ("SET SESSION max_execution_time = :limit", {"limit": 5000})
    assert begin_statements("mariadb", 5)[1] == ("SET SESSION max_statement_time = :limit", {"limit": 5})
    assert begin_statements("oracle", 5) == [("SET TRANSACTION READ ONLY", {})]


def pull(settings: Settings, inbox: Path, text: str, last: int = 31) -> Pulled:
    route = DatabaseRoute(url_env="FAPIAO_ERP_URL", query=text, layout="yonyou_u8")
    window = Window(date(2026, 8, 1), date(2026, 8, last), date(2026, 8, 1))
    source = Source(id="u8", side=Side.LEDGER, folder="in")
    return DatabasePuller(route, settings).pull(source, window, inbox, Night(datetime(2026, 9, 1, 2)))


def test_the_route_tells_new_unchanged_empty_and_failed_apart(
    server: PostgresServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_ERP_URL", server.url("reader", READER_KEY))
    first = pull(settings, tmp_path, QUERY)
    assert (first.state, first.files, first.rows) == ("pulled", ("u8.parquet",), ROWS)
    assert pull(settings, tmp_path, QUERY).state == "unchanged"
    assert pull(settings, tmp_path, QUERY.replace("WHERE", "WHERE ino_id < 0 AND")).state == "empty"
    monkeypatch.setenv("FAPIAO_ERP_URL", server.url("reader", "wrong"))
    failed = pull(settings, tmp_path, QUERY)
    assert (failed.state, failed.files) == ("failed", ())
    assert failed.message is not None
    assert "FAPIAO_ERP_URL" in failed.message.zh
