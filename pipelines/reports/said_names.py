"""The parties that a finding's sentence names, read off the template that it was made from.

A sentence may name the party of a record that is no member of its item, so that no list of the item's names has it.
"""

from __future__ import annotations

import re
from functools import cache

from pipelines.reconcile.cascade import load_sentences

_PLACE = re.compile(r"\{(\w+)\}")
_NAMES = ("party", "ledger_party")
_TAX_ID_BEHIND = re.compile(r"\s+[0-9A-Za-z]{15,20}$")


def said_names(sentence: str, cause: str) -> set[str]:
    """Whatever stands in the sentence of that cause where its template has a party; without a tax id behind it."""
    found: set[str] = set()
    for match in (_first(_patterns(cause), sentence, at_start=True), _first(_patterns("also"), sentence)):
        found |= set(match.groups()) if match else set()
    return {_TAX_ID_BEHIND.sub("", name) for name in found} - {"", "—"}


def _first(patterns: tuple[re.Pattern[str], ...], sentence: str, *, at_start: bool = False) -> re.Match[str] | None:
    hits = (pattern.match(sentence) if at_start else pattern.search(sentence) for pattern in patterns)
    return next((hit for hit in hits if hit), None)


@cache
def _patterns(cause: str) -> tuple[re.Pattern[str], ...]:
    """The longest literal text first: a variant that says more is not taken for one that says less."""
    templates = [
        text
        for key, words in load_sentences().items()
        if key == cause or key.startswith(f"{cause}.")
        for text in (words["zh"].strip(), words["en"].strip())
        if any(f"{{{name}}}" in text for name in _NAMES)
    ]
    return tuple(re.compile(_as_pattern(text)) for text in sorted(templates, key=_literal_length, reverse=True))


def _literal_length(template: str) -> int:
    return len(_PLACE.sub("", template))


def _as_pattern(template: str) -> str:
    pieces = _PLACE.split(template)
    literals, places = pieces[::2], pieces[1::2]
    groups = ["(.+?)" if place in _NAMES else ".*?" for place in places]
    return "".join(re.escape(literal) + group for literal, group in zip(literals, [*groups, ""], strict=True))
