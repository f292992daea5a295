-- What: the tax system's side of the items found.
-- Grain: one row per upstream invoice; its row first, to tell its item by.
-- Inputs: core_upstream__invoice.
-- Parameters: $record_rows.
SELECT
    rowid AS record_row, record_id, invoice_code, invoice_number, kind, issued_at, seller_name, buyer_name, amount_cny,
    tax_cny, total_cny, status, is_red, observed_at, source_id, source_file, source_row
FROM core_upstream__invoice
WHERE rowid IN (SELECT unnest($record_rows))
ORDER BY issued_at, record_id;
