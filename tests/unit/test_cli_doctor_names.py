"""`fapiao doctor`: names in the settings and variables that lead nowhere."""

from __future__ import annotations

import pytest

from pipelines.cli.diagnoses import diagnose_layouts
from pipelines.cli.diagnoses_names import diagnose_names
from pipelines.model import Side
from pipelines.settings import AlertRoute, OutageFile, Owner, Settings, Source, Taxpayer

TAX = Source(id="tax", side=Side.UPSTREAM, folder="in")
OURS = Taxpayer(id="91110105MA01A1B2XG", name="甲")


def with_names(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update={"sources": [TAX], "taxpayers": [OURS], **changes})


@pytest.mark.parametrize(
    ("changes", "detail", "advice"),
    [
        ({"owners": [Owner(name="张", sources=["taxx"])]}, "taxx", "tax"),
        ({"owners": [Owner(name="张", taxpayers=["91110105MA01A1B2XC"])]}, "B2XC", "B2XG"),
        ({"alert_routes": [AlertRoute(channels=["a"], causes=["not_boked"])]}, "not_boked", "not_booked"),
        ({"maintenance": [OutageFile(file="a.toml", sources=["erp"])]}, "erp", "fapiao.toml"),
    ],
)
def test_a_name_that_is_not_there_is_told(
    changes: dict[str, object], detail: str, advice: str, settings: Settings
) -> None:
    (found,) = diagnose_names(with_names(settings, **changes))
    assert found.state == "fail"
    assert detail in found.detail
    assert advice in (found.next_step or "")


def test_known_names_and_kinds_of_alerts_are_fine(settings: Settings) -> None:
    owner = Owner(name="张", sources=["tax"], taxpayers=[OURS.id], causes=["not_booked", "file", "crash"])
    assert list(diagnose_names(with_names(settings, owners=[owner]))) == []


def test_a_variable_that_is_almost_a_setting_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAPIAO_SINC_GRACE_HOURS", "24")
    (found,) = diagnose_names(with_names(settings))
    assert (found.state, found.next_step) == ("fail", "是否为 did you mean FAPIAO_SYNC_GRACE_HOURS")


def test_a_layout_of_the_other_side_is_told(settings: Settings) -> None:
    swapped = TAX.model_copy(update={"layout": "plain_ledger_csv"})
    found = diagnose_layouts(with_names(settings, sources=[swapped]))
    assert found.state == "fail"
    assert "tax (upstream): plain_ledger_csv (ledger)" in found.detail
