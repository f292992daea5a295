"""A whole night that asks the verification service, and publishes what it was told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.demo.parties import OUR_NAME
from pipelines.query import run_query
from pipelines.settings import load_settings
from pipelines.simulator.books import OUR_TAX_ID
from tests.unit.verification_world import FORGED, HIDDEN, NIGHT, SECRET, serve, settings_of, write_files

pytestmark = pytest.mark.usefixtures("prefect_server")

SETTINGS = """
threads = 2
settle_seconds = 0

[[taxpayers]]
id = "{taxpayer}"
name = "{name}"

[[sources]]
id = "tax"
side = "upstream"
folder = "inbox/tax"
layout = "tax_full_query"
taxpayer_id = "{taxpayer}"

[[sources]]
id = "book"
side = "ledger"
folder = "inbox/book"
layout = "plain_ledger_csv"
taxpayer_id = "{taxpayer}"

[verification]
base_url = "{url}"
auth = {{ kind = "client", id_env = "VERIFY_ID", secret_env = "VERIFY_SECRET" }}
requests_per_second = 1000
"""


def test_a_night_asks_and_publishes_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import nightly  # noqa: PLC0415 - prefect's surroundings come first

    monkeypatch.setenv("VERIFY_ID", "app")
    monkeypatch.setenv("VERIFY_SECRET", SECRET)
    with serve() as simulator:
        root = tmp_path / "data"
        write_files(settings_of(root, simulator.url))
        text = SETTINGS.format(taxpayer=OUR_TAX_ID, name=OUR_NAME, url=simulator.url)
        (root / "fapiao.toml").write_text(text, encoding="utf-8")
        outcome = nightly.run(as_of=NIGHT.as_of, data_root=root)
    assert outcome.is_published
    assert outcome.verdicts["missing_upstream", "not_found"] == 1
    assert outcome.verdicts["not_compared", "upstream_gap"] >= len(HIDDEN)
    settings = load_settings(root)
    told = run_query(settings, "SELECT asked_number, cause FROM out__verification ORDER BY asked_number").rows
    assert sorted(number for number, _ in told) == sorted([*HIDDEN, FORGED])
    assert dict(told)[FORGED] == "not_found"
    (said,) = run_query(settings, "SELECT explanation_zh FROM recon__item WHERE cause = 'not_found'").rows
    assert "查无此票" in said[0]
