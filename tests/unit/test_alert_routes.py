"""Which channel hears of what, and when it is left in peace."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal

import pytest

from pipelines.alerts.routes import choose_channels, find_owner, is_quiet
from pipelines.model import Side
from pipelines.settings import AlertRoute, NamedChannel, Owner, Settings, Source

KNOWN = frozenset({"json[1]", "finance", "boss"})
KEY = "finding:not_found:TAX1"


@pytest.fixture
def routed(settings: Settings) -> Settings:
    settings.named_channels = [NamedChannel(name=name, url_env=f"X_{name}") for name in ("finance", "boss")]
    settings.sources = [Source(id="tax", side=Side.UPSTREAM, folder="in", taxpayer_id="TAX1")]
    return settings


@pytest.mark.parametrize(
    ("route", "alert_key", "amount", "age", "chosen"),
    [
        ({"causes": ["not_found"]}, KEY, "1", 0, {"finance"}),
        ({"causes": ["not_found"]}, f"overdue:{KEY}", "1", 0, {"finance"}),
        ({"causes": ["not_booked"]}, KEY, "1", 0, {"json[1]"}),
        ({"taxpayers": ["TAX1"]}, KEY, "1", 0, {"finance"}),
        ({"taxpayers": ["TAX1"]}, "source:tax", None, 0, {"finance"}),
        ({"taxpayers": ["TAX1"]}, "file:tax:abc", None, 0, {"finance"}),
        ({"taxpayers": ["TAX1"]}, "rule:totals", None, 0, {"json[1]"}),
        ({"min_amount_cny": "100"}, KEY, "99.99", 0, {"json[1]"}),
        ({"min_amount_cny": "100"}, KEY, "100.00", 0, {"finance"}),
        ({"min_amount_cny": "100"}, "source:tax", None, 0, {"json[1]"}),
        ({"min_age_days": 3}, KEY, "1", 2, {"json[1]"}),
        ({"min_age_days": 3}, KEY, "1", 3, {"finance"}),
    ],
)
def test_a_route_takes_what_fits_and_the_rest_goes_to_the_default(
    routed: Settings, route: dict[str, object], alert_key: str, amount: str | None, age: int, chosen: set[str]
) -> None:
    routed.alert_routes = [AlertRoute.model_validate({"channels": ["finance"], **route})]
    assert choose_channels(alert_key, Decimal(amount) if amount else None, age, routed, KNOWN) == chosen


def test_every_fitting_route_counts(routed: Settings) -> None:
    routed.alert_routes = [AlertRoute(channels=["finance"]), AlertRoute(channels=["boss"], min_amount_cny=Decimal(5))]
    assert choose_channels(KEY, Decimal(5), 0, routed, KNOWN) == {"finance", "boss"}


def test_no_alert_falls_through_a_route_to_nowhere(routed: Settings) -> None:
    routed.alert_routes = [AlertRoute(channels=["mistyped"])]
    assert choose_channels(KEY, None, 0, routed, KNOWN) == {"json[1]"}
    named_only = KNOWN - {"json[1]"}
    assert choose_channels(KEY, None, 0, routed, named_only) == named_only


@pytest.mark.parametrize(
    ("begin", "end", "now", "quiet"),
    [("22:00", "07:30", "23:00", True), ("22:00", "07:30", "07:30", False), ("12:00", "13:00", "12:30", True)],
)
def test_quiet_hours_may_span_midnight(begin: str, end: str, now: str, quiet: bool) -> None:
    channel = NamedChannel(
        name="a", url_env="X", quiet_from=time.fromisoformat(begin), quiet_to=time.fromisoformat(end)
    )
    assert is_quiet(channel, datetime.combine(datetime(2026, 11, 24), time.fromisoformat(now))) is quiet


def test_the_first_owner_that_fits_is_named(routed: Settings) -> None:
    routed.owners = [Owner(name="王工", sources=["tax"]), Owner(name="李会计")]
    assert [owner.name for key in ("source:tax", KEY) if (owner := find_owner(key, routed))] == ["王工", "李会计"]
