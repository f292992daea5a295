"""The rules of the house that a machine can watch: who imports whom, who opens DuckDB, what an SQL file says."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.model import CAUSES
from pipelines.reconcile.cascade import NUMBER_RULES, REPAIR_RULES, load_sentences
from tests.conventions.pages import ROOT, stale_pages

PACKAGES = ("flows", "expectations", "pipelines")

LAYERS = (
    {"model", "errors", "refused", "validation", "routes", "routes_verification"},
    {"settings"},
    {"night", "warehouse"},
    {"migrate", "night_log", "sources", "einvoice", "snapshots"},
    {"pull", "reconcile", "verification"},
    {
        "publish",
        "publish_index",
        "publish_masked",
        "query",
        "find",
        "reports",
        "exports",
        "alerts",
        "demo",
        "simulator",
        "heartbeat",
    },
    {"cli"},
)
"""Inside `pipelines`, a module may import from its own layer and the ones before it."""


def modules(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importers(root_name: str) -> set[str]:
    return {
        package
        for package in PACKAGES
        for path in modules(package)
        if any(name.split(".")[0] == root_name for name in imported_names(path))
    }


def test_only_flows_import_prefect_and_only_expectations_import_great_expectations() -> None:
    assert importers("prefect") <= {"flows"}
    assert importers("great_expectations") <= {"expectations"}


@pytest.mark.parametrize(("package", "above"), [("pipelines", ("expectations", "flows")), ("expectations", ("flows",))])
def test_imports_go_one_way_between_packages(package: str, above: tuple[str, ...]) -> None:
    for path in modules(package):
        upward = {name for name in imported_names(path) if name.split(".")[0] in above}
        assert not upward, f"{path.relative_to(ROOT)} imports {upward}"


def layer_of(part: str) -> int:
    return next(place for place, layer in enumerate(LAYERS) if part in layer)


def test_imports_go_one_way_inside_pipelines() -> None:
    for path in modules("pipelines"):
        own = path.relative_to(ROOT / "pipelines").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        parts = {name.split(".")[1] for name in imported_names(path) if name.startswith("pipelines.")}
        upward = {part for part in parts if layer_of(part) > layer_of(own)}
        assert not upward, f"{path.relative_to(ROOT)} imports {upward}"


def test_the_design_tells_the_layers_as_they_are() -> None:
    told = (ROOT / "docs/design.md").read_text(encoding="utf-8").split("inside pipelines\n`")[1].split("`")[0]
    assert [set(layer.split(", ")) for layer in " ".join(told.split()).split(" -> ")] == [*reversed(LAYERS)]


def test_only_the_warehouse_opens_duckdb() -> None:
    openers = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        if "duckdb.connect(" in path.read_text(encoding="utf-8")
    }
    assert openers == {"pipelines/warehouse.py"}


def sql_files() -> list[Path]:
    return sorted([*(ROOT / "pipelines/sql").rglob("*.sql"), *(ROOT / "expectations/sql").rglob("*.sql")])


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_sql_file_says_what_it_is(path: Path) -> None:
    assert re.match(r"-- \S+", path.read_text(encoding="utf-8")), "a header comment says what the file gives"


def test_every_rule_file_has_its_place_in_the_order() -> None:
    files = {path.stem for path in (ROOT / "pipelines/sql/recon/rules").glob("*.sql")}
    assert files == {*NUMBER_RULES, *REPAIR_RULES}


def test_every_cause_has_a_sentence_in_both_languages() -> None:
    sentences = load_sentences()
    for cause in CAUSES:
        spoken = [text for key, text in sentences.items() if key == cause or key.startswith(f"{cause}.")]
        assert spoken, cause
        assert all(text["zh"] and text["en"] for text in spoken)


def test_messages_of_errors_are_in_both_languages() -> None:
    """A literal message of an error that a command prints is `Chinese | English`."""
    errors = {"FapiaoError", "UsageError", "BadInputError", "UpstreamUnavailableError", "IntegrityError"}
    messages = [
        (f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.args[0]))
        for package in PACKAGES
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors
        if node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert len(messages) > 100
    assert [message for message in messages if not re.search("[\u4e00-\u9fff].* \\| ", message[1])] == []


def test_generated_pages_are_current() -> None:
    assert stale_pages() == []


def test_lock_file_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--index|--find-links|--extra", lock)


def test_entry_points_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for target in project["entry-points"]["fapiao.jobs"].values():
        module, _, function = target.partition(":")
        source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", source, re.MULTILINE)
