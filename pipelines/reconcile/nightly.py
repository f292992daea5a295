"""The join of one night, on the working database."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.model import COVERAGE, FINDING_VERDICTS, ITEM, MEMBER, Side
from pipelines.night import Night
from pipelines.reconcile.cascade import join_records
from pipelines.reconcile.result import Reconciled, count_result
from pipelines.settings import Settings
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction


def reconcile_night(settings: Settings, night: Night, report: Callable[[str], None] = lambda _step: None) -> Reconciled:
    """Judge every core record as of the night; replaces `recon__item` and `recon__member`, updates `night__finding`.

    All in one transaction: a crash leaves the previous night's result. Raises IntegrityError if a record would be lost.
    """
    with open_warehouse(settings) as con, transaction(con):
        _prepare_inputs(con, settings)
        join_records(con, settings, night.as_of, report)
        for table, relation in ((ITEM, "work_item"), (MEMBER, "work_member")):
            con.execute(f"DELETE FROM {table.name}")
            con.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM {relation}")
        result = count_result(con, ITEM.name, MEMBER.name)
        run_sql(con, "recon/finding", {"night_id": night.night_id, "verdicts": [str(v) for v in FINDING_VERDICTS]})
    return result


def _prepare_inputs(con: Connection, settings: Settings) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE work_coverage AS SELECT * FROM {COVERAGE.name}")
    con.execute("CREATE OR REPLACE TEMP TABLE work_nightly_source (source_id VARCHAR)")
    nightly = [(s.id,) for s in settings.sources if s.side == Side.LEDGER and s.expected == "nightly"]
    if nightly:
        con.executemany("INSERT INTO work_nightly_source VALUES (?)", nightly)
    run_sql(con, "recon/ledger_seen")
