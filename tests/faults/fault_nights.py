"""Nights against the simulated tax system: one with a fault, and one after it. `python -m tests.faults.fault_nights`
writes what came of them as docs/faults.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines import night_log
from pipelines.alerts.send import alert_night
from pipelines.night import Night
from pipelines.pull.stage import pull_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, load_settings
from pipelines.simulator import FAULTS, Fault, FaultKind, Scenario, SimulatedBooks, Simulator, make_books
from pipelines.simulator.books import write_books
from pipelines.simulator.trial import write_settings
from pipelines.sources.intake import take_in
from pipelines.warehouse import Connection, open_warehouse

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FIRST_NIGHT = datetime(2026, 10, 20, 2)
PLAYED = tuple(kind for kind in FAULTS if kind.area != "verify")
LEDGER = """
[[sources]]
id = "ledger"
side = "ledger"
folder = "inbox/ledger"
layout = "plain_ledger_csv"
taxpayer_id = "{taxpayer}"
"""
HEAD = """# Faults of a tax system, and what a night makes of them

Written by `python -m tests.faults.fault_nights`, checked by `tests/faults/test_fault_nights.py`: for every fault of the
simulator but those of the verification service (查验) one night with it and one without it after it. A small company,
40 invoices; its ledger agrees with the tax system to the cent, so a line that is called missing upstream, different or
doubled is a false alarm. *Not here* counts invoices that were issued by that night and that we do not have. Both
numbers: on the night of the fault → on the next.

| fault | fetched | what the night says | alerts | not here | false alarms |
| --- | --- | --- | --- | --- | --- |
"""
TASK = 'task = { status_path = "/tasks/{task}", fetch_path = "/tasks/{task}/rows", poll_seconds = 0.05 }'
HURRY = "requests_per_second = 200\nattempts = 3\ntimeout_seconds = 1\nlongest_wait_seconds = 1\nbudget_seconds = 30"


@dataclass(frozen=True)
class FaultNight:
    """What one night came to. `lost`: invoices that the tax system listed and we do not have; `called_missing`: ledger
    lines called missing, all of which have an invoice."""

    state: str
    message_zh: str
    message_en: str
    alerts: tuple[str, ...]
    lost: int
    called_missing: int
    days_covered: int


def play(kind: FaultKind, books: SimulatedBooks, root: Path) -> tuple[FaultNight, FaultNight]:
    """A night with the fault, and the next one without it."""
    with simulate(books) as simulator:
        settings = settle(simulator, root, is_task=kind.area == "task")
        simulator.switch_on(Fault(id=kind.id, **{"seconds": 3, **kind.settings}))
        faulty = run_night(settings, simulator, FIRST_NIGHT)
        simulator.switch_off()
        return faulty, run_night(settings, simulator, FIRST_NIGHT + timedelta(days=1))


@contextmanager
def simulate(books: SimulatedBooks) -> Iterator[Simulator]:
    with Simulator(books, Scenario(now=FIRST_NIGHT)) as simulator:
        account = simulator.scenario.accounts[0]
        os.environ |= {"TAX_API_ID": account.id, "TAX_API_SECRET": account.secret}
        yield simulator


def settle(simulator: Simulator, root: Path, *, is_task: bool = False) -> Settings:
    """A data root whose tax side is pulled from the simulator; its ledger agrees with the books to the cent."""
    root.mkdir(parents=True, exist_ok=True)
    pulled = write_settings(simulator, simulator.scenario.accounts[0]).replace("requests_per_second = 20", HURRY)
    if is_task:
        pulled = pulled.replace('listing = { path = "/invoices"', f'listing = {{ path = "/tasks", {TASK}')
    taxpayer = next(iter(simulator.books.taxpayers))
    (root / "fapiao.toml").write_text(
        "settle_seconds = 0\n" + pulled + LEDGER.format(taxpayer=taxpayer), encoding="utf-8"
    )
    list(write_books(simulator.books, root / "inbox", FIRST_NIGHT))
    return load_settings(root)


def run_night(settings: Settings, simulator: Simulator, moment: datetime) -> FaultNight:
    simulator.set_clock(moment.isoformat())
    night = Night(moment)
    night_log.open_night(settings, night)
    pull_night(settings, night)
    take_in(settings, night)
    reconcile_night(settings, night)
    alert_night(settings, night)
    night_log.close_night(settings, night)
    with open_warehouse(settings, read_only=True) as con:
        return read_night(con, simulator.books, night)


def read_night(con: Connection, books: SimulatedBooks, night: Night) -> FaultNight:
    state, zh, en = con.execute(
        "SELECT state, coalesce(message_zh, ''), coalesce(message_en, '') FROM night__pull WHERE night_id = ?",
        [night.night_id],
    ).fetchall()[0]
    alerts = con.execute(
        "SELECT alert_key FROM alert__case WHERE resolved_night IS NULL AND NOT alert_key LIKE 'finding:%' ORDER BY ALL"
    ).fetchall()
    held = {number for (number,) in con.execute("SELECT invoice_number FROM core_upstream__invoice").fetchall()}
    issued = {one.number for one in books.invoices if one.issued_at <= night.as_of}
    called_missing = _count(con, "FROM recon__item WHERE verdict IN ('missing_upstream', 'mismatched', 'duplicate')")
    days = _count(con, "FROM core_upstream__coverage WHERE is_complete")
    return FaultNight(state, zh, en, tuple(key for (key,) in alerts), len(issued - held), called_missing, days)


def _count(con: Connection, source: str) -> int:
    return int(con.execute(f"SELECT count(*) {source}").fetchall()[0][0])


def play_all(folder: Path) -> list[tuple[FaultKind, FaultNight, FaultNight]]:
    books = make_books(seed=7, invoices=40)
    return [(kind, *play(kind, books, folder / kind.id)) for kind in PLAYED]


def write_page(played: list[tuple[FaultKind, FaultNight, FaultNight]]) -> str:
    """docs/faults.md."""
    return HEAD + "\n".join(_write_row(*told) for told in played) + "\n"


def _write_row(kind: FaultKind, faulty: FaultNight, after: FaultNight) -> str:
    alerts = ", ".join(f"`{key}`" for key in sorted({key.split(":")[0] for key in faulty.alerts})) or "—"
    said = f"{faulty.message_zh}<br>{faulty.message_en}" if faulty.message_zh else "—"
    lost = f"{faulty.lost} → {after.lost}"
    called = f"{faulty.called_missing} → {after.called_missing}"
    return f"| `{kind.id}` {kind.zh}<br>{kind.en} | {faulty.state} | {said} | {alerts} | {lost} | {called} |"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(write_page(play_all(Path(folder))), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
