-- What: the tax system's side of the items found.
-- Grain: one row per upstream invoice.
-- Inputs: out_find_member, core_upstream__invoice.
-- Parameters: $item_rows.
SELECT
    m.item_row, u.record_id, u.invoice_code, u.invoice_number, u.kind, u.issued_at, u.seller_name, u.buyer_name,
    u.amount_cny, u.tax_cny, u.total_cny, u.status, u.is_red, u.observed_at, u.source_id, u.source_file, u.source_row
FROM out_find_member AS m
JOIN core_upstream__invoice AS u ON u.rowid = m.record_row
WHERE m.side = 'upstream' AND m.item_row IN (SELECT unnest($item_rows))
ORDER BY m.item_row, u.issued_at, u.record_id;
