-- What: the tax system's side of the items found.
-- Grain: one row per upstream invoice.
-- Inputs: recon__member, core_upstream__invoice.
-- Parameters: $item_ids.
SELECT
    m.item_id, u.record_id, u.invoice_code, u.invoice_number, u.kind, u.issued_at, u.seller_name, u.buyer_name,
    u.amount_cny, u.tax_cny, u.total_cny, u.status, u.is_red, u.observed_at, u.source_id, u.source_file, u.source_row
FROM recon__member AS m
JOIN core_upstream__invoice AS u ON u.record_id = m.record_id
WHERE m.side = 'upstream' AND list_contains($item_ids, m.item_id)
ORDER BY m.item_id, u.issued_at, u.record_id;
