"""What a sentence says of a party can be masked, whoever's it is."""

from __future__ import annotations

import pytest

from pipelines.model import CAUSES
from pipelines.reconcile.cascade import PLACES, load_sentences
from pipelines.reports.said_names import said_names

NAME, OTHER_NAME = "上海示例材料（集团）有限公司", "深圳示例科技有限公司"
OTHERS = dict.fromkeys(PLACES, "26112000000123456789") | {"party": NAME, "hint": "", "more": ""}
SENTENCES = [
    (key, language)
    for key, words in load_sentences().items()
    for language in ("zh", "en")
    if key.split(".")[0] in CAUSES and ("{party}" in words[language] or "{ledger_party}" in words[language])
]


@pytest.mark.parametrize(("key", "language"), SENTENCES)
def test_every_party_of_every_sentence_is_found(key: str, language: str) -> None:
    template = load_sentences()[key][language]
    ledger_party = f"{OTHER_NAME} 91440300MA5DA1BC2D"
    said = said_names(template.format_map(OTHERS | {"ledger_party": ledger_party}), key.split(".", maxsplit=1)[0])
    assert (NAME in said) == ("{party}" in template)
    assert (OTHER_NAME in said) == ("{ledger_party}" in template)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_party_that_differs_besides_is_found(language: str) -> None:
    sentences = load_sentences()
    facts = OTHERS | {"ledger_party": OTHER_NAME}
    said = sentences["amount_differs"][language] + sentences["also.party_and_day"][language]
    assert said_names(said.format_map(facts), "amount_differs") == {NAME, OTHER_NAME}
