"""Pages that are generated: `--write` renews them, `--check` fails if one is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from expectations.registry import audit_page
from pipelines.model import CAUSES
from pipelines.reconcile.cascade import NUMBER_RULES, REPAIR_RULES, load_sentences
from pipelines.warehouse import load_sql
from tests.spec.cases import CASES, Case
from tests.spec.tables import Row

ROOT = Path(__file__).parents[2]


def rules_page() -> str:
    """The rules in their order, every case of the spec tests, and the sentence of every cause."""
    return "\n".join([*_head(), *_rule_lines(), *_case_lines(), *_sentence_lines()]) + "\n"


def _head() -> Iterable[str]:
    yield "# How records are joined and judged"
    yield ""
    yield "Generated from the rule files, `tests/spec/cases.py` and `pipelines/reference/sentences.toml` by `make docs`."
    yield "Every case below is run by `make test`."
    yield ""


def _rule_lines() -> Iterable[str]:
    yield "## Rules, in the order in which they are tried"
    yield ""
    yield "| | rule | what it takes as the same invoice |"
    yield "|---|---|---|"
    for place, rule in enumerate((*NUMBER_RULES, *REPAIR_RULES), start=1):
        yield f"| {place} | `{rule}` | {_first_comment(rule)} |"
    yield ""


def _first_comment(rule: str) -> str:
    return load_sql(f"recon/rules/{rule}").splitlines()[0].removeprefix("-- rule: ").replace("|", "\\|")


def _case_lines() -> Iterable[str]:
    chapter = ""
    for case in CASES:
        if case.chapter != chapter:
            chapter = case.chapter
            yield from ("", f"## {chapter}", "", "| case | tax system | ledger | result |", "|---|---|---|---|")
        yield f"| {case.title} | {_shown(case.upstream, _invoice)} | {_shown(case.ledger, _entry)} | {_result(case)} |"
    yield ""


def _shown(rows: Iterable[Row], show: Callable[[Row], str]) -> str:
    return "<br>".join(show(row).replace("|", "\\|") for row in rows) or "—"


def _invoice(row: Row) -> str:
    code = f"{row['invoice_code']}-" if row.get("invoice_code") else ""
    status = "" if row["status"] == "normal" else f" {row['status']}"
    return f"{row['record_id']}: {code}{row['invoice_number']} {row['total_cny']} {row['issued_at']:%m-%d}{status}"


def _entry(row: Row) -> str:
    code = f"{row['invoice_code']}-" if row.get("invoice_code") else ""
    money = row.get("total_cny") if row.get("total_cny") is not None else f"{row.get('amount_cny')} without tax"
    return f"{row['record_id']}: {code}`{row['invoice_reference'] or ''}` {money} {row['posted_on']:%m-%d}".replace(
        "\t", "→"
    )


def _result(case: Case) -> str:
    return "<br>".join(f"{verdict} / **{cause}**: {', '.join(sorted(ids))}" for verdict, cause, ids in case.expect)


def _sentence_lines() -> Iterable[str]:
    yield from ("## What each cause says", "", "| verdict | cause | sentence |", "|---|---|---|")
    for key, text in load_sentences().items():
        cause = key.split(".")[0]
        if cause in CAUSES:
            yield f"| {CAUSES[cause]} | `{key}` | {text['zh']}<br>{text['en']} |"


PAGES: dict[str, Callable[[], str]] = {"docs/rules.md": rules_page, "docs/audit.md": audit_page}


def stale_pages() -> list[str]:
    """Names of the generated pages whose file is not what would be generated now."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: list[str]) -> int:
    if arguments == ["--write"]:
        for name, page in PAGES.items():
            (ROOT / name).write_text(page(), encoding="utf-8")
        return 0
    stale = stale_pages()
    for name in stale:
        print(f"{name} is stale: run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
