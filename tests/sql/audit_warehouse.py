"""A tiny warehouse in which every stop-rule holds: two invoices, two ledger lines, one of them not yet upstream."""

from __future__ import annotations

from pipelines.warehouse import Connection

OURS = "91110105MA01A1B2XG"
WRONG_TAX_ID = "91110105MA01A1B2X3"

CLEAN = f"""
INSERT INTO raw_file (
    file_id, source_id, side, layout, file_name, size_bytes, landed_path, observed_at, received_at, status,
    is_complete, rows_read, rows_kept, rows_rejected, rows_ignored
) VALUES
    ('f1', 'tax', 'upstream', 'full', '全量.xlsx', 9, 'landing/f1', '2026-11-23', '2026-11-24 02:00', 'read',
     TRUE, 4, 2, 1, 1),
    ('f2', 'erp', 'ledger', 'kis', '序时簿.xlsx', 9, 'landing/f2', '2026-11-23', '2026-11-24 02:00', 'read',
     TRUE, 2, 2, 0, 0);
INSERT INTO raw_reject VALUES ('f1', 'tax', 's', 3, '金额', 'bad_money', 'x', 'a number');
INSERT INTO raw_ignored VALUES ('f1', 'tax', 's', 4, 'total', '合计');
INSERT INTO night__source VALUES
    ('20261124T020000', 'tax', 'received', 1, 0, 2, '2026-11-23', NULL, NULL),
    ('20261124T020000', 'erp', 'received', 1, 0, 2, '2026-11-23', NULL, NULL);
INSERT INTO core_upstream__invoice (
    record_id, taxpayer_id, direction, invoice_number, issued_at, seller_tax_id, buyer_tax_id, amount_cny, tax_cny,
    total_cny, status, is_red, observed_at
) VALUES
    ('u1', '{OURS}', 'input', '26110000000000000001', '2026-10-08 09:00', '{OURS}', '{OURS}', 100, 13, 113, 'normal',
     FALSE, '2026-11-24'),
    ('u2', '{OURS}', 'input', '26110000000000000002', '2026-10-09 09:00', '{OURS}', '{OURS}', 200, 26, 226, 'void',
     FALSE, '2026-11-24');
INSERT INTO core_ledger__entry (
    record_id, taxpayer_id, direction, posted_on, invoice_reference, invoice_date, amount_cny, tax_cny, total_cny,
    observed_at
) VALUES
    ('l1', '{OURS}', 'input', '2026-10-10', '26110000000000000001', '2026-10-08', 100, 13, 113, '2026-11-24'),
    ('l2', '{OURS}', 'input', '2026-11-23', '26110000000000000003', '2026-11-23', 300, 39, 339, '2026-11-24');
INSERT INTO core_upstream__coverage (taxpayer_id, direction, issue_date, is_complete, fetched_at) VALUES
    ('{OURS}', 'input', '2026-10-08', TRUE, '2026-11-23'),
    ('{OURS}', 'input', '2026-11-23', FALSE, NULL);
INSERT INTO recon__item VALUES
    ('i1', '{OURS}', 'input', 'matched', 'exact', 'exact_key', 'observed', FALSE, NULL, NULL, NULL, 113, 113, 0,
     NULL, '一致', 'agrees'),
    ('i2', '{OURS}', 'input', 'matched', 'exact', NULL, 'rule', FALSE, NULL, NULL, NULL, 226, NULL, NULL,
     NULL, '作废', 'void'),
    ('i3', '{OURS}', 'input', 'pending', 'sync_delay', NULL, 'rule', FALSE, NULL, NULL, NULL, NULL, 339, NULL,
     '2026-11-26', '等待', 'waits');
INSERT INTO recon__member VALUES
    ('i1', 'upstream', 'u1'), ('i1', 'ledger', 'l1'), ('i2', 'upstream', 'u2'), ('i3', 'ledger', 'l2');
"""


def fill_clean_warehouse(con: Connection) -> None:
    con.execute(CLEAN)


def plant(con: Connection, statements: str) -> None:
    """Run statements that break a rule; constraints that would prevent it are taken off first."""
    for table, column in con.execute(
        "SELECT table_name, column_name FROM DUCKDB_COLUMNS() WHERE NOT is_nullable AND schema_name = 'main'"
    ).fetchall():
        con.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP NOT NULL')
    con.execute(statements)
