"""`fapiao explain`: which rules were tried on a record, which candidates there were, and which guard stopped it."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsJson

if TYPE_CHECKING:
    from pipelines.reconcile.steps import StepWords
    from pipelines.reconcile.story import Candidate, Explanation, ItemStory, RecordStory, Step

NOT_USED = ("not_tried", "not_needed")
SHORT_NUMBER = 8
"""Digits from which on a text may be a number with an error in it; vouchers are shorter."""


def explain_item(
    item_or_number: Annotated[
        str,
        typer.Argument(
            help="核对项编号、记录号、发票号码（20 或 8 位，或 代码-号码）或凭证号 | "
            "Item id, record id, invoice number (20 or 8 digits, or code-number) or voucher."
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """讲一笔的来龙去脉：试过哪些规则、有哪些候选、被什么拦下 | Which rules were tried, and which guard stopped it."""
    from pipelines.cli.output import print_json, show_progress
    from pipelines.find import clean_number
    from pipelines.query import require_published
    from pipelines.reconcile.explain import explain
    from pipelines.settings import load_settings

    settings = load_settings()
    number = clean_number(item_or_number)
    with show_progress("重新判断 | judging again"):
        told = explain(
            settings,
            require_published(settings),
            item_or_number,
            number,
            logging.getLogger("fapiao.progress").info,
        )
    if as_json:
        print_json(told)
    else:
        _print_told(told)


def _print_told(told: Explanation) -> None:
    from pipelines.cli.output import print_line
    from pipelines.reconcile.steps import StepWords

    words = StepWords.load()
    for item in told.items:
        _print_item(item, words)
    if not told.items:
        _print_nothing(told)
    elif told.hits > len(told.items):
        more = told.hits - len(told.items)
        print_line(f"还有 {more:,} 项符合，请给出完整号码或编号 | {more:,} more fit: give the whole number or an id")
    print_line(f"截至 as of {told.as_of}")


def _print_nothing(told: Explanation) -> None:
    from pipelines.cli.output import print_line
    from pipelines.find import clean_number

    print_line(f"没有找到 {told.text} | Nothing found.", "bold")
    print_line(
        "  查过：已发布的一夜中的核对项编号、记录号、凭证号、发票号码（完整、代码加号码、后 8 位）和账上所记的号码"
    )
    print_line(
        "  looked for: item, record, voucher, invoice number (whole, with code, last 8 digits), ledger reference"
    )
    number = clean_number(told.text)
    if number.isalnum() and len(number) >= SHORT_NUMBER:
        print_line(f"  试试 try: fapiao find {number} --fuzzy")


def _print_item(item: ItemStory, words: StepWords) -> None:
    from pipelines.cli.output import print_line
    from pipelines.reports.words import word

    title = f"{word(item.verdict, 'zh')} · {word(item.cause, 'zh')} | {item.verdict} / {item.cause}"
    if _is_plain_pair(item):
        print_line(f"{title}: {item.explanation_zh} | {item.explanation_en}", "bold")
        print_line(f"  {_say_step(_deciding_step(item), words)}  [{item.item_id}]")
        return
    print_line(title, "bold")
    print_line(f"  {item.explanation_zh}")
    print_line(f"  {item.explanation_en}")
    for record in item.records:
        _print_record(record, item.item_id, words)
    if item.record_count > len(item.records):
        more = item.record_count - len(item.records)
        print_line(f"  还有 {more} 条记录 | {more} more records")
    print_line(f"  {item.direction}, {item.taxpayer_id}, {item.item_id}")
    _print_difference(item)
    print_line()


def _is_plain_pair(item: ItemStory) -> bool:
    return item.cause == "exact" and item.record_count == 2 and item.is_same and _deciding_step(item) is not None


def _deciding_step(item: ItemStory) -> Step | None:
    """The step that found the counterpart of a pair in which everything agrees."""
    steps = [step for record in item.records for step in record.steps]
    return next(
        (step for step in steps if (step.step, step.result) == ("cleared", "linked") or step.result == "named"), None
    )


def _print_difference(item: ItemStory) -> None:
    from pipelines.cli.output import print_line

    if not item.is_same:
        now = f"{item.verdict_now} / {item.cause_now}" if item.verdict_now else "另一项 another item"
        print_line(
            f"  ! 现在重新判断得到 {now}，与已发布的不同：此后设置或规则已变 | judged again it is {now}, not what was "
            "published: settings or rules are others now",
            "yellow",
        )


def _print_record(record: RecordStory, item_id: str, words: StepWords) -> None:
    from pipelines.cli.output import print_line

    side = "税务 upstream" if record.side == "upstream" else "账 ledger"
    print_line(f"  {side}: {_say_facts(record)}  [{record.record_id}]")
    used = [step for step in record.steps if step.result not in NOT_USED]
    shown: set[str] = set()
    for place, step in enumerate(used, start=1):
        print_line(f"    {place}. {_say_step(step, words)}")
        compared = {candidate.record_id for candidate in step.candidates}
        if not compared <= shown:
            _print_candidates(step, record.side, item_id, words)
        shown |= compared
    unused = [words.name(step.step) for step in record.steps if step.result in NOT_USED]
    if unused:
        print_line(f"    未用 not used: {'、'.join(unused)}")


def _print_candidates(step: Step, side: str, item_id: str, words: StepWords) -> None:
    from pipelines.cli.output import print_line

    for candidate in step.candidates:
        print_line(f"         {_say_candidate(candidate, side, item_id, words)}")
    if step.candidate_count > len(step.candidates):
        print_line(f"         … 共 {step.candidate_count:,} 个 in all")


def _say_step(step: Step | None, words: StepWords) -> str:
    return f"{words.name(step.step)}: {step.zh} | {step.en}" if step else ""


def _say_facts(record: RecordStory | Candidate) -> str:
    from pipelines.reports.words import format_money

    texts = (record.voucher_no, record.number or "-", f"{record.day}", format_money(record.total_cny), record.party)
    return "  ".join(text for text in texts if text)


def _say_candidate(candidate: Candidate, side: str, item_id: str, words: StepWords) -> str:
    told = [
        f"{label}: {'、'.join(words.field(name) for name in names)}"
        for label, names in (("相符 agrees", candidate.agrees), ("不同 differs", candidate.differs))
        if names
    ]
    guard = [words.guard(side, candidate.why_not)] if candidate.why_not else []
    elsewhere = [f"→ {candidate.item_id}"] if candidate.item_id and candidate.item_id != item_id else []
    return "  ".join([_say_facts(candidate), *told, *guard, *elsewhere])
