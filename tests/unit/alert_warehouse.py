"""A small warehouse for tests of alerts and reports: one ledger line per finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pipelines.model import CAUSES, Table, table_named
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse

TAX_ID = "91110105MA01A1B2X3"
SELLER_TAX_ID = "91440300MA5F2K7Q9T"
PARTY = "深圳市样例（南山）电子有限公司"
NUMBER = "26442000001234567890"


def insert(con: Connection, table: Table, **values: Any) -> None:
    """One row; columns that are not named get a plain value if they must have one."""
    plain = {"VARCHAR": "x", "BIGINT": 0, "BOOLEAN": True, "TIMESTAMP": datetime(2026, 11, 1), "DECIMAL(18,2)": 0}
    row = {c.name: plain[c.type] for c in table.columns if c.is_required and c.name not in values} | values
    names, marks = ", ".join(row), ", ".join(f"${name}" for name in row)
    con.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", row)


@dataclass
class Warehouse:
    """Writes what the stages before would have written."""

    con: Connection
    night: Night

    def night_row(self, *, as_of: datetime | None = None, is_published: bool = True) -> None:
        night = Night(as_of or self.night.as_of)
        started = {"as_of": night.as_of, "started_at": night.as_of, "finished_at": night.as_of + timedelta(minutes=9)}
        values = {"night_id": night.night_id, **started, "is_published": is_published, "snapshot_id": "snap-1"}
        insert(self.con, table_named("night__run"), **values)

    def finding(self, name: str, cause: str, total: str, **extra: Any) -> None:
        """An item `name` of that cause; `party`, `number`, `zh`, `en`, `difference` and `first_night` may be set."""
        money, party, number = Decimal(total), extra.get("party", PARTY), extra.get("number", NUMBER)
        values = {
            "item_id": name,
            "taxpayer_id": TAX_ID,
            "direction": "input",
            "verdict": str(CAUSES[cause]),
            "cause": cause,
            "basis": "observed",
            "needs_review": False,
            "ledger_total_cny": money,
            "difference_cny": extra.get("difference"),
            "explanation_zh": extra.get("zh", f"发票 {number}（{party}）在账上为 {total}，请核对凭证 记-{name}。"),
            "explanation_en": extra.get(
                "en", f"Invoice {number} of {party} is booked with {total}: check voucher {name}."
            ),
        }
        insert(self.con, table_named("recon__item"), **values)
        if "first_night" in extra or cause not in ("exact", "sync_delay", "booking_lag"):
            first = extra.get("first_night", self.night.night_id)
            seen = {"item_id": name, "cause": cause, "first_night": first, "last_night": self.night.night_id}
            insert(self.con, table_named("night__finding"), **seen, gone_night=None)
        self._entry(name, party, number, money)

    def _entry(self, name: str, party: str, number: str, money: Decimal) -> None:
        insert(self.con, table_named("recon__member"), item_id=name, side="ledger", record_id=f"L-{name}")
        values = {
            "record_id": f"L-{name}",
            "taxpayer_id": TAX_ID,
            "direction": "input",
            "posted_on": (self.night.as_of - timedelta(days=40)).date(),
            "voucher_no": f"记-{name}",
            "invoice_reference": number,
            "counterparty_name": party,
            "counterparty_tax_id": SELLER_TAX_ID,
            "total_cny": money,
            "source_file": "凭证.xlsx",
            "source_row": 7,
        }
        insert(self.con, table_named("core_ledger__entry"), **values)

    def rule(self, rule_id: str, severity: str, *, is_success: bool = False) -> None:
        values = {
            "severity": severity,
            "name_zh": f"检查{rule_id}",
            "name_en": f"rule {rule_id}",
            "is_success": is_success,
        }
        counts = {"rows_checked": 100, "rows_unexpected": 3}
        insert(
            self.con, table_named("audit__verdict"), night_id=self.night.night_id, rule_id=rule_id, **values, **counts
        )

    def source(self, source_id: str, state: str, night: Night | None = None) -> None:
        values = {"source_id": source_id, "state": state, "message_zh": f"{source_id} 的说明", "message_en": "said so"}
        insert(self.con, table_named("night__source"), night_id=(night or self.night).night_id, **values)

    def stopped_file(self, source_id: str, file_name: str) -> None:
        values = {"file_id": "ab" * 32, "source_id": source_id, "file_name": file_name, "status": "stopped"}
        said = {
            "message_zh": "合计行应为 900.00，实际 800.00",
            "message_en": "control total 900.00, rows add up to 800.00",
        }
        insert(self.con, table_named("raw_file"), **values, **said, received_at=self.night.as_of, is_complete=False)


@contextmanager
def fill_warehouse(settings: Settings, night: Night) -> Iterator[Warehouse]:
    with open_warehouse(settings) as con:
        yield Warehouse(con, night)
