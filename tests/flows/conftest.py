"""One Prefect harness for all flow tests, with Prefect's files in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = tempfile.TemporaryDirectory(prefix="fapiao-prefect-")
os.environ.update(
    {
        "PREFECT_HOME": HOME.name,
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }
)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - the environment comes first

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """A data root with settings and nothing else."""
    root = tmp_path / "data"
    root.mkdir(mode=0o700)
    (root / "fapiao.toml").write_text(
        'threads = 2\n[[taxpayers]]\nid = "91110105MA01A1B2XG"\nname = "北京示例贸易有限公司"\n', encoding="utf-8"
    )
    return root
