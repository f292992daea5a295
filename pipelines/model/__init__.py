"""Closed lists and table shapes: the words of `docs/design.md` as code.

Every table that the project keeps is declared here once: name, grain, columns, types, comments. The warehouse creates
tables from it, the published database takes its comments from it, snapshots take their schema and sort keys from it.
"""

from __future__ import annotations

from pipelines.model.alert import ALERT_CASE
from pipelines.model.core import (
    COVERAGE,
    LEDGER_ENTRY,
    LEDGER_SIGHTING,
    LINEAGE,
    RECEIVED,
    UPSTREAM_INVOICE,
    UPSTREAM_SIGHTING,
    UPSTREAM_SPAN,
)
from pipelines.model.einvoice import EINVOICE_SIGHTING, WITNESS, WITNESS_FINDINGS, WITNESSES
from pipelines.model.lists import (
    CAUSES,
    FINDING_VERDICTS,
    GUARDS,
    LIKELY_CAUSES,
    RULED_CAUSES,
    RULES,
    Basis,
    Direction,
    Side,
    Status,
    Verdict,
    basis_of,
)
from pipelines.model.night import (
    ALERT_MESSAGE,
    AUDIT_UNEXPECTED,
    AUDIT_VERDICT,
    NIGHT_ADJUSTMENT,
    NIGHT_FINDING,
    NIGHT_RUN,
    NIGHT_SOURCE,
)
from pipelines.model.pull import NIGHT_PULL
from pipelines.model.raw import (
    LEDGER_TEXT_FIELDS,
    RAW_DELIVERY,
    RAW_FILE,
    RAW_IGNORED,
    RAW_LEDGER_ROW,
    RAW_LINEAGE,
    RAW_REJECT,
    RAW_UPSTREAM_ROW,
    UPSTREAM_TEXT_FIELDS,
)
from pipelines.model.recon import (
    ADJUSTMENT,
    ADJUSTMENT_KINDS,
    DECISION,
    DECISION_KINDS,
    DECISION_STATE,
    DECISION_STATES,
    FILED_ITEM,
    FILED_PERIOD,
    ITEM,
    MEMBER,
)
from pipelines.model.state import CLEARED, CORE_CHANGE, CORE_STATE, OPEN_RECORD, READING, RECON_STATE
from pipelines.model.table import MONEY, Column, Table
from pipelines.model.verification import CONCLUSIVE, OUTCOMES, VERIFICATION_ANSWER

__all__ = [
    "ADJUSTMENT",
    "ADJUSTMENT_KINDS",
    "ALERT_CASE",
    "ALERT_MESSAGE",
    "AUDIT_UNEXPECTED",
    "AUDIT_VERDICT",
    "CAUSES",
    "CLEARED",
    "CONCLUSIVE",
    "CORE_CHANGE",
    "CORE_STATE",
    "CORE_TABLES",
    "COVERAGE",
    "DECISION",
    "DECISION_KINDS",
    "DECISION_STATE",
    "DECISION_STATES",
    "EINVOICE_SIGHTING",
    "FILED_ITEM",
    "FILED_PERIOD",
    "FINDING_VERDICTS",
    "GUARDS",
    "ITEM",
    "LEDGER_ENTRY",
    "LEDGER_SIGHTING",
    "LEDGER_TEXT_FIELDS",
    "LIKELY_CAUSES",
    "LINEAGE",
    "MEMBER",
    "MONEY",
    "NIGHT_ADJUSTMENT",
    "NIGHT_FINDING",
    "NIGHT_PULL",
    "NIGHT_RUN",
    "NIGHT_SOURCE",
    "NIGHT_TABLES",
    "OPEN_RECORD",
    "OUTCOMES",
    "PUBLISHED_TABLES",
    "RAW_DELIVERY",
    "RAW_FILE",
    "RAW_IGNORED",
    "RAW_LEDGER_ROW",
    "RAW_LINEAGE",
    "RAW_REJECT",
    "RAW_TABLES",
    "RAW_UPSTREAM_ROW",
    "READING",
    "RECEIVED",
    "RECON_STATE",
    "RECON_TABLES",
    "RULED_CAUSES",
    "RULES",
    "SIGHTING_TABLES",
    "STATE_TABLES",
    "TABLES",
    "UPSTREAM_INVOICE",
    "UPSTREAM_SIGHTING",
    "UPSTREAM_SPAN",
    "UPSTREAM_TEXT_FIELDS",
    "VERIFICATION_ANSWER",
    "WITNESS",
    "WITNESSES",
    "WITNESS_FINDINGS",
    "Basis",
    "Column",
    "Direction",
    "Side",
    "Status",
    "Table",
    "Verdict",
    "basis_of",
    "table_named",
]

RAW_TABLES = (RAW_FILE, RAW_DELIVERY, RAW_UPSTREAM_ROW, RAW_LEDGER_ROW, RAW_REJECT, RAW_IGNORED)
SIGHTING_TABLES = (UPSTREAM_SIGHTING, LEDGER_SIGHTING, UPSTREAM_SPAN, EINVOICE_SIGHTING, VERIFICATION_ANSWER)
CORE_TABLES = (UPSTREAM_INVOICE, LEDGER_ENTRY, COVERAGE)
RECON_TABLES = (ITEM, MEMBER, DECISION, DECISION_STATE, FILED_PERIOD, FILED_ITEM, ADJUSTMENT, WITNESS)
NIGHT_TABLES = (
    NIGHT_RUN,
    NIGHT_PULL,
    NIGHT_SOURCE,
    NIGHT_ADJUSTMENT,
    NIGHT_FINDING,
    AUDIT_VERDICT,
    AUDIT_UNEXPECTED,
    ALERT_MESSAGE,
    ALERT_CASE,
)
TABLES = (*RAW_TABLES, *SIGHTING_TABLES, *CORE_TABLES, *RECON_TABLES, *NIGHT_TABLES)
STATE_TABLES = (CORE_CHANGE, CORE_STATE, CLEARED, OPEN_RECORD, RECON_STATE, READING)
"""What a night remembers for the next. It is neither kept nor published: without it the next night reads the files with
rejected rows once more and judges everything."""
PUBLISHED_TABLES = (
    *CORE_TABLES,
    EINVOICE_SIGHTING,
    VERIFICATION_ANSWER,
    *RECON_TABLES,
    RAW_FILE,
    RAW_REJECT,
    *NIGHT_TABLES,
)
"""Tables that readers get. Raw rows and the sightings of both sides stay in the warehouse and the snapshots."""


def table_named(name: str) -> Table:
    """The declaration of a table; KeyError for a name that is not declared."""
    return {table.name: table for table in TABLES}[name]
