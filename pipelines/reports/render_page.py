"""The page as text: what the templates in `page/` make of a night's facts."""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.model import FINDING_VERDICTS, Verdict
from pipelines.reconcile.steps import StepWords
from pipelines.reports import headline
from pipelines.reports.cards import CARD_FIELDS, Card, as_record, pack_cards
from pipelines.reports.charts import Point, draw_line, draw_mirror
from pipelines.reports.coverage_grid import count_states, draw_calendars
from pipelines.reports.page_facts import PARTIES_SHOWN
from pipelines.reports.page_shapes import PageFacts, TrendRow
from pipelines.reports.shapes import CauseRow, NightSummary
from pipelines.reports.words import DAY_WORDS, PAGE_WORDS, format_money, pick, strip_controls, word
from pipelines.settings import Settings

STATIC_CARDS = 30
"""Findings that are readable without a script."""

BRIEF_CARDS = 8

_SINCE, _STAKE, _IS_NEW = (CARD_FIELDS.index(name) for name in ("open_since", "stake_fen", "is_new"))


def render_page(summary: NightSummary, facts: PageFacts, settings: Settings) -> str:
    """The page. What comes from outside is escaped or packed; a policy in the page forbids all foreign code."""
    script = _read_text("page.js")
    return (
        _load_environment()
        .get_template("page.html.j2")
        .render(
            summary=summary,
            facts=facts,
            names=_name_companies(facts, summary),
            language=settings.alert_language,
            style=Markup(_read_text("page.css")),  # noqa: S704  # our own file
            script=Markup(script),  # noqa: S704  # our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            words=_pack_words(summary, facts),
            slices=list(pack_cards(facts.cards)),
            workbook_name=f"night-{summary.night.night_id}.xlsx",
            parties_shown=PARTIES_SHOWN,
            verdicts=_group_causes(summary),
            day_words=DAY_WORDS,
            **_choose_cards(facts),
            **_draw(facts),
            **_weigh(summary, facts),
        )
    )


def _choose_cards(facts: PageFacts) -> dict[str, Any]:
    new = [card for card in facts.cards if card[_IS_NEW]][:BRIEF_CARDS]
    old = (card for card in facts.cards if card[_SINCE] and not card[_IS_NEW])
    oldest = heapq.nsmallest(BRIEF_CARDS, old, key=lambda card: (card[_SINCE], -card[_STAKE]))
    return {
        "first_cards": _as_records(facts.cards[:STATIC_CARDS]),
        "new_cards": _as_records(new),
        "oldest_cards": _as_records(oldest),
    }


def _as_records(cards: Iterable[Card]) -> list[dict[str, Any]]:
    return [as_record(card) for card in cards]


def _draw(facts: PageFacts) -> dict[str, Any]:
    days = [f"{row.as_of:%m-%d}" for row in facts.trend]
    moves = [Point(day, row.new_count, row.gone_count) for day, row in zip(days, facts.trend, strict=True)]
    charts = {
        "open": draw_line(_points(days, facts.trend, "open_count"), "需处理项数", "items that need a person"),
        "stake": draw_line(_points(days, facts.trend, "at_stake_cny"), "涉及金额", "at stake, CNY"),
        "moves": draw_mirror(moves, "新增与消除", "new and settled"),
    }
    return {"charts": charts, "calendars": draw_calendars(facts.months), "day_counts": count_states(facts.months)}


def _points(days: list[str], trend: tuple[TrendRow, ...], field: str) -> list[Point]:
    return [Point(day, getattr(row, field)) for day, row in zip(days, trend, strict=True)]


def _weigh(summary: NightSummary, facts: PageFacts) -> dict[str, Any]:
    """Sums of the overdue, and the largest amount of each table as the length of its longest bar."""
    most = {
        "most_age": [row.at_stake_cny for row in summary.ages],
        "most_cause": [row.at_stake_cny for row in summary.causes],
        "most_company": [row.at_stake_cny for row in facts.companies],
        "most_party": [row.at_stake_cny for row in facts.parties if row.place <= PARTIES_SHOWN],
    }
    overdue = {
        "count": sum(row.item_count for row in summary.ages),
        "at_stake_cny": sum((row.at_stake_cny for row in summary.ages), Decimal("0.00")),
    }
    return {"overdue": overdue, **{name: max(amounts, default=Decimal(0)) for name, amounts in most.items()}}


def _group_causes(summary: NightSummary) -> list[tuple[str, list[CauseRow]]]:
    """Causes by verdict: what asks something of a person first, what agrees last."""
    order = [*FINDING_VERDICTS, Verdict.PENDING, Verdict.MATCHED]
    groups = [(str(one), [row for row in summary.causes if row.verdict == one]) for one in order]
    return [(verdict, rows) for verdict, rows in groups if rows]


def _name_companies(facts: PageFacts, summary: NightSummary) -> dict[str, str]:
    """What to call our own entities: the name and the end of the tax id; the id where no name is set."""
    ids = {row.taxpayer_id for row in facts.companies} | {row.taxpayer_id for row in facts.months}
    names = summary.taxpayer_names
    return {one: f"{names[one]} …{one[-4:]}" if names.get(one) else one for one in ids}


def _pack_words(summary: NightSummary, facts: PageFacts) -> Markup:
    """Words for the script. `<` is written as an escape, so that no name can end the tag."""
    packed = {
        "codes": PAGE_WORDS,
        "guards": {code: [said["zh"], said["en"]] for code, said in StepWords.load().guards.items()},
        "names": _name_companies(facts, summary),
        "many": len({row.taxpayer_id for row in facts.companies}) > 1,
    }
    return Markup(json.dumps(packed, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704


def _read_text(name: str) -> str:
    return resources.files("pipelines.reports").joinpath("page", name).read_text(encoding="utf-8")


@cache
def _load_environment() -> Environment:
    loader = PackageLoader("pipelines.reports", "page")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=loader
    )
    environment.filters.update(money=format_money, clean=_clean, fen=_format_fen, text_money=_format_text)
    environment.globals.update(word=word, pick=pick, share=_share, guard=_say_guard)
    environment.globals.update({name: getattr(headline, name) for name in dir(headline) if name.startswith("say_")})
    return environment


def _clean(value: Any) -> str:
    return "" if value is None else strip_controls(str(value))


def _format_fen(fen: int) -> str:
    return format_money(Decimal(fen).scaleb(-2))


def _format_text(text: str | None) -> str:
    return format_money(None if text is None else Decimal(text))


def _share(amount: Decimal, most: Decimal) -> str:
    """Percent of the longest bar, at least one."""
    return f"{max(float(amount / most) * 100, 1):.0f}" if most else "0"


def _say_guard(why_not: str) -> tuple[str, str]:
    said = StepWords.load().guards.get(why_not, {})
    return said.get("zh", why_not), said.get("en", why_not)
