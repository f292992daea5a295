"""The words of the steps that `fapiao explain` tells, in Chinese and English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from pipelines.reconcile.cascade import load_sentences

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class StepWords:
    """Templates by step and result (`reference/steps.toml`), and the guards (`why.*` of `reference/sentences.toml`)."""

    steps: Mapping[str, Words]
    guards: Words

    @classmethod
    def load(cls) -> StepWords:
        text = resources.files("pipelines").joinpath("reference", "steps.toml").read_text(encoding="utf-8")
        guards = {key.removeprefix("why."): word for key, word in load_sentences().items() if key.startswith("why.")}
        return cls(tomllib.loads(text), guards)

    def tell(self, step: str, result: str, why_not: str | None, facts: Mapping[str, str]) -> tuple[str, str]:
        """One step in Chinese and in English; KeyError for a step, result or guard without words."""
        return self._fill("zh", step, result, why_not, facts), self._fill("en", step, result, why_not, facts)

    def _fill(self, language: str, step: str, result: str, why_not: str | None, facts: Mapping[str, str]) -> str:
        places = dict(facts)
        if why_not:
            places["why"] = self.guards[places.get("guard", why_not)][language]
        if places.get("form"):
            places["form"] = self.steps["form"][places["form"]][language].format_map(places)
        template = self.steps[step].get(result) or self.steps["any"][result]
        return template[language].format_map(places)

    def name(self, step: str) -> str:
        """A step's name, Chinese and English."""
        return _say_both(self.steps["rule"][step])

    def field(self, name: str) -> str:
        """A compared field's name, Chinese and English."""
        return _say_both(self.steps["field"][name])

    def guard(self, side: str, why_not: str) -> str:
        """What keeps a candidate from a record of `side`, in both languages; that several fit is said of the line."""
        is_of_line = (side, why_not) == ("upstream", "several_equal")
        return _say_both(self.guards["several_equal_of_line" if is_of_line else why_not])


def _say_both(word: Mapping[str, str]) -> str:
    return f"{word['zh']} {word['en']}"
