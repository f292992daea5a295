"""Sentences of pulling, from `pipelines/reference/pull_words.toml`: one per area and kind, in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pipelines.sources.reasons import Message


@cache
def _sentences() -> dict[str, dict[str, dict[str, str]]]:
    text = resources.files("pipelines").joinpath("reference", "pull_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(area: str, kind: str, **details: object) -> Message:
    """The sentence of that kind, its gaps filled with the details."""
    words = _sentences()[area][kind]
    return Message(words["zh"].format(**details), words["en"].format(**details))
