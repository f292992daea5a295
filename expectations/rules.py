"""What a rule is: plain data, so that the list of rules can be read and printed without Great Expectations.

Severity `stop` guards the data itself: one such failure and the night is not published. Severity `warn` is a business
finding: it is published and flagged, because finding it is the job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipelines.model import table_named
from pipelines.warehouse import load_sql


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"


SQL_EXPECTATION = "UnexpectedRowsExpectation"

DECLARED_COLUMN = "audit_declared_column"
"""Temporary table of the declared columns, see `sql/prepare_declared_column.sql`."""


@dataclass(frozen=True)
class Rule:
    """One rule: an expectation on one table. `expectation` is a class of `great_expectations.expectations`; for
    `UnexpectedRowsExpectation` the query is `sql/<rule_id>.sql`."""

    rule_id: str
    suite: str
    table: str
    severity: Severity
    name_zh: str
    name_en: str
    expectation: str = SQL_EXPECTATION
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_sql(self) -> bool:
        return self.expectation == SQL_EXPECTATION

    @property
    def query(self) -> str:
        """The check without its comments, `{batch}` standing for the table: it selects the bad rows as `row_key`."""
        lines = load_sql(self.rule_id, "expectations").splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()

    @property
    def expectation_arguments(self) -> dict[str, Any]:
        return {"unexpected_rows_query": self.query} if self.is_sql else dict(self.arguments)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that identify a bad row of the table; their values, joined by '|', make the row key."""
        if self.table == DECLARED_COLUMN:
            return ("table_name", "column_name")
        return table_named(self.table).key


@dataclass(frozen=True)
class Suite:
    """Makes the rules of one suite: the suite's name is said once."""

    name: str

    def sql(self, severity: Severity, rule_id: str, table: str, name_zh: str, name_en: str) -> Rule:
        """A rule whose check is `sql/<rule_id>.sql`."""
        return Rule(rule_id, self.name, table, severity, name_zh, name_en)

    def unique(self, rule_id: str, table: str, column: str, name_zh: str, name_en: str) -> Rule:
        """Stop: no two rows share the value of the column."""
        return self._stop(rule_id, table, name_zh, name_en, "ExpectColumnValuesToBeUnique", column=column)

    def present(self, rule_id: str, table: str, column: str, name_zh: str, name_en: str) -> Rule:
        """Stop: the column is never NULL."""
        return self._stop(rule_id, table, name_zh, name_en, "ExpectColumnValuesToNotBeNull", column=column)

    def listed(self, rule_id: str, table: str, closed: tuple[str, Sequence[str]], name_zh: str, name_en: str) -> Rule:
        """Stop: the column holds only values of a closed list; `closed` is the column and the list."""
        column, values = closed
        return self._stop(
            rule_id, table, name_zh, name_en, "ExpectColumnValuesToBeInSet", column=column, value_set=list(values)
        )

    def paired(
        self,
        rule_id: str,
        table: str,
        name_zh: str,
        name_en: str,
        *,
        columns: tuple[str, str],
        pairs: Sequence[tuple[str, str]],
    ) -> Rule:
        """Stop: the two columns hold only pairs of a closed list."""
        arguments = {"column_A": columns[0], "column_B": columns[1], "value_pairs_set": list(pairs)}
        return self._stop(rule_id, table, name_zh, name_en, "ExpectColumnPairValuesToBeInSet", **arguments)

    def without_cause(self, rule_id: str, cause: str, name_zh: str, name_en: str) -> Rule:
        """Warn: no item of the result has this cause."""
        return Rule(
            rule_id,
            self.name,
            "recon__item",
            Severity.WARN,
            name_zh,
            name_en,
            "ExpectColumnValuesToNotBeInSet",
            {"column": "cause", "value_set": [cause]},
        )

    def _stop(self, rule_id: str, table: str, name_zh: str, name_en: str, expectation: str, **arguments: Any) -> Rule:
        return Rule(rule_id, self.name, table, Severity.STOP, name_zh, name_en, expectation, arguments)
