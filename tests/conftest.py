"""Shared fixtures: an empty data root with settings, and a fixed night."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

import tests.property.profiles  # noqa: F401 - registers the profiles before the option is read
from pipelines.night import Night
from pipelines.settings import Settings, Taxpayer

OUR_TAX_ID = "91110105MA01A1B2XG"

# Each process of pytest-xdist sets it; what is printed into a pipe is as wide as it needs.
os.environ.pop("COLUMNS", None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Files of tests are whole when they are there: none is waited for."""
    return Settings(
        data_root=tmp_path / "data",
        taxpayers=[Taxpayer(id=OUR_TAX_ID, name="北京示例贸易有限公司")],
        threads=2,
        settle_seconds=0,
    )


@pytest.fixture
def night() -> Night:
    return Night(datetime(2026, 11, 24, 2, 0, 0))
