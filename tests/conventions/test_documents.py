"""What hand-written documents say of the product is what the product has."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydantic import BaseModel

from pipelines import routes, routes_verification, settings
from pipelines.cli.diagnoses_names import KINDS, OTHER_VARIABLES
from pipelines.exports.advice import load_advice
from pipelines.exports.items import SHEET_ROWS
from pipelines.model import CAUSES, TABLES, Side, Verdict
from pipelines.reconcile import cascade
from tests.conventions.findings_page import tell_example
from tests.conventions.pages import ROOT
from tests.conventions.settings_page import GROUPS, OTHERS
from tests.conventions.test_house import modules
from tests.spec.tables import AS_OF

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
READMES = {"README.md": "## On Monday morning", "README.zh-CN.md": "## 星期一早上做什么"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def squeezed(text: str) -> str:
    """Without blanks, line breaks and the marks of a quotation."""
    return re.sub(r"[\s>*]+", "", text)


@pytest.mark.parametrize(("name", "heading"), READMES.items())
def test_the_list_for_monday_names_every_cause_that_asks_or_waits(name: str, heading: str) -> None:
    chapter = read(name).split(f"{heading}\n")[1].split("\n## ")[0]
    assert [cause for cause, verdict in CAUSES.items() if verdict is not Verdict.MATCHED and cause not in chapter] == []


@pytest.mark.parametrize(("name", "language"), [("README.md", "zh"), ("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_sentence_at_the_top_is_one_of_the_product(name: str, language: str) -> None:
    assert squeezed(tell_example("not_found", language)) in squeezed(read(name))


@pytest.mark.parametrize("name", READMES)
def test_the_sample_settings_are_taken(name: str) -> None:
    (sample,) = re.findall(r"```toml\n(.*?)```", read(name), flags=re.DOTALL)
    taken = settings.Settings(**tomllib.loads(sample))
    assert {source.side for source in taken.sources} == {Side.UPSTREAM, Side.LEDGER}


def test_both_readmes_list_the_same_commands() -> None:
    listed = [re.findall(r"^(?:\.venv/bin/)?(fapiao [a-z]+)", read(name), flags=re.MULTILINE) for name in READMES]
    assert listed[0] == listed[1]
    assert len(listed[0]) > 10


def test_a_decision_that_a_step_names_can_be_typed_as_it_stands() -> None:
    steps = [text for advice in load_advice().values() for step in advice.steps for text in (step.zh, step.en)]
    named = [text for text in steps if "fapiao decide" in text]
    assert named
    assert [text for text in named if not re.search(r"`fapiao decide [a-z-]+ \S+ --reason \S+`", text)] == []


def test_the_page_about_alerts_names_every_kind_and_the_rows_of_a_sheet() -> None:
    page = read("docs/alerts.md")
    said = page.split("or a kind: ")[1].split("With quiet hours")[0]
    assert [kind for kind in KINDS if kind not in {"finding", "overdue", "resolved"} and kind not in said] == []
    assert f"{SHEET_ROWS:,} rows a sheet" in page


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_row_of_a_table_has_the_columns_of_its_head(path: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    widths = [[len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()] for table in tables]
    assert [table for table, counted in zip(tables, widths, strict=True) if len(set(counted)) != 1] == []


def test_a_chapter_of_the_rules_stands_once() -> None:
    chapters = re.findall("^## .*", read("docs/rules.md"), flags=re.MULTILINE)
    assert len(chapters) == len(set(chapters))


def test_the_page_about_settings_knows_every_group_and_variable() -> None:
    found = [model for module in (settings, routes, routes_verification) for model in vars(module).values()]
    models = {model for model in found if isinstance(model, type) and issubclass(model, BaseModel)}
    leaves = {model for model in models if not model.__subclasses__()}
    assert leaves == {settings.Settings, *GROUPS.values()}
    assert set(OTHERS) == OTHER_VARIABLES


def test_the_readme_of_the_data_root_names_what_lies_there() -> None:
    code = "".join(path.read_text(encoding="utf-8") for name in ("pipelines", "flows") for path in modules(name))
    names = {name.replace("{", "<").replace("}", ">") for name in re.findall(r'data_root / f?"([^"]+)"', code)}
    assert len(names) > 15
    assert [name for name in names if not name.startswith(".") and name not in read("data/README.md")] == []


def test_the_design_says_who_writes_each_table() -> None:
    chapter = read("docs/design.md").split("## Who writes what\n")[1].split("\n## ")[0]
    told = [name for row in re.findall(r"^\| ([^|]+) \|", chapter, flags=re.MULTILINE) for name in row.split(", ")]
    assert [table.name for table in TABLES if not any(fnmatch(table.name, name) for name in told)] == []


def test_the_design_shows_the_steps_of_the_join_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = Mock(**{"return_value.fetchone.return_value": (0,)})
    for name in ("run_sql", "ensure_tables", "_load_words"):
        monkeypatch.setattr(cascade, name, settled)
    steps: list[str] = []
    cascade.join_records(Mock(), settings.Settings(), AS_OF, steps.append)
    picture = read("docs/design.md").split("The join is a list of SQL files")[1].split("```")[1]
    told = re.findall(r"\w+", " ".join(line for line in picture.splitlines() if line.startswith(" " * 12)))
    wanted = [step.removeprefix("rules/") for step in steps if step != "macros"]
    assert [name for name in told if name not in {"carried", "or", "propagate"}] == wanted
