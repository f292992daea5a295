"""The runbook says of every kind of alert who does what."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (*(ROOT / "pipelines/alerts").glob("*.py"), *(ROOT / "pipelines/cli").glob("*.py"))


def spoken_kinds() -> set[str]:
    """The first word of every `alert_key` that is composed somewhere."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    return set(re.findall(r'alert_key=f?"([a-z]+)[:"]', text))


def test_every_kind_of_alert_stands_in_the_runbook() -> None:
    page = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    kinds = spoken_kinds() | {"deadman", "watch", "channel"}
    assert {"finding", "file", "source", "rule", "crash", "drill"} <= kinds
    assert [kind for kind in sorted(kinds) if not re.search(rf"\| `{kind}[:`]", page)] == []


def test_every_watch_key_stands_in_the_runbook() -> None:
    page = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    keys = set(re.findall(r'"(watch:[a-z]+)"', text))
    assert {"watch:disk", "watch:backups"} <= keys
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
