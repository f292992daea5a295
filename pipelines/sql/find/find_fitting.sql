-- What: the items that an inquiry without a number is about: an invoice or a ledger line of theirs fits every condition.
-- Grain: one row per item, in the order of the published items.
-- Inputs: out_find_member, core_upstream__invoice, core_ledger__entry.
-- Parameters: $code, $date_from, $date_to, $party (cleaned), $amount_from, $amount_to, $status, $limit; NULL for a condition
--             that is not given.
-- Cleaning a name is dear: it is done once per name among the records that fit everything else.
CREATE OR REPLACE TEMP MACRO find_party(text) AS
    regexp_replace(upper(translate(text, '（）', '()')), '\s', '', 'g');
WITH likely_invoice AS (
    SELECT rowid AS record_row, seller_name, buyer_name, seller_tax_id, buyer_tax_id
    FROM core_upstream__invoice
    WHERE TRUE
        AND ($code IS NULL OR invoice_code = $code)
        AND ($status IS NULL OR status = $status)
        AND ($date_from IS NULL OR issued_at::DATE >= $date_from)
        AND ($date_to IS NULL OR issued_at::DATE <= $date_to)
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
),
likely_entry AS (
    SELECT rowid AS record_row, counterparty_name, counterparty_tax_id
    FROM core_ledger__entry
    WHERE $status IS NULL
        AND ($code IS NULL OR invoice_code = $code)
        AND ($date_from IS NULL OR COALESCE(invoice_date, posted_on) >= $date_from)
        AND ($date_to IS NULL OR COALESCE(invoice_date, posted_on) <= $date_to)
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
),
party AS MATERIALIZED (
    SELECT name
    FROM (
        SELECT DISTINCT seller_name AS name FROM likely_invoice WHERE $party IS NOT NULL
        UNION
        SELECT DISTINCT buyer_name FROM likely_invoice WHERE $party IS NOT NULL
        UNION
        SELECT DISTINCT counterparty_name FROM likely_entry WHERE $party IS NOT NULL
    )
    WHERE contains(find_party(name), $party)
),
fitting AS (
    SELECT 'upstream' AS side, record_row
    FROM likely_invoice
    WHERE $party IS NULL OR seller_name IN (SELECT name FROM party) OR buyer_name IN (SELECT name FROM party)
        OR $party IN (seller_tax_id, buyer_tax_id)
    UNION ALL
    SELECT 'ledger', record_row
    FROM likely_entry
    WHERE $party IS NULL OR counterparty_name IN (SELECT name FROM party) OR counterparty_tax_id = $party
),
hit AS (SELECT DISTINCT m.item_row FROM out_find_member AS m JOIN fitting USING (side, record_row))
SELECT item_row, count(*) OVER () AS hits
FROM hit
ORDER BY item_row
LIMIT $limit;
