"""The page of a night: one HTML file that needs nothing else, and a workbook of the findings beside it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from pipelines.night import Night
from pipelines.reports.files import replace_file
from pipelines.reports.headline import say_drill, say_headline, say_publication, say_troubles
from pipelines.reports.rows import fetch_rows, require_warehouse
from pipelines.reports.shapes import FindingRow, NightSummary
from pipelines.reports.summary import build_findings, read_summary
from pipelines.reports.words import format_money, pick, strip_controls, word
from pipelines.reports.workbook import write_workbook
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse

EMBEDDED_FINDINGS = 2_000
"""Findings on the page: about 2 MB, which a phone still scrolls. The workbook has more."""


def write_report(settings: Settings, night: Night) -> Path:
    """Write `reports/night-<night_id>.html` and `.xlsx`, and `latest.html` and `.xlsx` with the same content.

    Returns the page. Each file is replaced atomically. Raises BadInputError if no night has run, or not this one.
    """
    require_warehouse(settings)
    with open_warehouse(settings, read_only=True) as con:
        build_findings(con, night)
        summary = read_summary(con, settings, night)
        findings = _read_findings(con, EMBEDDED_FINDINGS)
        workbook = write_workbook(con)
    page = render_page(summary, findings, settings).encode()
    target = settings.report_dir / f"night-{night.night_id}.html"
    for path in (target, settings.report_dir / "latest.html"):
        replace_file(path.with_suffix(".xlsx"), workbook)
        replace_file(path, page)
    return target


def _read_findings(con: Connection, row_limit: int) -> tuple[FindingRow, ...]:
    return fetch_rows(con, "report/report_detail", FindingRow, {"only_new": False, "row_limit": row_limit})


def render_page(summary: NightSummary, findings: tuple[FindingRow, ...], settings: Settings) -> str:
    """The page as text. What comes from outside is escaped; a policy in the page forbids all foreign code."""
    script = _read_text("night_report.js")
    return _load_template().render(
        summary=summary,
        findings=findings,
        hidden_count=summary.finding_count - len(findings),
        language=settings.alert_language,
        style=Markup(_read_text("night_report.css")),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        workbook_name=f"night-{summary.night.night_id}.xlsx",
    )


def _read_text(name: str) -> str:
    return resources.files("pipelines.reports").joinpath(name).read_text(encoding="utf-8")


@cache
def _load_template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(money=format_money, clean=_clean)
    environment.globals.update(word=word, pick=pick)
    environment.globals.update(say_headline=say_headline, say_publication=say_publication, say_troubles=say_troubles)
    environment.globals.update(say_drill=say_drill)
    return environment.from_string(_read_text("night_report.html.j2"))


def _clean(value: Any) -> str:
    return "" if value is None else strip_controls(str(value))
