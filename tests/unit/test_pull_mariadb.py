"""Ledgers from a real MariaDB, which is how MySQL is spoken to; skipped where no server is installed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.pull.database_faults import DatabaseError
from pipelines.pull.database_query import LedgerQuery, LedgerRead, read_ledger
from pipelines.pull.database_session import Login, open_reading, parse_login
from pipelines.sources.layout import load_layout
from tests.unit.mariadb_server import MariadbServer, lacking_programs, run_mariadb

pytestmark = pytest.mark.skipif(bool(lacking_programs()), reason=f"not installed: {', '.join(lacking_programs())}")

ROWS = 20_000
READER_KEY = "reader-of-ledgers"
QUERY = (
    "SELECT dbill_date, csign, ino_id, inid, ccode, cdigest, md, mc, cname FROM gl_accvouch "
    "WHERE dbill_date BETWEEN :from AND :to ORDER BY ino_id, inid"
)
TABLE = (
    "CREATE TABLE erp.gl_accvouch (dbill_date datetime, csign varchar(10), ino_id int, inid int, ccode varchar(20), "
    "cdigest varchar(200), md decimal(18, 2), mc decimal(18, 2), cname varchar(100)) CHARACTER SET utf8mb4 "
    "ENGINE=InnoDB"
)
FILL = (
    "INSERT INTO erp.gl_accvouch SELECT '2026-08-01' + INTERVAL (seq % 28) DAY, '记', seq, 1, '220201', "
    f"concat('货款 发票号 ', 26112000000000000000 + seq), 0, 113.00 + seq, '甲公司' FROM erp.seq_1_to_{ROWS}"
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    with run_mariadb() as running:
        running.run(
            "CREATE DATABASE erp CHARACTER SET utf8mb4",
            TABLE,
            FILL,
            "CREATE TABLE erp.payroll (secret text)",
            f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{READER_KEY}'",
            "GRANT SELECT ON erp.gl_accvouch TO reader@'127.0.0.1'",
        )
        yield running


def login(server: MariadbServer, password: str = READER_KEY, seconds: int = 30) -> Login:
    return parse_login(server.url("reader", password), "FAPIAO_ERP_URL", seconds)


def query(text: str = QUERY, layout: str | None = None, batch_rows: int = 3000) -> LedgerQuery:
    wanted = load_layout(layout) if layout else None
    return LedgerQuery(text, date(2026, 8, 1), date(2026, 8, 31), wanted, batch_rows)


def fault(login: Login, folder: Path, text: str = QUERY) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        read_ledger(login, query(text), folder / "erp.parquet")
    assert not list(folder.iterdir()), "a failed reading leaves no file"
    assert READER_KEY not in str(caught.value)
    return caught.value


def test_every_row_of_the_window_comes_as_text_in_the_order_of_the_query(server: MariadbServer, tmp_path: Path) -> None:
    target = tmp_path / "erp.parquet"
    assert read_ledger(login(server), query(layout="yonyou_u8"), target) == LedgerRead(ROWS)
    first = pq.read_table(target).slice(0, 1).to_pylist()[0]
    assert first == {
        "dbill_date": "2026-08-02", "csign": "记", "ino_id": "1", "inid": "1", "ccode": "220201",
        "cdigest": "货款 发票号 26112000000000000001", "md": "0.00", "mc": "114.00", "cname": "甲公司",
    }  # fmt: skip
    assert pq.ParquetFile(target).metadata.num_row_groups == 7


def test_everything_in_a_reading_is_of_one_moment(server: MariadbServer, tmp_path: Path) -> None:
    slow = (
        "SELECT seq, sleep(0.3) AS slept, (SELECT count(*) FROM gl_accvouch WHERE ino_id > seq * 0) AS n "
        "FROM seq_1_to_4 ORDER BY seq"
    )
    running = parse_login(server.url("root", "").replace(":@", "@"), "FAPIAO_ERP_URL", 30)
    adding = threading.Timer(0.4, server.run, [FILL.replace(f"seq_1_to_{ROWS}", "seq_100001_to_100005")])
    adding.start()
    read_ledger(running, query(slow, batch_rows=1), tmp_path / "erp.parquet")
    adding.join()
    server.run("DELETE FROM erp.gl_accvouch WHERE ino_id > 100000")
    assert set(pq.read_table(tmp_path / "erp.parquet").column("n").to_pylist()) == {str(ROWS)}


def test_an_address_that_calls_it_mysql_is_read_with_its_own_time_limit(server: MariadbServer, tmp_path: Path) -> None:
    named_mysql = parse_login(server.url("reader", READER_KEY, "mysql"), "FAPIAO_ERP_URL", 30)
    assert read_ledger(named_mysql, query(), tmp_path / "erp.parquet") == LedgerRead(ROWS)


@pytest.mark.parametrize(
    ("change", "text", "kind"),
    [
        ({"password": "wrong"}, QUERY, "refused"),
        ({}, "SELECT secret FROM payroll ORDER BY 1", "forbidden"),
        ({}, "SELECT nothing FROM gl_accvouch ORDER BY 1", "wrong_query"),
        ({"seconds": 1}, "SELECT count(*) AS n FROM gl_accvouch a, gl_accvouch b, gl_accvouch c ORDER BY 1", "timeout"),
    ],
)
def test_each_fault_has_its_name(
    server: MariadbServer, tmp_path: Path, change: dict[str, str | int], text: str, kind: str
) -> None:
    settings = {"password": READER_KEY, "seconds": 30, **change}
    found = fault(login(server, str(settings["password"]), int(settings["seconds"])), tmp_path, text)
    assert found.kind == kind


def test_nothing_can_be_written_even_with_the_right_to(server: MariadbServer) -> None:
    owner = parse_login(server.url("root", "").replace(":@", "@"), "FAPIAO_ERP_URL", 30)
    with pytest.raises(DatabaseError), open_reading(owner) as reading:
        reading.connection.exec_driver_sql("DELETE FROM gl_accvouch")
