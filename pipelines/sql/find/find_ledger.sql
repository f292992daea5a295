-- What: the books' side of the items found.
-- Grain: one row per ledger line.
-- Inputs: recon__member, core_ledger__entry.
-- Parameters: $item_ids.
SELECT
    m.item_id, l.record_id, l.posted_on, l.voucher_no, l.invoice_reference, l.invoice_code, l.invoice_date,
    l.counterparty_name, l.amount_cny, l.tax_cny, l.total_cny, l.summary, l.source_id, l.source_file, l.source_row
FROM recon__member AS m
JOIN core_ledger__entry AS l ON l.record_id = m.record_id
WHERE m.side = 'ledger' AND list_contains($item_ids, m.item_id)
ORDER BY m.item_id, l.posted_on, l.record_id;
