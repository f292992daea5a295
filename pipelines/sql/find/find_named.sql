-- What: the items that an inquiry with a number is about: one of their numbers fits, and an invoice or a ledger line of theirs
--       fits every other condition. The typed number is compared without blanks, full width and punctuation, as people
--       mistype it.
-- Grain: one row per item, best first: the number itself, its end, a part of it, a near miss.
-- Inputs: out_find_number, out_find_member, core_upstream__invoice, core_ledger__entry.
-- Parameters: $number (cleaned text), $pattern (LIKE pattern on the cleaned number), $tail_from and $tail_to (the stretch of
--             out_find_number that can fit), $near (regular expression of its near misses) and $near_tails, $is_narrowed (a
--             condition below is given), $code, $date_from, $date_to, $party (cleaned), $amount_from, $amount_to, $status,
--             $limit; NULL for a condition that is not given.
-- The few records of the number come first; the other conditions are asked of them alone.
CREATE OR REPLACE TEMP MACRO find_party(text) AS
    regexp_replace(upper(translate(text, '（）', '()')), '\s', '', 'g');
WITH candidate AS MATERIALIZED (
    SELECT item_row, number FROM out_find_number
    WHERE tail BETWEEN $tail_from AND $tail_to AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number WHERE tail = -1 AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number
    WHERE $near IS NOT NULL AND tail IN (SELECT unnest($near_tails)) AND regexp_matches(number, $near)
),
record AS MATERIALIZED (
    SELECT c.item_row, c.number, m.side, m.record_row
    FROM candidate AS c
    JOIN out_find_member AS m ON m.item_row = c.item_row
    WHERE $is_narrowed
),
named_invoice AS MATERIALIZED (
    SELECT
        c.item_row, c.number, u.invoice_code, u.status, u.issued_at, u.seller_name, u.buyer_name, u.seller_tax_id,
        u.buyer_tax_id, u.total_cny, u.amount_cny, u.tax_cny
    FROM record AS c
    JOIN core_upstream__invoice AS u ON u.rowid = c.record_row
    WHERE c.side = 'upstream'
),
named_entry AS MATERIALIZED (
    SELECT
        c.item_row, c.number, l.invoice_code, l.invoice_date, l.posted_on, l.counterparty_name, l.counterparty_tax_id,
        l.total_cny, l.amount_cny, l.tax_cny
    FROM record AS c
    JOIN core_ledger__entry AS l ON l.rowid = c.record_row
    WHERE c.side = 'ledger' AND $status IS NULL
),
fitting AS (
    SELECT item_row, number
    FROM named_invoice
    WHERE ($code IS NULL OR invoice_code = $code)
        AND ($status IS NULL OR status = $status)
        AND ($date_from IS NULL OR issued_at::DATE >= $date_from)
        AND ($date_to IS NULL OR issued_at::DATE <= $date_to)
        AND ($party IS NULL OR contains(find_party(seller_name), $party) OR contains(find_party(buyer_name), $party)
            OR $party IN (seller_tax_id, buyer_tax_id))
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
    UNION ALL
    SELECT item_row, number
    FROM named_entry
    WHERE ($code IS NULL OR invoice_code = $code)
        AND ($date_from IS NULL OR COALESCE(invoice_date, posted_on) >= $date_from)
        AND ($date_to IS NULL OR COALESCE(invoice_date, posted_on) <= $date_to)
        AND ($party IS NULL OR contains(find_party(counterparty_name), $party) OR counterparty_tax_id = $party)
        AND ($amount_from IS NULL OR abs(total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(amount_cny) BETWEEN $amount_from AND $amount_to OR abs(tax_cny) BETWEEN $amount_from AND $amount_to)
    UNION ALL
    SELECT item_row, number FROM candidate WHERE NOT $is_narrowed
),
hit AS (
    SELECT
        item_row,
        min(CASE
            WHEN number = $number THEN 0
            WHEN suffix(number, $number) THEN 1
            WHEN contains(number, $number) OR number LIKE $pattern THEN 2
            ELSE 3
        END) AS distance
    FROM fitting
    GROUP BY item_row
)
SELECT item_row, count(*) OVER () AS hits
FROM hit
ORDER BY distance, item_row
LIMIT $limit;
