"""The route `api`: the tax system's lists, one bundle per calendar month of issue, and one of changed statuses."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from pipelines.night import Night
from pipelines.pull.api_client import ApiClient
from pipelines.pull.api_faults import ApiError
from pipelines.pull.api_listing import Listed, Lister
from pipelines.pull.api_outcome import Given, Question, sum_up
from pipelines.pull.declared import ApiRoute
from pipelines.pull.route import Pulled, Window
from pipelines.settings import BEIJING, Settings, Source
from pipelines.sources.bundle import Bundle, Listing, pack_bundle
from pipelines.sources.decode_bundle import Pages
from pipelines.sources.header import plain_header
from pipelines.sources.landing import write_safely
from pipelines.sources.layout import Layout, load_layout
from pipelines.sources.recognise import API_LAYOUT

PAGES = ".pages"


class ApiPuller:
    """Writes `listing_YYYYMM.zip` and `changes.zip`; pages as received stay in `.pages` until their bundle is whole."""

    def __init__(self, route: ApiRoute, settings: Settings) -> None:
        self._route = route
        self._settings = settings
        self._grace_days = math.ceil(settings.sync_grace_hours / 24)

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        """Newest month first; a failure ends the asking, and what came before it is used."""
        given: list[Given] = []
        fault: ApiError | None = None
        try:
            with ApiClient(self._route) as client:
                for question in find_questions(self._route, window, self._grace_days):
                    given.append(self._take(Lister(client, self._route), question, source, inbox, night))
        except ApiError as error:
            fault = error
        return sum_up(drop_nothing(given, inbox), window, night, fault)

    def _take(self, lister: Lister, question: Question, source: Source, inbox: Path, night: Night) -> Given:
        folder = inbox / PAGES / night.night_id / question.name
        listed = lister.list_checked(question.listing, _fill(question, source), folder)
        layout = API_LAYOUT if source.layout == "auto" else source.layout
        check_fields(listed.pages, load_layout(layout, self._settings))
        is_unsaid = not listed.rows and (listed.declared is None or not question.covers)
        if is_unsaid:
            shutil.rmtree(folder)
            return Given(question, listed, None, is_new=False)
        target = inbox / f"{question.name}.zip"
        is_new = _write(target, pack_bundle(self._bundle(question, listed, night)), night)
        if listed.is_whole:
            shutil.rmtree(folder)
        return Given(question, listed, target.name, is_new)

    def _bundle(self, question: Question, listed: Listed, night: Night) -> Bundle:
        settled = _month_end(question.last) + timedelta(days=self._grace_days + 1)
        listing = Listing(
            first_day=question.first if question.covers else None,
            last_day=question.last if question.covers else None,
            as_of_day=min(night.as_of.date(), settled) if question.covers else night.as_of.date(),
            rows_path=self._route.answer.rows,
            declared=listed.declared,
            rows=listed.rows,
            pages=list(listed.contents),
            is_complete=listed.is_whole,
        )
        return Bundle(listing, listed.contents)


def drop_nothing(given: list[Given], inbox: Path) -> list[Given]:
    """The same, without the bundles if not one invoice came in the whole window: a wrong tax id or a missing grant
    answers so too, and then nothing may be called missing. A single empty month beside others is believed."""
    if any(one.listed.rows for one in given):
        return given
    for one in given:
        if one.file:
            (inbox / one.file).unlink()
    return [replace(one, file=None) for one in given]


def find_questions(route: ApiRoute, window: Window, grace_days: int) -> Iterator[Question]:
    """Whole calendar months, newest first, so that a month's list has the same bytes whenever it is asked for.

    Changes are asked for from before the last night: until the grace has passed a change may show up late.
    """
    last = window.last
    while last >= window.first:
        first = last.replace(day=1)
        yield Question(f"listing_{first:%Y%m}", route.listing, first, last, covers=True)
        last = first - timedelta(days=1)
    if route.changes:
        since = window.changed_since - timedelta(days=grace_days + 1)
        yield Question("changes", route.changes, since, window.last, covers=False)


def check_fields(pages: Pages, layout: Layout) -> None:
    """Every required field of the layout is in some row. Raises ApiError that names those in none."""
    keys = list(dict.fromkeys(key for rows in pages.values() for row in rows for key in row))
    if not keys:
        return
    known = {plain_header(key) for key in keys}
    titles = [
        [title for name in need.split("|") for title in layout.fields.get(name, [])] for need in layout.header.required
    ]
    missing = ["/".join(needed) for needed in titles if needed and not known & {plain_header(t) for t in needed}]
    if missing:
        raise ApiError("renamed", missing=", ".join(missing), found=", ".join(keys)[:300], layout=layout.name)


def _fill(question: Question, source: Source) -> dict[str, str]:
    values = {
        "from": str(question.first),
        "to": str(question.last),
        "taxpayer": source.taxpayer_id or "",
        "direction": str(source.direction or ""),
    }
    return {name: text.format(**values) for name, text in question.listing.params.items()}


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _write(target: Path, content: bytes, night: Night) -> bool:
    """Write the bundle, dated with the night that asked for it; FALSE if the same bytes stood there already."""
    is_new = not target.is_file() or target.read_bytes() != content
    if is_new:
        write_safely(target, content)
    moment = night.as_of.replace(tzinfo=BEIJING).timestamp()
    os.utime(target, (moment, moment))
    return is_new
