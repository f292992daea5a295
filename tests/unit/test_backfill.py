"""Past days asked for once more, over a real socket: what a dry run says, what comes, and what stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.alerts.pulls import compose_pulls
from pipelines.errors import UsageError
from pipelines.night import Night
from pipelines.night_log import close_night, open_night
from pipelines.pull.again import Backfill, Planned, plan_backfill
from pipelines.pull.stage import Pulls, pull_night
from pipelines.settings import Settings, load_settings
from pipelines.simulator import SimulatedBooks, Simulator, make_books
from pipelines.sources.bundle import unpack_bundle
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.faults.fault_nights import FIRST_NIGHT, settle, simulate

NIGHT = Night(FIRST_NIGHT)
LATER = Night(FIRST_NIGHT + timedelta(hours=12))
SEPTEMBER = Backfill(date(2026, 9, 10), date(2026, 9, 20))


@pytest.fixture(scope="module")
def books() -> SimulatedBooks:
    return make_books(seed=7, invoices=40, first_day=date(2026, 9, 1), months=2)


@pytest.fixture
def simulator(books: SimulatedBooks) -> Iterator[Simulator]:
    with simulate(books) as running:
        yield running


@pytest.fixture
def settings(simulator: Simulator, tmp_path: Path) -> Settings:
    """A data root that pulled nothing of September so far: its first night begins with October."""
    settled = settle(simulator, tmp_path)
    text = (tmp_path / "fapiao.toml").read_text(encoding="utf-8")
    later = text.replace("first_day = 2026-09-01", "first_day = 2026-10-01")
    (tmp_path / "fapiao.toml").write_text(later, encoding="utf-8")
    assert settled.sources[0].pull is not None
    return load_settings(tmp_path)


def run(settings: Settings, night: Night, again: Backfill | None = None) -> Pulls:
    open_night(settings, night)
    pulls = pull_night(settings, night, again)
    take_in(settings, night)
    close_night(settings, night)
    return pulls


def plan(settings: Settings, again: Backfill, night: Night) -> list[Planned]:
    with open_warehouse(settings, read_only=True) as con:
        return plan_backfill(con, settings, again, night)


def issued_in(settings: Settings, month: str) -> set[str]:
    with open_warehouse(settings, read_only=True) as con:
        rows = con.execute(
            "SELECT invoice_number FROM core_upstream__invoice WHERE strftime(issued_at, '%Y-%m') = ?", [month]
        ).fetchall()
    return {number for (number,) in rows}


def watermarks(settings: Settings) -> list[tuple[datetime | None]]:
    with open_warehouse(settings, read_only=True) as con:
        return con.execute("SELECT watermark FROM night__pull ORDER BY night_id").fetchall()


def test_a_backfill_brings_the_past_once_and_moves_no_watermark(settings: Settings, books: SimulatedBooks) -> None:
    run(settings, NIGHT)
    before, october = issued_in(settings, "2026-09"), issued_in(settings, "2026-10")
    (planned,) = plan(settings, SEPTEMBER, LATER)
    assert planned == Planned("tax_api", "upstream", ("api",), date(2026, 9, 1), date(2026, 9, 30), 30, 0, len(before))

    pulls = run(settings, LATER, SEPTEMBER)
    assert [attempt.pulled.state for attempt in pulls.attempts] == ["pulled"]
    september = {one.number for one in books.invoices if one.issued_at.month == 9}
    assert len(september) > len(before)
    assert issued_in(settings, "2026-09") == september
    assert issued_in(settings, "2026-10") == october
    (planned,) = plan(settings, SEPTEMBER, LATER)
    assert (planned.complete_days, planned.records) == (30, len(september))
    assert watermarks(settings) == [(FIRST_NIGHT,), (None,)]


def test_the_night_after_asks_from_the_watermark_of_the_night_before(settings: Settings, simulator: Simulator) -> None:
    run(settings, NIGHT)
    run(settings, LATER, SEPTEMBER)
    simulator.set_clock((FIRST_NIGHT + timedelta(days=1)).isoformat())
    inbox = settings.data_root / "inbox" / "tax_api"
    for bundle in inbox.glob("listing_*.zip"):
        bundle.unlink()
    run(settings, Night(FIRST_NIGHT + timedelta(days=1)))
    # 60 days of overlap before the watermark of October 20
    assert sorted(path.name for path in inbox.glob("listing_*.zip")) == [
        "listing_202608.zip",
        "listing_202609.zip",
        "listing_202610.zip",
    ]
    assert watermarks(settings)[-1] == (FIRST_NIGHT + timedelta(days=1),)


def test_a_part_of_a_month_is_asked_for_whole(settings: Settings) -> None:
    run(settings, LATER, Backfill(date(2026, 10, 3), date(2026, 10, 5)))
    inbox = settings.data_root / "inbox" / "tax_api"
    listing = unpack_bundle("bundle", (inbox / "listing_202610.zip").read_bytes()).listing
    assert (listing.first_day, listing.last_day) == (date(2026, 10, 1), LATER.as_of.date())
    assert not (inbox / "listing_202609.zip").exists()


def test_days_are_not_asked_of_a_drop_folder(tmp_path: Path) -> None:
    (tmp_path / "fapiao.toml").write_text(
        '[[sources]]\nid = "drop"\nside = "ledger"\nfolder = "inbox"\npull = { kind = "remote", url = "/far" }\n'
        'fallbacks = [{ kind = "folder" }]\n[[sources]]\nid = "none"\nside = "ledger"\nfolder = "other"\n',
        encoding="utf-8",
    )
    settings = load_settings(tmp_path)
    (planned,) = plan_backfill(None, settings, SEPTEMBER, LATER)
    assert (planned.source_id, planned.routes, planned.complete_days, planned.records) == ("drop", ("folder",), 0, 0)
    pulls = run(settings, LATER, SEPTEMBER)
    assert [(one.kind, one.pulled.state) for one in pulls.attempts] == [("folder", "waiting")]
    assert "2026-09-10" in str(pulls.attempts[0].pulled.message)


@pytest.mark.parametrize(
    ("again", "found"),
    [
        (Backfill(date(2026, 9, 2), date(2026, 9, 1)), "2026-09-02 .. 2026-09-01"),
        (Backfill(date(2026, 9, 2), date(2026, 12, 1)), "2026-09-02 .. 2026-12-01"),
        (Backfill(date(2026, 9, 1), date(2026, 9, 2), "ledger"), "ledger"),
        (Backfill(date(2026, 9, 1), date(2026, 9, 2), "nowhere"), "nowhere"),
    ],
)
def test_days_and_sources_that_cannot_be_asked_are_refused(settings: Settings, again: Backfill, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        again.check(settings, FIRST_NIGHT.date())


def test_a_moment_before_the_last_night_cannot_ask(settings: Settings) -> None:
    run(settings, LATER)
    open_night(settings, NIGHT)
    with pytest.raises(UsageError, match="later night"):
        pull_night(settings, NIGHT, SEPTEMBER)


def test_a_backfill_of_one_source_does_not_end_the_alert_about_another(tmp_path: Path) -> None:
    (tmp_path / "fapiao.toml").write_text(
        "".join(
            f'[[sources]]\nid = "{name}"\nside = "ledger"\nfolder = "inbox/{name}"\npull = {{ kind = "folder" }}\n'
            for name in ("erp", "till")
        ),
        encoding="utf-8",
    )
    settings = load_settings(tmp_path)
    run(settings, NIGHT)
    (tmp_path / "inbox" / "till").mkdir(parents=True, exist_ok=True)
    (tmp_path / "inbox" / "till" / "a.csv").write_text("x", encoding="utf-8")
    run(settings, LATER, Backfill(date(2026, 9, 1), date(2026, 9, 2), "till"))
    with open_warehouse(settings) as con:
        assert [alert.alert_key for alert in compose_pulls(con, settings, NIGHT)] == ["pull:erp", "pull:till"]
        assert [alert.alert_key for alert in compose_pulls(con, settings, LATER)] == ["pull:erp"]
