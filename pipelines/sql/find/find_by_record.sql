-- What: the items of which an invoice or a ledger line fits every condition, where neither a number nor few sums lead to them.
-- Grain: find_candidate, one row per record that fits.
-- Inputs: out_find_item, out_find_further, out_find_party, core_upstream__invoice, core_ledger__entry.
-- Parameters: $code, $status, $party (cleaned), $amount_from, $amount_to: NULL for a condition that is not given; $date_from,
--             $date_to (the widest there are where none is given: as bare comparisons they skip what lies outside).
CREATE OR REPLACE TEMP TABLE find_name AS
SELECT name FROM out_find_party WHERE contains(party, $party);
CREATE OR REPLACE TEMP TABLE find_candidate AS
WITH likely_invoice AS (
    SELECT rowid AS record_row, seller_name, buyer_name, seller_tax_id, buyer_tax_id
    FROM core_upstream__invoice
    WHERE issued_at >= $date_from::TIMESTAMP AND issued_at < $date_to::TIMESTAMP + INTERVAL 1 DAY
        AND ($code IS NULL OR invoice_code = $code)
        AND ($status IS NULL OR status = $status)
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
),
dated_entry AS (
    SELECT rowid AS record_row, *
    FROM core_ledger__entry
    WHERE invoice_date >= $date_from AND invoice_date <= $date_to
    UNION ALL
    SELECT rowid AS record_row, *
    FROM core_ledger__entry
    WHERE invoice_date IS NULL AND posted_on >= $date_from AND posted_on <= $date_to
),
likely_entry AS (
    SELECT record_row, counterparty_name, counterparty_tax_id
    FROM dated_entry
    WHERE $status IS NULL
        AND ($code IS NULL OR invoice_code = $code)
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
),
fitting_invoice AS MATERIALIZED (
    SELECT record_row
    FROM likely_invoice
    WHERE $party IS NULL OR seller_name IN (FROM find_name) OR buyer_name IN (FROM find_name)
        OR $party IN (seller_tax_id, buyer_tax_id)
),
fitting_entry AS MATERIALIZED (
    SELECT record_row
    FROM likely_entry
    WHERE $party IS NULL OR counterparty_name IN (FROM find_name) OR counterparty_tax_id = $party
)
SELECT item_row, 0 AS distance FROM out_find_item WHERE upstream_row IN (FROM fitting_invoice)
UNION ALL
SELECT item_row, 0 FROM out_find_item WHERE ledger_row IN (FROM fitting_entry)
UNION ALL
SELECT item_row, 0 FROM out_find_further WHERE side = 'upstream' AND record_row IN (FROM fitting_invoice)
UNION ALL
SELECT item_row, 0 FROM out_find_further WHERE side = 'ledger' AND record_row IN (FROM fitting_entry);
