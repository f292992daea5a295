"""Great Expectations judges the rules: one suite per table, all rows, every verdict traced back to its rule."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from expectations.bridge import add_duckdb_datasource
from expectations.rules import Rule, Severity
from pipelines.warehouse import Connection

KEPT_KEYS = 10_000
"""At most so many keys of bad rows are kept per rule and night."""

_EMPTY = "表中没有数据，未检查任何行 | the table is empty: no row was checked"
_CUT = f"不符行很多，只保存前 {KEPT_KEYS:,} 个主键 | many rows: only the first {KEPT_KEYS:,} keys are kept"
_ERROR = "检查未能执行，按不通过处理 | the check could not be carried out and counts as failed: "


@dataclass(frozen=True)
class Judgement:
    """What was said of one rule. `severity` is the rule's own, or stop if the rule could not be judged.
    `row_keys` are the first KEPT_KEYS keys of the bad rows, in order."""

    rule: Rule
    severity: Severity
    is_success: bool
    rows_checked: int
    rows_unexpected: int
    row_keys: tuple[str, ...] = ()
    detail: str | None = None


def open_context() -> Any:
    """A Great Expectations context in memory: no telemetry, no network, no progress bars."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 (late: it costs seconds)
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


def judge_rules(context: Any, session: Connection, rules: Sequence[Rule]) -> list[Judgement]:
    """One judgement per rule, in the order of the rules. A rule whose check errors, or of which nothing came back, is a
    failed stop-rule: never a pass."""
    source = add_duckdb_datasource(context, "warehouse", session)
    said: dict[str, Judgement] = {}
    for table in dict.fromkeys(rule.table for rule in rules):
        on_table = [rule for rule in rules if rule.table == table]
        said.update(_judge_table(context, source, session, on_table))
    return [said[rule.rule_id] for rule in rules]


def _judge_table(context: Any, source: Any, session: Connection, rules: Sequence[Rule]) -> dict[str, Judgement]:
    rows_checked = _count_rows(session, rules[0].table)
    results = _validate_table(context, source, rules)
    return {rule.rule_id: _read_result(session, rule, results.get(rule.rule_id), rows_checked) for rule in rules}


def _count_rows(session: Connection, table: str) -> int:
    row = session.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
    return int(row[0]) if row else 0


def _validate_table(context: Any, source: Any, rules: Sequence[Rule]) -> Mapping[str, Any]:
    """Results by rule id; a rule of which nothing came back is missing there."""
    import great_expectations as gx  # noqa: PLC0415 (late: it costs seconds)

    table = rules[0].table
    asset = source.add_table_asset(table, table_name=table)
    suite = context.suites.add(
        gx.ExpectationSuite(f"{rules[0].suite}.{table}", expectations=[_build_expectation(rule) for rule in rules])
    )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=table, data=asset.add_batch_definition_whole_table("all rows"), suite=suite)
    )
    outcome = definition.run(
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(rules[0].key_columns),
            "return_unexpected_index_query": True,
        }
    )
    return {result.expectation_config.meta["rule_id"]: result for result in outcome.results}


def _build_expectation(rule: Rule) -> Any:
    import great_expectations.expectations as gxe  # noqa: PLC0415 (late: it costs seconds)

    return getattr(gxe, rule.expectation)(
        **rule.expectation_arguments,
        meta={"rule_id": rule.rule_id},
        description=f"{rule.name_zh} | {rule.name_en}",
        severity="critical" if rule.severity is Severity.STOP else "warning",
    )


def _read_result(session: Connection, rule: Rule, result: Any, rows_checked: int) -> Judgement:
    error = _read_error(result)
    if error is not None:
        return Judgement(rule, Severity.STOP, False, rows_checked, 0, detail=_ERROR + error)
    held = Judgement(rule, rule.severity, True, rows_checked, 0, detail=None if rows_checked else _EMPTY)
    if result.success:
        return held
    unexpected = int(result.result["observed_value" if rule.is_sql else "unexpected_count"])
    try:
        keys = _select_keys(session, rule, result)
    except duckdb.Error as problem:
        return Judgement(rule, Severity.STOP, False, rows_checked, unexpected, detail=_ERROR + str(problem))
    detail = _CUT if len(keys) > KEPT_KEYS else None
    return replace(held, is_success=False, rows_unexpected=unexpected, row_keys=keys[:KEPT_KEYS], detail=detail)


def _read_error(result: Any) -> str | None:
    """The first line of the error that kept the rule from being judged; None if it was judged. Great Expectations gives
    one record of it, or one per metric."""
    if result is None:
        return "no result came back"
    info = result.exception_info or {}
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [record["exception_message"] for record in records if record.get("raised_exception")]
    return next((str(message).strip().splitlines()[0] for message in messages), None)


def _select_keys(session: Connection, rule: Rule, result: Any) -> tuple[str, ...]:
    """Distinct keys in order, one more than is kept, so that a cut shows; a key column that is NULL reads `NULL`.

    They come from the query that judged: Great Expectations itself hands back only the first rows of it.
    """
    query = _bad_rows_query(rule, result)
    columns = ("row_key",) if rule.is_sql else rule.key_columns
    key = " || '|' || ".join(f"""COALESCE(CAST("{column}" AS VARCHAR), 'NULL')""" for column in columns)
    rows = session.execute(f"SELECT DISTINCT {key} FROM ({query}) ORDER BY 1 LIMIT {KEPT_KEYS + 1}").fetchall()
    return tuple(str(row_key) for (row_key,) in rows)


def _bad_rows_query(rule: Rule, result: Any) -> str:
    if rule.is_sql:
        return rule.query.format(batch=f'(SELECT * FROM "{rule.table}")')
    return str(result.result["unexpected_index_query"]).rstrip("; \n")
