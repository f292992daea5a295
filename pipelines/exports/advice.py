"""What a person does about each cause: `reference/findings.toml`, checked against the closed list of causes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pipelines.model import CAUSES, GUARDS
from pipelines.reports.words import Language, pick


@dataclass(frozen=True)
class Words:
    zh: str
    en: str

    def say(self, language: Language) -> str:
        return pick(language, self.zh, self.en)


@dataclass(frozen=True)
class Advice:
    """`action` names the sheet of the workbook, None where nothing is to be done; `ask` is the question to the other
    party, None where it cannot help; `steps` in the order in which they are taken."""

    action: str | None
    usual: Words
    steps: tuple[Words, ...]
    ask: Words | None


@cache
def load_advice() -> Mapping[str, Advice]:
    """Advice by cause, in the order of the closed list; KeyError for a cause without any."""
    causes = _read_file()["cause"]
    return {cause: _parse(causes[cause]) for cause in CAUSES}


@cache
def load_actions() -> Mapping[str, Words]:
    """The actions in the order in which a person should take them."""
    return {name: Words(**words) for name, words in _read_file()["action"].items()}


@cache
def load_guards() -> Mapping[str, Words]:
    """What settles each guard (`recon__item.why_not`), in the order of the closed list; KeyError for one without."""
    guards = _read_file()["why_not"]
    return {guard: Words(**guards[guard]) for guard in GUARDS}


def _read_file() -> dict[str, dict[str, dict[str, str]]]:
    text = resources.files("pipelines").joinpath("reference", "findings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _parse(entry: Mapping[str, str]) -> Advice:
    ask = Words(entry["ask_zh"], entry["ask_en"]) if "ask_zh" in entry else None
    steps = tuple(Words(zh, en) for zh, en in zip(entry["steps_zh"], entry["steps_en"], strict=True))
    return Advice(entry.get("action"), Words(entry["usual_zh"], entry["usual_en"]), steps, ask)
