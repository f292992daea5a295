"""The page of a night: one HTML file that needs nothing else, and a workbook of the findings beside it."""

from __future__ import annotations

from pathlib import Path

from pipelines.night import Night
from pipelines.reports.figures import write_figures
from pipelines.reports.page_facts import read_facts
from pipelines.reports.page_mask import mask_facts, mask_summary
from pipelines.reports.render_page import render_page
from pipelines.reports.rows import require_warehouse
from pipelines.reports.summary import build_findings, read_summary
from pipelines.reports.workbook import write_workbook
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely
from pipelines.warehouse import open_warehouse


def write_report(settings: Settings, night: Night) -> Path:
    """Write `reports/night-<night_id>.html` and `.xlsx`, `latest.html` and `.xlsx` with the same content, and the
    night's figures (`night-<night_id>.json`) for the trends of later nights.

    Returns the page. Each file is replaced atomically. Raises BadInputError if no night has run, or not this one.
    With `mask_report` both show names and ids masked; `fapiao export workbook` gives the open one to whoever may read
    the open database.
    """
    require_warehouse(settings)
    with open_warehouse(settings, read_only=True) as con:
        build_findings(con, night)
        summary = read_summary(con, settings, night)
        facts = read_facts(con, settings, night, summary)
        workbook = write_workbook(con, settings, night)
    write_figures(settings, summary)
    if settings.mask_report:
        summary, facts = mask_summary(summary), mask_facts(facts, settings)
    page = render_page(summary, facts, settings).encode()
    target = settings.report_dir / f"night-{night.night_id}.html"
    for path in (target, settings.report_dir / "latest.html"):
        write_safely(path.with_suffix(".xlsx"), workbook)
        write_safely(path, page)
    return target
