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
        ("thread = 2", "thread", None, "没有这个键", "Extra inputs"),
        ('sync_grace_hours = "two"', "sync_grace_hours", "'two'", "整数", "valid integer"),
        ('[[taxpayers]]\nid = "1"', "taxpayers.0.name", None, "必填", "required"),
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
