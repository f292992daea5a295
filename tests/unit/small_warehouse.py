"""A tiny working database for tests: a few invoices and ledger lines over two months, judged."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from pipelines.model import CAUSES
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse

US = "91110105MA01A1B2XG"
FIRST = Night(datetime(2026, 11, 24, 2))
SECOND = Night(datetime(2026, 11, 25, 2))
THIRD = Night(datetime(2026, 11, 26, 2))
FILE_BYTES = b"as received"
FILE_ID = hashlib.sha256(FILE_BYTES).hexdigest()


def number_of(index: int) -> str:
    return f"2611200000000000{index:04d}"


def add_invoice(con: Connection, index: int, total: str, issued: str, status: str = "normal") -> None:
    values = {"i": f"u{index}", "us": US, "n": number_of(index), "at": issued, "t": total, "s": status}
    for table, received in (("core_upstream__invoice", ""), ("core_upstream__sighting", ", '2026-11-23 09:00:00'")):
        con.execute(
            f"INSERT INTO {table} VALUES ($i, $us, 'input', NULL, $n, NULL, '数电票', $at, '9111', "
            "'甲供应商（北京）有限公司', $us, '我方', $t::DECIMAL(18,2) - 3, 3, $t, $s, FALSE, NULL, NULL, "
            f"'2026-11-23 09:00:00', 'tax', '全量.xlsx', 5{received})",
            values,
        )


def add_entry(con: Connection, index: int, reference: str | None, total: str, posted: str) -> None:
    values = {"i": f"l{index}", "us": US, "r": reference, "t": total, "on": posted, "v": f"记-{index}"}
    for table, received in (("core_ledger__entry", ""), ("core_ledger__sighting", ", '2026-11-23 09:00:00'")):
        con.execute(
            f"INSERT INTO {table} VALUES ($i, $us, 'input', $on, $v, $r, NULL, NULL, NULL, '甲供应商(北京)有限公司', "
            f"$t::DECIMAL(18,2) - 3, 3, $t, NULL, '2026-11-23 09:00:00', 'erp', '序时簿.xlsx', 7{received})",
            values,
        )


def add_item(con: Connection, index: int, cause: str, upstream: str | None, ledger: str | None) -> None:
    verdict = CAUSES[cause]
    values = {"i": f"item{index}", "us": US, "v": verdict, "c": cause, "u": upstream, "l": ledger}
    con.execute(
        "INSERT INTO recon__item VALUES ($i, $us, 'input', $v, $c, NULL, 'observed', FALSE, NULL, NULL, NULL, $u, $l, "
        "$l::DECIMAL(18,2) - $u::DECIMAL(18,2), NULL, '发票 ' || $i || ' 请核对。', 'Check ' || $i || '.')",
        values,
    )
    sides = {"upstream": f"u{index}" if upstream else None, "ledger": f"l{index}" if ledger else None}
    for side, record in sides.items():
        if record:
            con.execute("INSERT INTO recon__member VALUES ($i, $s, $r)", {"i": f"item{index}", "s": side, "r": record})


def add_night(con: Connection, night: Night) -> None:
    values = {"n": night.night_id, "a": night.as_of}
    con.execute("INSERT INTO night__run VALUES ($n, $a, $a, NULL, FALSE, NULL)", values)
    con.execute("INSERT INTO night__source VALUES ($n, 'tax', 'received', 1, 0, 3, $a, NULL, NULL)", values)
    con.execute(
        "INSERT INTO audit__verdict VALUES ($n, 'core', 'key_repeats', 'core_ledger__entry', 'stop', '主键', 'Keys', "
        "TRUE, 3, 0, NULL), ($n, 'recon', 'booked_known', 'recon__item', 'warn', '已入账须在税务系统', 'Known', FALSE, "
        "3, 1, NULL)",
        {"n": night.night_id},
    )
    con.execute("INSERT INTO audit__unexpected VALUES ($n, 'booked_known', 'item3')", {"n": night.night_id})


def add_landed_file(con: Connection, settings: Settings) -> None:
    path = settings.landing_dir / "tax" / "f.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILE_BYTES)
    con.execute(
        "INSERT INTO raw_file VALUES ($f, 'tax', 'upstream', 'x', '全量.xlsx', $b, 'landing/tax/f.xlsx', "
        "'2026-11-23 09:00:00', '2026-11-24 02:00:00', 'stopped', NULL, NULL, FALSE, 4, 0, 1, 3, '被截断', 'cut')",
        {"f": FILE_ID, "b": len(FILE_BYTES)},
    )


def build_warehouse(settings: Settings) -> None:
    """Night FIRST: 1 matched, 2 differs by 27.00, 3 booked and not upstream (second month), 4 void but booked, 5 booked
    twice, 6 upstream and not booked."""
    with open_warehouse(settings) as con:
        add_invoice(con, 1, "103.00", "2026-10-05 10:00:00")
        add_invoice(con, 2, "1103.00", "2026-10-06 10:00:00")
        add_invoice(con, 4, "50.00", "2026-11-02 10:00:00", "void")
        add_invoice(con, 6, "80.00", "2026-08-02 10:00:00")
        add_entry(con, 1, number_of(1), "103.00", "2026-11-06")
        add_entry(con, 2, f"No.{number_of(2)}", "1130.00", "2026-10-08")
        add_entry(con, 3, number_of(3), "12.00", "2026-11-08")
        add_entry(con, 4, number_of(4), "50.00", "2026-11-09")
        add_entry(con, 5, number_of(1), "103.00", "2026-11-10")
        add_item(con, 1, "exact", "103.00", "103.00")
        add_item(con, 2, "amount_differs", "1103.00", "1130.00")
        add_item(con, 3, "not_found", None, "12.00")
        add_item(con, 4, "dead_invoice_booked", "50.00", "50.00")
        add_item(con, 5, "booked_twice", None, "103.00")
        add_item(con, 6, "not_booked", "80.00", None)
        con.execute(
            "INSERT INTO night__finding SELECT item_id, cause, CASE item_id WHEN 'item3' THEN '20261124T020000' ELSE "
            "'20261120T020000' END, '20261124T020000', NULL FROM recon__item WHERE verdict <> 'matched'"
        )
        for day in range(60):
            con.execute(
                "INSERT INTO core_upstream__coverage VALUES ($us, 'input', $d, $ok, NULL, 'tax', NULL, NULL)",
                {"us": US, "d": datetime(2026, 10, 1) + timedelta(days=day), "ok": day != 10},
            )
        add_landed_file(con, settings)
        add_night(con, FIRST)
