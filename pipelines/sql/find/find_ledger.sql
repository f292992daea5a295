-- What: the books' side of the items found.
-- Grain: one row per ledger line.
-- Inputs: out_find_member, core_ledger__entry.
-- Parameters: $item_rows.
SELECT
    m.item_row, l.record_id, l.posted_on, l.voucher_no, l.invoice_reference, l.invoice_code, l.invoice_date,
    l.counterparty_name, l.amount_cny, l.tax_cny, l.total_cny, l.summary, l.observed_at, l.source_id,
    l.source_file, l.source_row
FROM out_find_member AS m
JOIN core_ledger__entry AS l ON l.rowid = m.record_row
WHERE m.side = 'ledger' AND m.item_row IN (SELECT unnest($item_rows))
ORDER BY m.item_row, l.posted_on, l.record_id;
