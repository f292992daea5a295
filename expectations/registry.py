"""All rules, and the page that lists them."""

from __future__ import annotations

from expectations import core, recon
from expectations.rules import Rule, Severity

RULES: tuple[Rule, ...] = (*core.RULES, *recon.RULES)

_INTRODUCTION = """# Audit

This page is generated from `expectations/`; `make docs` writes it again.

Every night Great Expectations judges the tables of the warehouse themselves: it asks through the job's own open DuckDB
connection (`expectations/bridge.py`), so there is no copy, no second file handle and no network. A rule is `stop` or
`warn`.

- **stop** guards the data itself. One failure and the night is not published: readers keep the last good night.
- **warn** is a finding of the business. The night is published and the finding is flagged.
- A rule that cannot be judged (the check itself errors) counts as a failed stop-rule, whatever its severity.
- A rule over an empty table holds, and its `detail` says that no row was checked.

`audit__verdict` keeps the verdict of every rule of every night, `audit__unexpected` the keys of the rows that broke it
(the first 10,000 in order of the key; `detail` says when there were more). Judging a night again replaces its verdicts.

Data Docs of the last nights (setting `data_docs_nights`) lie under `reports/data_docs/` in the data root, one folder a
night; `index.html` there lists them. Great Expectations' pages load scripts, styles and a logo from public sites when
they are opened: in a closed network they show, but plainly. The night itself sends nothing, and its own report does not
depend on them.

A new rule is a line in `expectations/core.py` or `expectations/recon.py` and, unless a built-in expectation fits, the
file `expectations/sql/<rule_id>.sql`, which selects the bad rows with their key as `row_key`.
"""

_HEADINGS = {
    Severity.STOP: "## Stop: 数据本身有误，不发布",
    Severity.WARN: "## Warn: 业务发现，发布并提示",
}


def audit_page() -> str:
    """The text of `docs/audit.md`: every rule with its table, names and expectation."""
    return "\n".join([_INTRODUCTION, *(_section(severity) for severity in Severity)])


def _section(severity: Severity) -> str:
    head = ["| rule | table | 名称 | name | judged by |", "|---|---|---|---|---|"]
    rows = [_row(rule) for rule in RULES if rule.severity is severity]
    return "\n".join([_HEADINGS[severity], "", *head, *rows, ""])


def _row(rule: Rule) -> str:
    judged_by = f"`sql/{rule.rule_id}.sql`" if rule.is_sql else f"`{rule.expectation}`"
    return f"| `{rule.rule_id}` | `{rule.table}` | {rule.name_zh} | {rule.name_en} | {judged_by} |"
