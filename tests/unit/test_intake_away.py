"""One source that cannot be read does not stop the others."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipelines.settings import Settings, Source
from pipelines.sources import intake
from pipelines.sources.landing import is_fault_of, list_deliveries
from tests.unit.source_files import PERIOD_NAME, one_invoice
from tests.unit.test_intake import deliver, made, select, take, with_sources

UNUSABLE = "x" * 300
"""No file system takes such a name: asking for it is an OSError that names the folder."""


@pytest.fixture
def three(settings: Settings) -> Settings:
    """A source that cannot be read before two that can."""
    settings = with_sources(settings)
    away = Source.model_validate({"id": "away", "side": "ledger", "folder": UNUSABLE, "direction": "input"})
    settings.sources = [away, *settings.sources]
    return settings


def test_a_folder_that_cannot_be_read_fails_its_source_with_a_sentence_and_the_others_go_on(
    three: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("pipelines.sources.intake.time.sleep", waits.append)
    deliver(three, "tax", PERIOD_NAME, one_invoice(), made())
    states = {source.source_id: source.state for source in take(three).sources}
    assert (states["away"], states["tax"]) == ("failed", "received")
    assert waits == list(intake.AWAY_WAITS_S)
    [(said,)] = select(three, "SELECT message_zh FROM night__source WHERE source_id = 'away' AND state = 'failed'")
    assert "请 IT 恢复共享或权限" in said
    assert select(three, "SELECT count(*) FROM core_upstream__invoice") == [(1,)]


def test_a_share_that_comes_back_is_read_the_same_night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())
    asked: list[str] = []

    def falter(found: Settings, source: Source) -> list[Path]:
        asked.append(source.id)
        if asked == ["tax"]:
            raise OSError(errno.ESTALE, "Stale file handle", str(found.source_folder(source)))
        return list_deliveries(found, source)

    monkeypatch.setattr(intake, "list_deliveries", falter)
    monkeypatch.setattr(intake, "AWAY_WAITS_S", (0.0,))
    assert [source.state for source in take(settings).sources] == ["received", "unchanged"]
    assert asked == ["tax", "book", "tax"]


def test_our_own_full_disk_still_stops_the_night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_sources(settings)
    deliver(settings, "tax", PERIOD_NAME, one_invoice(), made())

    def refuse(_target: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.sources.landing.write_safely", refuse)
    with pytest.raises(OSError, match="No space left"):
        take(settings)


@pytest.mark.parametrize(
    ("error", "is_theirs"),
    [
        (OSError(errno.EACCES, "denied", "/in/tax/a.xlsx"), True),
        (OSError(errno.EACCES, "denied", "/data/landing/tax/a"), False),
        (OSError(errno.ESTALE, "stale"), True),
        (OSError(errno.EIO, "broken"), False),
    ],
)
def test_whose_fault_it_is_follows_from_what_the_error_names(error: OSError, is_theirs: bool) -> None:
    assert is_fault_of(error, Path("/in/tax")) is is_theirs
