"""The join of one night, on the working database: what changed and what is open, never the whole history.

The result equals a full judgement row for row (tests/property/test_open_items.py). Everything is judged when the rules
or their sentences are others than last time, or when nothing was carried over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable

import duckdb

from pipelines.einvoice.stage import witness_night
from pipelines.model import COVERAGE, FINDING_VERDICTS, ITEM, MEMBER, Side
from pipelines.night import Night
from pipelines.reconcile.cascade import join_records
from pipelines.reconcile.result import Reconciled, count_result
from pipelines.settings import Settings, Source
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

CITED_BY_REJECTED_ROW = {
    "zh": "注意：账簿文件 {} 第 {} 行写有此号码，但该行无法采用（内容“{}”，应为 {}）："
    "请先更正该行（或设置、版式），不要重复入账。",
    "en": ' Note: row {1} of ledger file {0} cites this number but could not be used (found "{2}", expected {3}): put '
    "that row (or the settings, the layout) right first, and do not book it twice.",
}
"""File, row, what was found, what was expected."""

HELD_BY_STOPPED_FILE = {
    "zh": "注意：账簿文件 {} 未能采用，可能已在其中入账：请先重新导出替换它，不要重复入账。",
    "en": " Note: ledger file {} could not be used and may hold the booking: export it again and replace it first, and "
    "do not book it twice.",
}
"""Files."""

CITED_BY_IGNORED_ROW = {
    "zh": "注意：账簿文件 {} 第 {} 行写有此号码，但该行属于其他科目或收付款，未作为发票入账读取："
    "可能已在该凭证入账，请先核对，不要重复入账。",
    "en": " Note: row {1} of ledger file {0} cites this number, but belongs to another account or a payment and was "
    "not read as a booking: that voucher may hold it. Check first, and do not book it twice.",
}
"""File, row. Not its text, which may hold names that no mask knows."""


def reconcile_night(settings: Settings, night: Night) -> Reconciled:
    """Judge what is due as of the night; replaces its items in `recon__item` and `recon__member`, updates
    `night__finding` unless it is a look back (a later night has ended already).

    All in one transaction: a crash leaves the previous night's result. Raises IntegrityError if a record would be lost.
    """
    with open_warehouse(settings) as con, transaction(con):
        judge_due(con, settings, night)
        witness_night(con, settings, night)
        verdicts = {"verdicts": [str(verdict) for verdict in FINDING_VERDICTS]}
        ((set_aside,),) = run_sql(con, "recon/count_set_aside", verdicts).fetchall()
        result = replace(count_result(con, ITEM.name, MEMBER.name), set_aside_count=set_aside)
        if not run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone():
            run_sql(con, "recon/finding", {"night_id": night.night_id, **verdicts})
    return result


def file_periods(settings: Settings, night: Night) -> None:
    """Keep the periods that the settings call filed as this night found them, and tell what has changed in those that
    were filed before. For a night that may be published: what is filed is never rewritten.

    A look back files nothing; it replaces `recon__adjustment` by what had changed by then, until the next night.
    """
    with open_warehouse(settings) as con, transaction(con):
        is_look_back = run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone() is not None
        values = {"night_id": night.night_id, "as_of": night.as_of, "filed_through": settings.filed_through}
        run_sql(con, "recon/filed", values | {"is_look_back": is_look_back})
        run_sql(con, "recon/adjustment", values)
        if not is_look_back:
            run_sql(con, "recon/adjusted", values)


def judge_due(con: Connection, settings: Settings, night: Night) -> None:
    """Judge open and changed records, or everything when the rules are new; the tables of the result are up to date."""
    _prepare_inputs(con, settings, night)
    fingerprint = fingerprint_rules()
    is_carried = con.execute("SELECT rules_fingerprint FROM recon__state").fetchall() == [(fingerprint,)]
    if not is_carried:
        run_sql(con, "recon/forget")
        con.execute("DELETE FROM recon__state")
        con.execute("INSERT INTO recon__state VALUES (?)", [fingerprint])
    join_records(con, settings, night.as_of, due="carried" if is_carried else "everything")
    run_sql(con, "recon/store")
    # Absence from the ledger is not told without the lines and files of it that could not be used, or were left aside.
    run_sql(con, "night/rejected_row", {"as_of": night.as_of, **CITED_BY_REJECTED_ROW})
    _load_ledgers(con, "work_ledger_source", settings.sources)
    run_sql(con, "night/stopped_ledger", {"as_of": night.as_of, **HELD_BY_STOPPED_FILE})
    only = settings.taxpayers[0].id if len(settings.taxpayers) == 1 else None
    _load_own_names(con, settings)
    run_sql(con, "night/ignored_row", {"as_of": night.as_of, "only_taxpayer": only, **CITED_BY_IGNORED_ROW})


def fingerprint_rules() -> str:
    """sha256 over the SQL of the join, the sentences and the release of DuckDB, whose hashes the pairs are found by."""
    package = resources.files("pipelines")
    words = [package.joinpath("reference", name) for name in ("sentences.toml", "opinion_sentences.toml")]
    files = [*words, *_sql_files(package.joinpath("sql", "recon"))]
    content = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(content + duckdb.__version__.encode()).hexdigest()


def _sql_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _sql_files(entry)
        elif entry.name.endswith(".sql"):
            yield entry


def _prepare_inputs(con: Connection, settings: Settings, night: Night) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE work_coverage AS SELECT * FROM {COVERAGE.name}")
    load_nightly_sources(con, settings)
    run_sql(con, "recon/ledger_seen", {"as_of": night.as_of})


def load_nightly_sources(con: Connection, settings: Settings) -> None:
    """The ledgers that are due every night as `work_nightly_source`; NULL where no setting says whose they are."""
    _load_ledgers(con, "work_nightly_source", [source for source in settings.sources if source.expected == "nightly"])


def _load_ledgers(con: Connection, table: str, sources: list[Source]) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (source_id VARCHAR, taxpayer_id VARCHAR, direction VARCHAR)")
    for source in sources:
        if source.side == Side.LEDGER:
            named = [source.id, source.taxpayer_id, source.direction and str(source.direction)]
            con.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", named)


def _load_own_names(con: Connection, settings: Settings) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE work_own_name (taxpayer_id VARCHAR, name VARCHAR)")
    for taxpayer in settings.taxpayers:
        con.execute("INSERT INTO work_own_name VALUES (?, ?)", [taxpayer.id, taxpayer.name])
