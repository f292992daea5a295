"""What a person reads who wrote a setting or a layout wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_core._pydantic_core import list_all_errors

from pipelines.errors import UsageError
from pipelines.settings import load_settings
from pipelines.validation import CHINESE


def refused(root: Path, toml: str) -> UsageError:
    (root / "fapiao.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_settings(root)
    return caught.value


@pytest.mark.parametrize(
    ("toml", "key", "found", "chinese", "english"),
    [
        ("threads = 0", "threads", "0", "不小于 1", "greater than or equal to 1"),
        ("within_tolerance_cny = -1", "within_tolerance_cny", "-1", "不小于 0", "greater than or equal to 0"),
        ("night_due_hours = 1000000000", "night_due_hours", "1000000000", "不大于 8784", "less than or equal to 8784"),
        ("settle_seconds = inf", "settle_seconds", "inf", "不大于 3600", "less than or equal to 3600"),
        ("thread = 2", "thread", None, "是否为 threads", "did you mean threads"),
        ('sync_grace_hours = "two"', "sync_grace_hours", "'two'", "整数", "valid integer"),
        ('[[taxpayers]]\nid = "1"', "taxpayers[1].name", None, "必填", "required"),
        ('alert_language = "de"', "alert_language", "'de'", "'zh', 'en'", "'zh' or 'en'"),
        ('filed_through = "2026-13"', "filed_through", "'2026-13'", "符合样式", "match pattern"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_expected(
    tmp_path: Path, toml: str, key: str, found: str | None, chinese: str, english: str
) -> None:
    error = refused(tmp_path, toml)
    assert error.where == f"{tmp_path / 'fapiao.toml'}: {key}"
    assert error.found == found
    assert error.expected is not None
    said_chinese, said_english = error.expected.split(" | ")
    assert chinese in said_chinese
    assert english in said_english
    assert error.next_step is None


def test_other_wrong_settings_are_named_too(tmp_path: Path) -> None:
    error = refused(tmp_path, "threads = 0\nnights = 3\nsync_grace_hours = -1")
    assert error.next_step is not None
    assert error.next_step.endswith(": threads, nights")


def test_every_kind_of_error_is_one_of_the_library_and_takes_its_values() -> None:
    kinds = {str(kind["type"]): kind["example_context"] or {} for kind in list_all_errors()}
    assert {kind: text.format(**kinds[kind]) for kind, text in CHINESE.items()}.keys() <= kinds.keys()


SOURCE = '[[sources]]\nid = "ledger"\nside = "ledger"\nfolder = "in"\n'
FETCHED = (
    '[[sources]]\nid = "{}"\nside = "ledger"\nfolder = "{}"\n'
    'pull = {{ kind = "database", url_env = "LEDGER_URL", query = "SELECT 1" }}\n'
)
OURS = '[[taxpayers]]\nid = "91110105MA01A1B2XG"\nname = "甲"\n'


def test_an_unknown_key_is_named_by_its_source_with_the_nearest_one(tmp_path: Path) -> None:
    error = refused(tmp_path, SOURCE + 'layuot = "auto"\n')
    assert error.where == f"{tmp_path / 'fapiao.toml'}: sources[ledger].layuot"
    assert error.expected == "没有这个键，是否为 layout | unknown key, did you mean layout?"


def test_a_wrong_environment_variable_is_named_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAPIAO_THREADS", "many")
    assert refused(tmp_path, SOURCE).where == "环境变量 | environment FAPIAO_THREADS"


def test_an_environment_variable_that_is_no_json_is_named_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_ALERT_CHANNELS", "json://host/secret")
    error = refused(tmp_path, SOURCE)
    assert error.where == "FAPIAO_ALERT_CHANNELS"
    assert "JSON" in (error.expected or "")
    assert "secret" not in str(error)


def test_a_file_of_windows_notepad_is_read_and_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "fapiao.toml"
    path.write_text(OURS, encoding="utf-8-sig")
    assert [taxpayer.name for taxpayer in load_settings(tmp_path).taxpayers] == ["甲"]
    path.write_text(OURS, encoding="gb18030")
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert "UTF-8" in (caught.value.next_step or "")


def test_two_sources_may_fetch_into_two_folders(tmp_path: Path) -> None:
    path = tmp_path / "fapiao.toml"
    path.write_text(FETCHED.format("one", "in") + FETCHED.format("two", "in2"), encoding="utf-8")
    assert [source.id for source in load_settings(tmp_path).sources] == ["one", "two"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (OURS + OURS, "the id 91110105MA01A1B2XG stands twice in taxpayers"),
        (SOURCE + SOURCE, "the id ledger stands twice in sources"),
        (OURS + SOURCE + 'taxpayer_id = "91110105MA01A1B2XC"', "91110105MA01A1B2XC of source ledger"),
        (FETCHED.format("one", "in") + FETCHED.format("two", "./in"), "two sources fetch into the folder in"),
    ],
)
def test_ids_that_would_be_judged_as_somebody_elses_are_refused(tmp_path: Path, toml: str, said: str) -> None:
    assert said in (refused(tmp_path, toml).expected or "")
