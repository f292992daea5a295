-- what: records as a person tells them apart
-- grain: one row per record
-- inputs: published.recon__member, published.core_upstream__invoice, published.core_ledger__entry
-- parameters: $record_ids

SELECT
    r.record_id, r.side, l.voucher_no,
    coalesce(shown_number(u.invoice_code, u.invoice_number), l.invoice_reference) AS number,
    coalesce(CAST(u.issued_at AS DATE), l.posted_on) AS day,
    money_text(coalesce(u.total_cny, l.total_cny, l.amount_cny)) AS money,
    coalesce(CASE u.direction WHEN 'input' THEN u.seller_name ELSE u.buyer_name END, l.counterparty_name) AS party,
    r.item_id
FROM published.recon__member AS r
LEFT JOIN published.core_upstream__invoice AS u ON r.side = 'upstream' AND u.record_id = r.record_id
LEFT JOIN published.core_ledger__entry AS l ON r.side = 'ledger' AND l.record_id = r.record_id
WHERE list_contains($record_ids, r.record_id)
ORDER BY r.side DESC, r.record_id;
