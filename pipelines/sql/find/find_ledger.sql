-- What: the books' side of the items found.
-- Grain: one row per ledger line; its row first, to tell its item by.
-- Inputs: core_ledger__entry.
-- Parameters: $record_rows.
SELECT
    rowid AS record_row, record_id, posted_on, voucher_no, invoice_reference, invoice_code, invoice_date, counterparty_name,
    amount_cny, tax_cny, total_cny, summary, observed_at, source_id, source_file, source_row
FROM core_ledger__entry
WHERE rowid IN (SELECT unnest($record_rows))
ORDER BY posted_on, record_id;
