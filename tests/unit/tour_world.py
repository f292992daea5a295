"""The data of docs/tour.md: a dozen invoices, one for each task. `python -m tests.unit.tour_world FOLDER` makes it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from pipelines.settings import Settings, Taxpayer
from tests.spec.tables import OTHER, OURS, SUPPLIER, Row, covered, entry, invoice
from tests.unit.published_world import publish_rows

LOST_DAY = date(2026, 9, 16)
CODE, WRONG_CODE = "011002600111", "011002600112"


def number(index: int) -> str:
    return f"26112000000000{index:06d}"


def list_upstream() -> list[Row]:
    return [
        invoice("u2", "12345678", "226.00", invoice_code=CODE),
        invoice("u3", number(300345), "339.00"),
        invoice("u4", number(400400), "452.00", on=date(2026, 10, 12)),
        invoice("u5", number(500500), "565.00", on=date(2026, 11, 3), party=OTHER),
        invoice("u7", number(700700), "791.00"),
        invoice("u8", number(800800), "904.00", status="red_full"),
        invoice(
            "u8r",
            number(800801),
            "-904.00",
            on=date(2026, 9, 2),
            is_red=True,
            original_invoice_number=number(800800),
        ),
    ]


def list_ledger() -> list[Row]:
    return [
        entry("l1", number(100100), "113.00"),
        entry("l2", "12345678", "226.00", invoice_code=WRONG_CODE),
        entry("l3", number(300345), "393.00"),
        entry("l4", number(400400), "452.00", posted_on=date(2026, 10, 20)),
        entry("l6", "99112000000000600600", "678.00"),
        entry("l7", number(700700), "791.00"),
        entry("l7b", number(700700), "791.00", posted_on=date(2026, 9, 28)),
        entry("l8", number(800800), "904.00"),
        entry("l9", number(900900), "1017.00", posted_on=date(2026, 11, 23), invoice_date=date(2026, 11, 23)),
        entry("l10", number(101010), "1130.00", posted_on=date(2026, 9, 20), invoice_date=LOST_DAY),
    ]


def make_tour(folder: Path) -> Settings:
    """A published night in that data root."""
    ours = [Taxpayer(id=OURS, name="北京示例贸易有限公司")]
    settings = Settings(data_root=folder, taxpayers=ours, threads=2)
    publish_rows(settings, list_upstream(), list_ledger(), covered(but=[LOST_DAY]))
    return settings


if __name__ == "__main__":
    make_tour(Path(sys.argv[1]))
    print(f"{SUPPLIER['name']}, {OTHER['name']}: FAPIAO_DATA_ROOT={sys.argv[1]}")
