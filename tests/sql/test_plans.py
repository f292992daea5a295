"""Nothing scales worse than n log n: no statement of the join may be planned as a nested loop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.reconcile import cascade
from pipelines.warehouse import Connection, load_sql
from tests.spec.tables import reconcile_rows
from tests.spec.test_cases import all_rows

SLOW_OPERATORS = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT")


def test_no_statement_of_the_join_is_a_nested_loop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow: list[str] = []
    planned = 0

    def explain_and_run(con: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Connection:
        nonlocal planned
        for statement in con.extract_statements(load_sql(name)):
            values = {key: (parameters or {})[key] for key in statement.named_parameters}
            if (
                statement.type.name in ("CREATE", "INSERT", "UPDATE", "DELETE", "SELECT")
                and "MACRO" not in statement.query
            ):
                plan = "\n".join(
                    row[1] for row in con.execute(f"EXPLAIN (FORMAT json) {statement.query}", values).fetchall()
                )
                planned += 1
                slow.extend(f"{name}: {operator}" for operator in SLOW_OPERATORS if operator in plan)
            con.execute(statement, values)
        return con

    monkeypatch.setattr(cascade, "run_sql", explain_and_run)
    reconcile_rows(tmp_path, *all_rows())
    assert planned > 40
    assert slow == []
