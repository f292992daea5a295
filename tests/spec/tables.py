"""Small tables in, items out: rows are written with only what matters, the rest gets plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.model import COVERAGE, LEDGER_ENTRY, UPSTREAM_INVOICE, Table
from pipelines.reconcile.parquet import reconcile_parquet
from pipelines.settings import Settings

OURS = "91110105MA01A1B2XG"
SUPPLIER = {"id": "91310000MA1FL0AB12", "name": "上海示例材料有限公司"}
OTHER = {"id": "91440300MA5DA1BC2D", "name": "深圳示例科技有限公司"}
AS_OF = datetime(2026, 11, 24, 2, 0)  # Beijing time
NUMBER = "26112000000123456789"
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
}

Row = dict[str, Any]


def invoice(record_id: str, number: str = NUMBER, total: str | None = "1130.00", **given: Any) -> Row:
    """An upstream invoice; `on` is its issue date, `party` its other side."""
    amount, tax = _split(Decimal(total or 0))
    party = given.pop("party", SUPPLIER)
    issued = datetime.combine(given.pop("on", date(2026, 8, 10)), datetime.min.time()) + timedelta(hours=10)
    row = {
        "record_id": record_id, "taxpayer_id": OURS, "direction": "input", "invoice_number": number,
        "issued_at": issued, "seller_tax_id": party["id"], "seller_name": party["name"], "buyer_tax_id": OURS,
        "amount_cny": amount, "tax_cny": tax, "total_cny": Decimal(total or 0), "status": "normal",
        "is_red": Decimal(total or 0) < 0, "observed_at": AS_OF,
    }  # fmt: skip
    return row | _money(given)


def entry(record_id: str, reference: str | None = NUMBER, total: str | None = "1130.00", **given: Any) -> Row:
    """A ledger line; `party` is its counterparty, `party=None` leaves it out."""
    party = given.pop("party", SUPPLIER) or {"id": None, "name": None}
    row = {
        "record_id": record_id, "taxpayer_id": OURS, "direction": "input", "posted_on": date(2026, 8, 20),
        "voucher_no": f"记-{record_id}", "invoice_reference": reference, "counterparty_tax_id": party["id"],
        "counterparty_name": party["name"], "total_cny": None if total is None else Decimal(total),
        "observed_at": AS_OF,
    }  # fmt: skip
    return row | _money(given)


def _money(given: Row) -> Row:
    return {key: Decimal(value) if key.endswith("_cny") and value else value for key, value in given.items()}


def _split(total: Decimal) -> tuple[Decimal, Decimal]:
    amount = (total / Decimal("1.13")).quantize(Decimal("0.01"))
    return amount, total - amount


def covered(first: date = date(2026, 1, 1), last: date = date(2026, 11, 24), but: Sequence[date] = ()) -> list[Row]:
    """Coverage of every day from first to last, except the days named."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        {"taxpayer_id": OURS, "direction": way, "issue_date": day, "is_complete": day not in but, "fetched_at": AS_OF}
        for way in ("input", "output")
        for day in days
    ]


def write_table(table: Table, rows: Sequence[Row], path: Path) -> Path:
    """The rows as Parquet in the declared shape of a table."""
    schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in table.columns])
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema), path)
    return path


def reconcile_rows(
    folder: Path,
    upstream: Sequence[Row],
    ledger: Sequence[Row],
    coverage: Sequence[Row] | None = None,
    as_of: datetime = AS_OF,
    settings: Settings | None = None,
) -> list[Row]:
    """Items with their members as `members`, a set of record ids, sorted by the members."""
    folder.mkdir(parents=True, exist_ok=True)
    reconcile_parquet(
        settings or Settings(data_root=folder / "data", threads=2),
        upstream=write_table(UPSTREAM_INVOICE, upstream, folder / "u.parquet"),
        ledger=write_table(LEDGER_ENTRY, ledger, folder / "l.parquet"),
        coverage=write_table(COVERAGE, covered() if coverage is None else coverage, folder / "c.parquet"),
        as_of=as_of,
        out=folder / "out",
    )
    items = {row["item_id"]: row | {"members": set()} for row in read_rows(folder / "out" / "recon__item.parquet")}
    for member in read_rows(folder / "out" / "recon__member.parquet"):
        items[member["item_id"]]["members"].add(member["record_id"])
    return sorted(items.values(), key=lambda item: sorted(item["members"]))


def read_rows(path: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows
