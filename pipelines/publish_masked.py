"""A second published file for people who may see masked data only: same tables and views, pseudonyms for who and what.

What a column holds is said here by its name. A text column that is not named is emptied: a new column is masked until
somebody has thought about it. Money and dates stay; who knows an invoice's exact amount and day can still find its row.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.model import CAUSES, PUBLISHED_TABLES
from pipelines.model.table import Column, Table
from pipelines.night import Night
from pipelines.publish import finish_database, remove_leftovers
from pipelines.reports.words import CAUSE_WORDS
from pipelines.settings import Settings
from pipelines.snapshots.store import make_folder, move_into_place
from pipelines.warehouse import Connection, connect, ensure_tables, run_sql

MASK_KEY = "FAPIAO_MASK_KEY"
KEY_LENGTH = 16
"""Characters of the key at least."""

KEPT = frozenset(
    {
        *("direction", "side", "verdict", "cause", "rule", "basis", "why_not", "differing_fields", "kind", "status"),
        *("state", "severity", "night_id", "first_night", "last_night", "gone_night", "filed_night", "period"),
        *("suite", "rule_id", "table_name", "name_zh", "name_en", "source_id", "layout", "snapshot_id", "file_id"),
        *("filed_verdict", "filed_cause", "found_verdict", "found_cause", "decision_id", "voucher_no"),
        *("outcome", "result_code"),
        *("recon__decision.explanation_zh", "recon__decision.explanation_en", "raw_reject.reason"),
    }
)
"""Text that names nobody. With a table's name before it where the same name means another thing elsewhere."""

MASKS = {
    "taxpayer_id": "mask_party_id", "seller_tax_id": "mask_party_id", "buyer_tax_id": "mask_party_id",
    "counterparty_tax_id": "mask_party_id", "seller_name": "mask_name", "buyer_name": "mask_name",
    "counterparty_name": "mask_name", "decided_by": "mask_person", "withdrawn_by": "mask_person",
    "invoice_number": "mask_number", "paper_number": "mask_number", "original_invoice_number": "mask_number",
    "asked_code": "mask_code", "asked_number": "mask_number", "answer_id": "mask_record",
    "invoice_reference": "mask_number", "invoice_code": "mask_code", "record_id": "mask_record",
    "item_id": "mask_record", "row_key": "mask_record", "alert_key": "mask_record", "candidates": "mask_records",
    "upstream_ids": "mask_records", "ledger_ids": "mask_records", "record_ids": "mask_records",
    "source_file": "mask_file", "file_name": "mask_file",
}  # fmt: skip

PLAIN_TYPES = frozenset({"BOOLEAN", "BIGINT", "INTEGER", "DATE", "TIMESTAMP", "DECIMAL(18,2)"})
EMPTY = {"VARCHAR": "''", "VARCHAR[]": "[]::VARCHAR[]"}


def publish_masked(settings: Settings, night: Night) -> Path:
    """Replace `published/recon-masked.duckdb` by what the open file shows, masked; mode 0640, the open one has 0600.

    Until the rename readers have the old file, whatever happens. Raises UsageError if the key is too short.
    """
    final, key = settings.masked_path, read_mask_key(settings)
    make_folder(final.parent)
    remove_leftovers(final)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        _copy_masked(settings, temporary, key)
        finish_database(temporary, settings, night)
        move_into_place(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)
    final.chmod(0o640)
    return final


def read_mask_key(settings: Settings) -> str:
    """The key from FAPIAO_MASK_KEY, else the one of this data root, made the first time and readable to its owner only.

    Another key gives other pseudonyms. Raises UsageError if the key is too short.
    """
    given = os.environ.get(MASK_KEY)
    if given is None:
        return _read_own_key(settings.data_root / "mask.key")
    if len(given) < KEY_LENGTH:
        raise UsageError(
            "遮蔽密钥太短 | The key for masking is too short.",
            where=MASK_KEY,
            found=f"{len(given)} characters",
            expected=f"at least {KEY_LENGTH}",
            next_step="openssl rand -hex 32",
        )
    return given


def _read_own_key(path: Path) -> str:
    make_folder(path.parent)
    if not path.is_file():
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), encoding="ascii")
        move_into_place(draft, path)
    return path.read_text(encoding="ascii")


def _copy_masked(settings: Settings, target: Path, key: str) -> None:
    con = connect(target, settings)
    try:
        words = [CAUSE_WORDS[cause] for cause in CAUSES]
        said = {"cause_words_zh": [zh for zh, _ in words], "cause_words_en": [en for _, en in words]}
        run_sql(con, "publish/mask_macros", {"mask_key": key, "causes": list(CAUSES), **said})
        ensure_tables(con, PUBLISHED_TABLES)
        quoted = str(settings.published_path).replace("'", "''")
        con.execute(f"ATTACH '{quoted}' AS open_side (READ_ONLY)")
        for table in PUBLISHED_TABLES:
            _copy_table(con, table)
        con.execute("CREATE TABLE out_first_seen AS SELECT * FROM open_side.out_first_seen")
        con.execute("DETACH open_side")
    finally:
        con.close()


def _copy_table(con: Connection, table: Table) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    masked = ", ".join(mask_column(table, column) for column in table.columns)
    con.execute(f"INSERT INTO {table.name} ({names}) SELECT {masked} FROM open_side.{table.name}")


def mask_column(table: Table, column: Column) -> str:
    """What stands in the masked file for a column, as SQL: itself, its pseudonym, or nothing."""
    if column.type in PLAIN_TYPES or column.name in KEPT or f"{table.name}.{column.name}" in KEPT:
        return f'"{column.name}"'
    if column.name in MASKS:
        return f'{MASKS[column.name]}("{column.name}")'
    if table.name == "recon__item" and column.name in ("explanation_zh", "explanation_en"):
        return f"mask_sentence_{column.name[-2:]}(cause)"
    return EMPTY[column.type] if column.is_required else f"NULL::{column.type}"
