"""`docs/findings.md`: every verdict and cause with what it says, the usual reason and the steps that settle it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.exports.advice import Advice, load_actions, load_advice, load_guards
from pipelines.model import CAUSES, Verdict
from pipelines.reconcile.cascade import load_sentences
from pipelines.reports.words import CAUSE_WORDS, VERDICT_WORDS

VERDICT_MEANINGS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.MATCHED: ("两边一致，已了结。", "Both sides agree; done."),
    Verdict.MISMATCHED: ("两边对上了同一张票，但内容不一致。", "The two sides are linked, and they disagree."),
    Verdict.DUPLICATE: ("多出来的记录；另一条仍归该发票。", "A surplus record; the other one stays with the invoice."),
    Verdict.PENDING: ("只有一边有，但现在下结论还太早。", "Only one side has it, and it is too early to call."),
    Verdict.MISSING_UPSTREAM: ("账上有，税务系统没有。", "Booked, and not in the tax system."),
    Verdict.MISSING_LEDGER: ("税务系统有，账上没有。", "In the tax system, and not booked."),
    Verdict.NOT_COMPARED: ("没有足够的数据下结论，不等于相符。", "No conclusion is possible; that is no agreement."),
}

EXAMPLE = {
    "number": "26112000000123456789",
    "reference": "26112000000123456798",
    "voucher": "记-45",
    "posted_on": "2026-08-20",
    "issued_on": "2026-08-10",
    "ledger_date": "2026-08-12",
    "party": "上海示例材料有限公司",
    "ledger_party": "上海示例科技有限公司",
    "upstream_total": "1,103.00",
    "ledger_total": "1,130.00",
    "ledger_tax": "130.00",
    "upstream_tax": "126.89",
    "difference": "27.00",
    "due_on": "2026-10-09",
    "count": "2",
    "other": "记-31",
    "money": "",
    "more": "",
}
AGREEING = {"ledger_total": "1,103.00", "difference": "0.00"}
RED = {"ledger_total": "-1,103.00", "upstream_total": "-1,103.00"}
OWN_FACTS: Mapping[str, Mapping[str, str]] = {
    "within_tolerance": {"ledger_total": "1,103.02", "difference": "0.02"},
    "split_entries.rounded": {"ledger_total": "1,103.02", "difference": "0.02"},
    "combined_entry.rounded": {"ledger_total": "1,103.02", "difference": "0.02"},
    "dead_invoice_booked.partly": {"ledger_total": "551.50"},
    "dead_invoice_booked.anew": {"other": "26112000000123456790"},
    "dead_invoice_booked.list": {"other": "26112000000123456790", "upstream_total": "551.50", "hint": "void"},
    "party_differs.list": {"other": "26112000000123456790", "upstream_total": "551.50"},
    "date_differs.list": {"other": "26112000000123456790 2026-08-12"},
    "amount_differs.reversed": {"ledger_total": "-1,103.00"},
    "amount_differs.list_awaited": {"count": "1", "other": "26112000000123456790"},
    "number_mistyped.second_error": {"hint": "another_day"},
    "digits_lost.second_error": {"reference": "2.6112000000123E+19", "hint": "another_day"},
    "number_absent.second_error": {"hint": "tax"},
    "number_absent.list": {"number": "26112000000123456789、26112000000123456790"},
    "not_booked.red_letter": {
        "upstream_total": "-1,103.00",
        "other": "26112000000123456790、26112000000123456791",
        "why": "several_equal",
    },
    "unreadable_reference.long_range": {"reference": "12345678-12345900", "why": "range_skipped"},
    "amount_differs": {"hint": "transposed"},
    "amount_differs.list_missing": {"count": "1", "other": "26112000000123456790"},
    "amount_differs.list_unlinked": {"count": "1", "other": "26112000000123456790"},
    "digits_lost": {"reference": "2.6112000000123E+19"},
    "impossible_number": {"reference": "99992000000123456789"},
    "impossible_number.candidates": {
        "reference": "99992000000123456789",
        "other": "26112000000123456789",
        "count": "1",
        "why": "number_differs",
    },
    "sync_delay.unreadable": {"reference": "见附件", "due_on": "2026-08-22"},
    "sync_delay.damaged": {"reference": "2.6112000000123E+19", "due_on": "2026-08-22"},
    "sync_delay.ahead": {"ledger_date": "2062-08-12"},
    "sync_delay.empty": {"due_on": "2026-08-22"},
    "sync_delay.no_invoice": {"due_on": "2026-08-22"},
    "sync_delay.impossible": {"reference": "99992000000123456789"},
    "sync_delay": {"due_on": "2026-08-22"},
    "unreadable_reference": {"reference": "见附件"},
    "unreadable_reference.candidates": {"reference": "见附件", "other": "26112000000123456789", "why": "several_equal"},
    "unreadable_reference.damaged": {"reference": "2.6112000000123E+19"},
    "unreadable_reference.damaged.candidates": {
        "reference": "2.6112000000123E+19",
        "other": "26112000000123456789",
        "why": "several_equal",
    },
    "upstream_gap.undated": {"ledger_date": "2026-07-04", "hint": "lacking_day"},
    "upstream_gap.impossible": {"reference": "99992000000123456789"},
    "unreadable_reference.empty.candidates": {"other": "26112000000123456789", "why": "several_equal"},
    "unreadable_reference.no_invoice.candidates": {"other": "26112000000123456789", "why": "several_equal"},
    "unreadable_reference.several": {"reference": "12345678", "other": "1100261130-12345678、1100261140-12345678"},
    "booked_twice.before": {"other": "记-52"},
    "impossible_number.booked_again": {"reference": "99992000000123456789"},
    "unreadable_reference.booked_again": {"reference": "2.6112000000123E+19"},
    "sync_delay.several": {
        "reference": "12345678",
        "other": "1100261130-12345678、1100261140-12345678",
        "due_on": "2026-08-22",
    },
    "not_found.same_number": {
        "reference": "12345678",
        "other": "1100261130-12345678、1100261140-12345678",
        "why": "party_differs",
    },
    "not_found.candidates": {"other": "26112000000123456789", "why": "party_differs"},
    "not_booked.candidates": {"why": "party_differs"},
}
"""What an example has of its own; `hint` and `why` are keys of the templates."""

DIFFERING_TOTALS = ("amount_differs", "within_tolerance")


def findings_page() -> str:
    """The page, from `reference/sentences.toml` and `reference/findings.toml`."""
    findings = (line for verdict in Verdict for line in _verdict_lines(verdict))
    return "\n".join([*_head(), *findings, *_guard_lines()]) + "\n"


def _head() -> Iterator[str]:
    yield "# What each finding says, why it usually happens, and what settles it"
    yield ""
    yield "Generated by `make docs` from `reference/sentences.toml` and `reference/findings.toml`. Names and numbers"
    yield "are made up. `fapiao export workbook` sorts what is open by the sheet named here; `fapiao explain` tells why"
    yield "one item was judged so. The id of an item (核对项编号) stands on the page of the night, in the last column"
    yield "of the workbook and in what `fapiao find` prints."
    yield ""
    yield "| 原因 cause | 结论 verdict | 怎么办 sheet of the workbook |"
    yield "|---|---|---|"
    for cause, verdict in CAUSES.items():
        yield f"| [{_both(CAUSE_WORDS[cause])}](#{cause}) | {_both(VERDICT_WORDS[verdict])} | {_say_action(cause)} |"
    yield ""


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    meaning = VERDICT_MEANINGS[verdict]
    yield from (f"## {_both(VERDICT_WORDS[verdict])} (`{verdict}`)", "", f"{meaning[0]} {meaning[1]}", "")
    for cause in (cause for cause, its_verdict in CAUSES.items() if its_verdict is verdict):
        yield from _cause_lines(cause, load_advice()[cause])


def _cause_lines(cause: str, advice: Advice) -> Iterator[str]:
    yield from (f'### <a id="{cause}"></a>{_both(CAUSE_WORDS[cause])} (`{cause}`)', "")
    for key in (key for key in load_sentences() if key == cause or key.startswith(f"{cause}.")):
        yield from (f"> {tell_example(key, 'zh')}<br>", f"> {tell_example(key, 'en')}", "")
    yield from (f"**通常是因为 the usual reason:** {advice.usual.zh} {advice.usual.en}", "")
    if advice.action:
        yield f"**怎么办 what settles it** ({_say_action(cause)}):"
        yield ""
    for place, step in enumerate(advice.steps, start=1):
        yield f"{place}. {step.zh}<br>{step.en}"
    if advice.ask:
        yield from ("", f"**对账函里问 asked in the letter:** {advice.ask.zh} {advice.ask.en}")
    yield ""


def _guard_lines() -> Iterator[str]:
    yield from ("## 为什么没有关联 why it was not linked (`why_not`)", "")
    yield "`why_not` of an item that was left unlinked names the guard that kept its best candidate from being linked;"
    yield "`candidates` lists all that were considered, `fapiao explain` tells of each."
    yield from ("", "| why_not | 原因 why | 怎么办 what settles it |", "|---|---|---|")
    for guard, advice in load_guards().items():
        why = load_sentences()[f"why.{guard}"]
        yield f"| `{guard}` | {why['zh']}<br>{why['en']} | {advice.zh}<br>{advice.en} |"


def tell_example(key: str, language: str) -> str:
    """The sentence of that key about the made-up invoice; KeyError for a place that has no example.

    A sentence about what we issued, or about a red letter, shares the example of the other one.
    """
    sentences, base = load_sentences(), key.removesuffix(".output")
    own = dict(OWN_FACTS.get(key) or OWN_FACTS.get(base) or OWN_FACTS.get(base.removesuffix(".red")) or {})
    words = {"hint": f"hint.{own.pop('hint', '')}", "why": f"why.{own.pop('why', '')}"}
    told = {place: sentences[name][language] for place, name in words.items() if name in sentences}
    if key.split(".", maxsplit=1)[0] == "amount_differs":
        told.setdefault("hint", "")
    agreeing = {} if key.split(".", maxsplit=1)[0] in DIFFERING_TOTALS else AGREEING
    facts = {**EXAMPLE, **agreeing, **own, **(RED if base.endswith(".red") else {})}
    return sentences[key][language].format_map(facts | {place: text.format_map(facts) for place, text in told.items()})


def _say_action(cause: str) -> str:
    action = load_advice()[cause].action
    return f"{load_actions()[action].zh} {load_actions()[action].en}" if action else "—"


def _both(words: tuple[str, str]) -> str:
    return f"{words[0]} {words[1]}"
