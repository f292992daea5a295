"""Where two of several are alike, it is always the same one that is named."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from pipelines.settings import Settings
from tests.spec.tables import Row, entry, invoice, reconcile_rows


def reversed_and_both_broken(place: int) -> tuple[list[Row], list[Row]]:
    """A reversed invoice: its own line shows a float, that of its red letter a wrong digit."""
    blue, red = f"2611200{place:04d}00123456", f"2631200{place:04d}00654321"
    blue, red = blue.ljust(20, "7"), red.ljust(20, "7")
    money, on = f"{2000 + place}.00", date(2026, 8, 10) + timedelta(place % 20)
    party = {"id": f"91310000MA{place:06d}12", "name": f"供应商{place}"}
    upstream = [
        invoice(f"u{place}", blue, money, status="red_full", on=on, party=party),
        invoice(f"r{place}", red, f"-{money}", original_invoice_number=blue, on=on, party=party),
    ]
    ledger = [
        entry(f"l{place}", f"{blue[:15]}00000", money, invoice_date=on, party=party, posted_on=on),
        entry(f"m{place}", f"{red[:9]}9{red[10:]}", f"-{money}", invoice_date=on, party=party, posted_on=on),
    ]
    return upstream, ledger


def test_items_of_several_rules_are_told_alike_in_every_run(tmp_path: Path) -> None:
    pairs = [reversed_and_both_broken(place) for place in range(300)]
    upstream, ledger = ([row for pair in pairs for row in pair[side]] for side in (0, 1))
    settings = Settings(data_root=tmp_path / "data", threads=2)
    runs = [
        reconcile_rows(tmp_path / str(run), upstream[::way], ledger[::way], settings=settings)
        for run, way in enumerate([1, 1, -1])
    ]
    assert len({item["rule"] for item in runs[0] if item["cause"] == "red_letter_netted"}) == 1
    assert runs[0] == runs[1] == runs[2]
