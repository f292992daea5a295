"""One engine for all properties."""

from __future__ import annotations

import pytest

import tests.property.profiles  # noqa: F401 - registers the profiles before the option is read
from tests.property.engine import Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("engine"))
