"""A working database as the first version kept it, before versions were noted: one agreed invoice, one night."""

from __future__ import annotations

from pipelines.settings import Settings
from pipelines.warehouse import connect

TABLES = """
CREATE TABLE raw_file (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, side VARCHAR NOT NULL, layout VARCHAR,
    file_name VARCHAR NOT NULL, size_bytes BIGINT NOT NULL, landed_path VARCHAR NOT NULL, observed_at TIMESTAMP NOT
    NULL, received_at TIMESTAMP NOT NULL, status VARCHAR NOT NULL, period_from DATE, period_to DATE, is_complete
    BOOLEAN NOT NULL, rows_read BIGINT NOT NULL, rows_kept BIGINT NOT NULL, rows_rejected BIGINT NOT NULL,
    rows_ignored BIGINT NOT NULL, message_zh VARCHAR, message_en VARCHAR);
CREATE TABLE raw_delivery (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, file_name VARCHAR NOT NULL,
    observed_at TIMESTAMP NOT NULL, received_at TIMESTAMP NOT NULL);
CREATE TABLE raw_upstream__row (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL, taxpayer_id VARCHAR, direction VARCHAR, invoice_code VARCHAR, invoice_number
    VARCHAR, digital_invoice_number VARCHAR, kind VARCHAR, issued_at VARCHAR, seller_tax_id VARCHAR, seller_name
    VARCHAR, buyer_tax_id VARCHAR, buyer_name VARCHAR, amount VARCHAR, tax VARCHAR, total VARCHAR, status VARCHAR,
    is_positive VARCHAR, remark VARCHAR, other_cells VARCHAR);
CREATE TABLE raw_ledger__row (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL, taxpayer_id VARCHAR, direction VARCHAR, posted_on VARCHAR, voucher_no VARCHAR,
    line_no VARCHAR, invoice_reference VARCHAR, invoice_code VARCHAR, invoice_date VARCHAR, counterparty_tax_id
    VARCHAR, counterparty_name VARCHAR, amount VARCHAR, tax VARCHAR, total VARCHAR, debit VARCHAR, credit VARCHAR,
    account_code VARCHAR, summary VARCHAR, other_cells VARCHAR);
CREATE TABLE raw_reject (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, sheet VARCHAR NOT NULL, row_number
    BIGINT NOT NULL, column_name VARCHAR, reason VARCHAR NOT NULL, found VARCHAR, expected VARCHAR NOT NULL);
CREATE TABLE raw_ignored (file_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, sheet VARCHAR NOT NULL, row_number
    BIGINT NOT NULL, kind VARCHAR NOT NULL, text VARCHAR);
CREATE TABLE core_upstream__sighting (record_id VARCHAR NOT NULL, taxpayer_id VARCHAR NOT NULL, direction VARCHAR
    NOT NULL, invoice_code VARCHAR, invoice_number VARCHAR NOT NULL, kind VARCHAR, issued_at TIMESTAMP NOT NULL,
    seller_tax_id VARCHAR, seller_name VARCHAR, buyer_tax_id VARCHAR, buyer_name VARCHAR, amount_cny DECIMAL(18,2)
    NOT NULL, tax_cny DECIMAL(18,2) NOT NULL, total_cny DECIMAL(18,2) NOT NULL, status VARCHAR NOT NULL, is_red
    BOOLEAN NOT NULL, original_invoice_number VARCHAR, remark VARCHAR, observed_at TIMESTAMP NOT NULL, source_id
    VARCHAR, source_file VARCHAR, source_row BIGINT);
CREATE TABLE core_ledger__sighting (record_id VARCHAR NOT NULL, taxpayer_id VARCHAR NOT NULL, direction VARCHAR NOT
    NULL, posted_on DATE NOT NULL, voucher_no VARCHAR, invoice_reference VARCHAR, invoice_code VARCHAR, invoice_date
    DATE, counterparty_tax_id VARCHAR, counterparty_name VARCHAR, amount_cny DECIMAL(18,2), tax_cny DECIMAL(18,2),
    total_cny DECIMAL(18,2), summary VARCHAR, observed_at TIMESTAMP NOT NULL, source_id VARCHAR, source_file
    VARCHAR, source_row BIGINT);
CREATE TABLE core_upstream__invoice (record_id VARCHAR NOT NULL, taxpayer_id VARCHAR NOT NULL, direction VARCHAR NOT
    NULL, invoice_code VARCHAR, invoice_number VARCHAR NOT NULL, kind VARCHAR, issued_at TIMESTAMP NOT NULL,
    seller_tax_id VARCHAR, seller_name VARCHAR, buyer_tax_id VARCHAR, buyer_name VARCHAR, amount_cny DECIMAL(18,2)
    NOT NULL, tax_cny DECIMAL(18,2) NOT NULL, total_cny DECIMAL(18,2) NOT NULL, status VARCHAR NOT NULL, is_red
    BOOLEAN NOT NULL, original_invoice_number VARCHAR, remark VARCHAR, observed_at TIMESTAMP NOT NULL, source_id
    VARCHAR, source_file VARCHAR, source_row BIGINT);
CREATE TABLE core_ledger__entry (record_id VARCHAR NOT NULL, taxpayer_id VARCHAR NOT NULL, direction VARCHAR NOT
    NULL, posted_on DATE NOT NULL, voucher_no VARCHAR, invoice_reference VARCHAR, invoice_code VARCHAR, invoice_date
    DATE, counterparty_tax_id VARCHAR, counterparty_name VARCHAR, amount_cny DECIMAL(18,2), tax_cny DECIMAL(18,2),
    total_cny DECIMAL(18,2), summary VARCHAR, observed_at TIMESTAMP NOT NULL, source_id VARCHAR, source_file
    VARCHAR, source_row BIGINT);
CREATE TABLE core_upstream__coverage (taxpayer_id VARCHAR NOT NULL, direction VARCHAR NOT NULL, issue_date DATE NOT
    NULL, is_complete BOOLEAN NOT NULL, fetched_at TIMESTAMP, source_id VARCHAR, source_file VARCHAR, source_row
    BIGINT);
CREATE TABLE recon__item (item_id VARCHAR NOT NULL, taxpayer_id VARCHAR NOT NULL, direction VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL, cause VARCHAR NOT NULL, rule VARCHAR, basis VARCHAR NOT NULL, needs_review BOOLEAN NOT
    NULL, candidates VARCHAR[], why_not VARCHAR, differing_fields VARCHAR[], upstream_total_cny DECIMAL(18,2),
    ledger_total_cny DECIMAL(18,2), difference_cny DECIMAL(18,2), due_on DATE, explanation_zh VARCHAR NOT NULL,
    explanation_en VARCHAR NOT NULL);
CREATE TABLE recon__member (item_id VARCHAR NOT NULL, side VARCHAR NOT NULL, record_id VARCHAR NOT NULL);
CREATE TABLE night__run (night_id VARCHAR NOT NULL, as_of TIMESTAMP NOT NULL, started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP, is_published BOOLEAN NOT NULL, snapshot_id VARCHAR);
CREATE TABLE night__source (night_id VARCHAR NOT NULL, source_id VARCHAR NOT NULL, state VARCHAR NOT NULL, files_new
    BIGINT NOT NULL, files_failed BIGINT NOT NULL, rows_new BIGINT NOT NULL, newest_observed_at TIMESTAMP,
    message_zh VARCHAR, message_en VARCHAR);
CREATE TABLE night__finding (item_id VARCHAR NOT NULL, cause VARCHAR NOT NULL, first_night VARCHAR NOT NULL,
    last_night VARCHAR NOT NULL, gone_night VARCHAR);
CREATE TABLE audit__verdict (night_id VARCHAR NOT NULL, suite VARCHAR NOT NULL, rule_id VARCHAR NOT NULL, table_name
    VARCHAR NOT NULL, severity VARCHAR NOT NULL, name_zh VARCHAR NOT NULL, name_en VARCHAR NOT NULL, is_success
    BOOLEAN NOT NULL, rows_checked BIGINT NOT NULL, rows_unexpected BIGINT NOT NULL, detail VARCHAR);
CREATE TABLE audit__unexpected (night_id VARCHAR NOT NULL, rule_id VARCHAR NOT NULL, row_key VARCHAR NOT NULL);
CREATE TABLE alert__message (night_id VARCHAR NOT NULL, alert_key VARCHAR NOT NULL, severity VARCHAR NOT NULL,
    finding_count BIGINT NOT NULL, amount_cny DECIMAL(18,2), title_zh VARCHAR NOT NULL, title_en VARCHAR NOT NULL,
    body_zh VARCHAR NOT NULL, body_en VARCHAR NOT NULL, is_delivered BOOLEAN NOT NULL, delivery_detail VARCHAR);
"""

