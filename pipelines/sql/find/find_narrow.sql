-- What: leave only those candidates of which an invoice or a ledger line fits every other condition.
-- Grain: find_candidate, as it was, with fewer rows.
-- Inputs: find_candidate, out_find_item, out_find_further, out_find_party, core_upstream__invoice, core_ledger__entry.
-- Parameters: as of find_by_record.
CREATE OR REPLACE TEMP TABLE find_name AS
SELECT name FROM out_find_party WHERE contains(party, $party);
CREATE OR REPLACE TEMP TABLE find_record AS
WITH candidate AS MATERIALIZED (SELECT DISTINCT item_row FROM find_candidate),
first_record AS MATERIALIZED (
    SELECT item_row, upstream_row, ledger_row FROM out_find_item WHERE rowid IN (FROM candidate)
)
SELECT item_row, 'upstream' AS side, upstream_row AS record_row FROM first_record WHERE upstream_row IS NOT NULL
UNION ALL
SELECT item_row, 'ledger', ledger_row FROM first_record WHERE ledger_row IS NOT NULL
UNION ALL
SELECT item_row, side, record_row FROM out_find_further WHERE item_row IN (FROM candidate);
DELETE FROM find_candidate
WHERE item_row NOT IN (
    SELECT r.item_row
    FROM find_record AS r
    JOIN core_upstream__invoice AS u ON u.rowid = r.record_row
    WHERE r.side = 'upstream'
        AND u.issued_at >= $date_from::TIMESTAMP AND u.issued_at < $date_to::TIMESTAMP + INTERVAL 1 DAY
        AND ($code IS NULL OR u.invoice_code = $code)
        AND ($status IS NULL OR u.status = $status)
        AND ($party IS NULL OR u.seller_name IN (FROM find_name) OR u.buyer_name IN (FROM find_name)
            OR $party IN (u.seller_tax_id, u.buyer_tax_id))
        AND ($amount_from IS NULL OR abs(u.total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(u.amount_cny) BETWEEN $amount_from AND $amount_to
            OR abs(u.tax_cny) BETWEEN $amount_from AND $amount_to)
    UNION ALL
    SELECT r.item_row
    FROM find_record AS r
    JOIN core_ledger__entry AS l ON l.rowid = r.record_row
    WHERE r.side = 'ledger' AND $status IS NULL
        AND COALESCE(l.invoice_date, l.posted_on) BETWEEN $date_from AND $date_to
        AND ($code IS NULL OR l.invoice_code = $code)
        AND ($party IS NULL OR l.counterparty_name IN (FROM find_name) OR l.counterparty_tax_id = $party)
        AND ($amount_from IS NULL OR abs(l.total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(l.amount_cny) BETWEEN $amount_from AND $amount_to
            OR abs(l.tax_cny) BETWEEN $amount_from AND $amount_to)
);
