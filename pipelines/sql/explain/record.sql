-- what: the members of the asked items as their story shows them
-- grain: one row per record, the ledger's lines first: they are what the rules start from
-- inputs: explain_record, work_upstream, work_ledger
-- parameters: none

SELECT r.item_id, r.side, r.record_id, shown_number(u.code, u.number) AS number, NULL AS voucher_no, u.issued_on AS day,
       u.total_cny, u.party_name AS party
FROM explain_record AS r JOIN work_upstream AS u ON u.record_id = r.record_id
WHERE r.side = 'upstream'
UNION ALL
SELECT r.item_id, r.side, r.record_id, l.invoice_reference, l.voucher_no, l.posted_on,
       coalesce(l.line_total, l.line_amount), l.party_name
FROM explain_record AS r JOIN work_ledger AS l ON l.record_id = r.record_id
WHERE r.side = 'ledger'
ORDER BY item_id, side, day, record_id;