ROWS = """
INSERT INTO raw_file VALUES ('f1', 'tax', 'upstream', 'tax_full_query', 'all.xlsx', 9, 'landing/tax/f1',
    '2026-09-01 01:00', '2026-09-01 02:00', 'read', '2026-08-01', '2026-08-31', TRUE, 1, 1, 0, 1, NULL, NULL);
INSERT INTO raw_file VALUES ('f2', 'book', 'ledger', 'plain_ledger_csv', 'book.csv', 9, 'landing/book/f2',
    '2026-09-01 01:30', '2026-09-01 02:00', 'read', NULL, NULL, TRUE, 1, 1, 0, 1, NULL, NULL);
INSERT INTO raw_delivery VALUES ('f1', 'tax', 'all.xlsx', '2026-09-01 01:00', '2026-09-01 02:00');
INSERT INTO raw_upstream__row BY NAME SELECT 'f1' AS file_id, 'tax' AS source_id, 's' AS sheet, 2 AS row_number,
    '26112000000000012345' AS digital_invoice_number;
INSERT INTO raw_ledger__row BY NAME SELECT 'f2' AS file_id, 'book' AS source_id, '' AS sheet, 2 AS row_number,
    '113.00' AS total, '货' AS summary;
INSERT INTO core_upstream__sighting VALUES ('u1', '91110105MA01A1B2XG', 'input', NULL, '26112000000000012345', '数电票',
    '2026-08-17 10:00', '91310000MA1K00001X', '甲', '91110105MA01A1B2XG', '我方', 100, 13, 113, 'normal', FALSE, NULL,
    NULL, '2026-09-01 01:00', 'tax', 'all.xlsx', 2);
INSERT INTO core_upstream__invoice SELECT * FROM core_upstream__sighting;
INSERT INTO core_ledger__sighting VALUES ('l1', '91110105MA01A1B2XG', 'input', '2026-08-20', '记-1',
    '26112000000000012345', NULL, NULL, NULL, '甲', 100, 13, 113, '货', '2026-08-31 23:00', 'book', NULL, 2);
INSERT INTO core_ledger__entry SELECT * FROM core_ledger__sighting;
INSERT INTO recon__item VALUES ('i1', '91110105MA01A1B2XG', 'input', 'matched', 'exact', 'exact_key', 'observed', FALSE,
    NULL, NULL, NULL, 113, 113, 0, NULL, '一致', 'Agrees');
INSERT INTO recon__member VALUES ('i1', 'upstream', 'u1'), ('i1', 'ledger', 'l1');
INSERT INTO night__run VALUES ('20260901T020000', '2026-09-01 02:00', '2026-09-01 02:00', '2026-09-01 02:05', TRUE,
    NULL);
"""


def build_previous(settings: Settings) -> None:
    """Write the database of the first version into the data root."""
    settings.warehouse_path.parent.mkdir(parents=True)
    con = connect(settings.warehouse_path, settings)
    con.execute(TABLES)
    con.execute(ROWS)
    con.close()
