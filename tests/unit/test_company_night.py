"""The view with one line per taxpayer of an installation that has several."""

from __future__ import annotations

from decimal import Decimal

from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, US, build_warehouse

OTHER = "91310000MA1FL0XX2A"


def test_every_taxpayer_has_its_line_and_a_source_without_records_one_of_its_own(settings: Settings) -> None:
    build_warehouse(settings)
    with open_warehouse(settings) as con:
        con.execute("UPDATE core_ledger__entry SET taxpayer_id = ? WHERE record_id = 'l5'", [OTHER])
        con.execute("UPDATE core_ledger__entry SET source_id = 'erp2' WHERE record_id = 'l5'")
        con.execute("UPDATE recon__item SET taxpayer_id = ? WHERE item_id = 'item5'", [OTHER])
        for source, state in (("erp", "unchanged"), ("erp2", "failed"), ("never", "silent")):
            values = [FIRST.night_id, source, state]
            con.execute("INSERT INTO night__source VALUES (?, ?, ?, 0, 0, 0, NULL, NULL, NULL)", values)
        invoices, entries = (
            con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("core_upstream__invoice", "core_ledger__entry")
        )
    publish_night(settings, FIRST)
    columns = "sources, sources_received, sources_silent, sources_failed, upstream_records, ledger_records"
    found = {
        row[0]: row[1:] for row in run_query(settings, f"SELECT taxpayer_id, {columns} FROM out__company_night").rows
    }
    assert found == {
        US: (2, 1, 0, 0, invoices, entries - 1),
        OTHER: (1, 0, 0, 1, 0, 1),
        None: (1, 0, 1, 0, 0, 0),
    }


def test_findings_and_money_add_up_to_those_of_all(settings: Settings) -> None:
    build_warehouse(settings)
    publish_night(settings, FIRST)
    [total] = run_query(settings, "SELECT sum(findings), sum(at_stake_cny) FROM out__company_night").rows
    [of_all] = run_query(settings, "SELECT count(*), sum(at_stake_cny) FROM out__open_item").rows
    assert total == of_all
    assert of_all[1] > Decimal(0)
