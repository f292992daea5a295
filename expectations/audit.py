"""The stage `audit`: judges a night, keeps the verdicts, says whether the night may be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from expectations.data_docs import write_data_docs
from expectations.judge import Judgement, judge_rules, open_context
from expectations.registry import RULES
from expectations.rules import Rule, Severity
from expectations.session import open_session
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.warehouse import Connection, load_sql, open_warehouse, transaction


@dataclass(frozen=True)
class Failure:
    """A rule that does not hold. `severity` is stop for every rule that could not be judged."""

    rule_id: str
    severity: str
    name_zh: str
    name_en: str
    rows_unexpected: int
    detail: str | None


@dataclass(frozen=True)
class Audit:
    """`rules_failed` counts failed warn-rules, `rules_stopped` failed stop-rules; `failures` holds both, stop first."""

    rules_checked: int
    rules_failed: int
    rules_stopped: int
    failures: tuple[Failure, ...]

    @property
    def may_publish(self) -> bool:
        return self.rules_stopped == 0

    @property
    def stopped(self) -> tuple[str, ...]:
        """Ids of the rules that keep the night from being published."""
        return tuple(failure.rule_id for failure in self.failures if failure.severity == Severity.STOP)


def audit_night(settings: Settings, night: Night, rules: Sequence[Rule] = RULES) -> Audit:
    """Judge every rule on the tables of the warehouse and keep the verdicts; the same night again replaces them.

    Findings are values. Raises only when the warehouse cannot be opened or the verdicts cannot be written.
    """
    context = open_context()
    with open_warehouse(settings) as con, open_session(con, settings, night) as session:
        judgements = judge_rules(context, session, rules)
        _keep_judgements(con, night, judgements)
    write_data_docs(context, settings, night)
    return _summarise(judgements)


def _summarise(judgements: Sequence[Judgement]) -> Audit:
    failed = [judgement for judgement in judgements if not judgement.is_success]
    stopped = [judgement for judgement in failed if judgement.severity is Severity.STOP]
    warned = [judgement for judgement in failed if judgement.severity is Severity.WARN]
    return Audit(
        rules_checked=len(judgements),
        rules_failed=len(warned),
        rules_stopped=len(stopped),
        failures=tuple(_name_failure(judgement) for judgement in (*stopped, *warned)),
    )


def _name_failure(judgement: Judgement) -> Failure:
    rule = judgement.rule
    return Failure(
        rule.rule_id, judgement.severity.value, rule.name_zh, rule.name_en, judgement.rows_unexpected, judgement.detail
    )


def _keep_judgements(con: Connection, night: Night, judgements: Sequence[Judgement]) -> None:
    with transaction(con):
        for name in ("forget_verdict", "forget_unexpected"):
            con.execute(load_sql(name, "expectations"), {"night_id": night.night_id})
        for judgement in judgements:
            _keep_judgement(con, night, judgement)


def _keep_judgement(con: Connection, night: Night, judgement: Judgement) -> None:
    rule = judgement.rule
    verdict = {
        "night_id": night.night_id,
        "suite": rule.suite,
        "rule_id": rule.rule_id,
        "table_name": rule.table,
        "severity": judgement.severity.value,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "is_success": judgement.is_success,
        "rows_checked": judgement.rows_checked,
        "rows_unexpected": judgement.rows_unexpected,
        "detail": judgement.detail,
    }
    con.execute(load_sql("keep_verdict", "expectations"), verdict)
    if judgement.row_keys:
        keys = {"night_id": night.night_id, "rule_id": rule.rule_id, "row_keys": list(judgement.row_keys)}
        con.execute(load_sql("keep_unexpected", "expectations"), keys)
