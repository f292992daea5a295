"""The row of a night: opened, closed, reopened, found dead."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from pipelines import night_log
from pipelines.errors import IntegrityError
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse


def read_runs(settings: Settings) -> list[tuple[str, bool, bool, str | None]]:
    with open_warehouse(settings) as con:
        return con.execute(
            "SELECT night_id, finished_at IS NOT NULL, is_published, snapshot_id FROM night__run ORDER BY 1"
        ).fetchall()


def test_opened_night_is_unfinished_until_it_is_closed(settings: Settings, night: Night) -> None:
    night_log.open_night(settings, night)
    assert read_runs(settings) == [(night.night_id, False, False, None)]
    night_log.close_night(settings, night)
    assert read_runs(settings) == [(night.night_id, True, False, None)]


def test_same_night_again_starts_from_nothing(settings: Settings, night: Night) -> None:
    night_log.open_night(settings, night)
    with open_warehouse(settings) as con:
        con.execute("UPDATE night__run SET is_published = TRUE, snapshot_id = 's'")
    night_log.close_night(settings, night)
    assert night_log.open_night(settings, night).crashed_nights == ()
    assert read_runs(settings) == [(night.night_id, False, False, None)]


def test_crashed_night_is_named_by_the_next_ones_until_one_ends(
    settings: Settings, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(datetime(2026, 11, 24, 2) + timedelta(minutes=minute) for minute in range(100))
    monkeypatch.setattr(night_log, "beijing_now", lambda: next(clock))
    second, third = (Night(night.as_of + timedelta(days=days)) for days in (1, 2))
    night_log.open_night(settings, night)
    assert night_log.open_night(settings, second).crashed_nights == (night.night_id,)
    night_log.close_night(settings, second)
    assert night_log.open_night(settings, third).crashed_nights == ()


def test_closing_a_night_that_was_never_opened_fails(settings: Settings, night: Night) -> None:
    with pytest.raises(IntegrityError):
        night_log.close_night(settings, night)


def test_two_nights_cannot_run_at_once(settings: Settings) -> None:
    with night_log.hold_night_lock(settings), pytest.raises(IntegrityError), night_log.hold_night_lock(settings):
        pass
    with night_log.hold_night_lock(settings):
        assert (settings.data_root / "warehouse" / "night.lock").exists()


def test_a_patient_night_waits_for_the_other_and_an_impatient_one_gives_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_log, "LOCK_LOOK_SECONDS", 0.01)
    first = ExitStack()
    first.enter_context(night_log.hold_night_lock(settings))
    with pytest.raises(IntegrityError), night_log.hold_night_lock(settings, patience_seconds=0.05):
        pass
    looks: list[float] = []

    def end_first_on_the_second_look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            first.close()

    monkeypatch.setattr(night_log.time, "sleep", end_first_on_the_second_look)
    with night_log.hold_night_lock(settings, patience_seconds=60):
        assert looks == [0.01, 0.01]
