"""How many examples a run takes: `quick` always gives the same ones, `long` takes twenty times as many new ones.

pytest tests/property --hypothesis-profile=long
HYPOTHESIS_PROFILE=long pytest
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG_FACTOR = 20
SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("quick", derandomize=True, deadline=None, database=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("long", deadline=None, print_blob=True, suppress_health_check=SLOW_IS_FINE)


def is_long() -> bool:
    return "long" in {settings.get_current_profile_name(), os.environ.get("HYPOTHESIS_PROFILE")}


def examples(count: int) -> settings:
    """The profile's settings with so many examples, in a long run a multiple."""
    profile = settings.get_profile("long" if is_long() else "quick")
    return settings(profile, max_examples=count * LONG_FACTOR if is_long() else count)
