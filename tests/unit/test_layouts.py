"""Layouts: a new kind of file is a TOML file, and a wrong one says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.sources.layout import load_layout, read_layout, shipped_layouts
from tests.unit.source_files import read_ledger

SMALL = (
    'name = "{name}"\nside = "ledger"\ntitle_zh = "自有"\ntitle_en = "own"\nkey_fields = ["voucher_no"]\n'
    '[header]\nrequired = ["posted_on", "amount"]\n[fields]\nposted_on = ["日"]\namount = ["额"]\n'
)


def write_layout(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_layout_loads_under_its_file_name() -> None:
    layouts = shipped_layouts()
    assert {"tax_full_query", "kingdee_kis", "yonyou_u9c_ap", "plain_ledger_csv"} <= set(layouts)
    assert all(name == layout.name for name, layout in layouts.items())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('side = "ledger"', 'side = "bank"', "side"),
        ('title_en = "own"\n', "", "title_en"),
        ('title_en = "own"', 'title_en = "own"\ncolour = 1', "colour"),
        ('amount = ["额"]', 'amont = ["额"]', "unknown field amont"),
        ('amount = ["额"]\n', "", "required without headers: amount"),
        ('title_en = "own"', 'title_en = "own"\ndelimiter = "ab"', "delimiter"),
        ('title_en = "own"', 'title_en = "own"\nignore = ["("]', "not a pattern"),
        ('name = "own"', 'name = "other"', "other"),
        ('side = "ledger"', "side =", "no valid TOML"),
    ],
)
def test_a_bad_layout_names_its_file_and_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SMALL.format(name="own")
    assert old in text
    with pytest.raises(UsageError) as refused:
        read_layout(write_layout(tmp_path, "own", text.replace(old, new)))
    assert "own.toml" in str(refused.value)
    assert said in str(refused.value)


def test_an_installations_own_layout_wins(settings: Settings) -> None:
    write_layout(settings.data_root / "layouts", "kingdee_kis", SMALL.format(name="kingdee_kis"))
    assert load_layout("kingdee_kis", settings).title_zh == "自有"
    assert load_layout("kingdee_kis").title_zh != "自有"


def test_an_unknown_layout_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"one of: .*kingdee_eas.*tax_full_query"):
        load_layout("sap")


CELL = st.sampled_from(
    ["", "--", "合计", "小计", "2026-08-20", "20260820", "昨天", "1,000", "(978)", "12.005", "0", "甲"]
)
LINE = st.lists(CELL.map(lambda text: f'"{text}"'), min_size=0, max_size=10).map(",".join)


@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE.filter(lambda line: "合计" not in line), max_size=8))
def test_no_row_of_a_messy_file_is_lost(settings: Settings, lines: list[str]) -> None:
    outcome = read_ledger(settings, *lines)
    account = outcome.file.account
    assert account.rows_read == account.rows_kept + account.rows_rejected + account.rows_ignored == len(lines) + 1
    assert (account.rows_rejected, account.rows_ignored) == (len(outcome.rejects), len(outcome.ignored))
    assert account.rows_kept == len(outcome.rows)
