-- What: the items that an inquiry is about: one of their numbers fits, and an invoice or a ledger line of theirs fits every
--       other condition. The typed number is compared without blanks, full width and punctuation, as people mistype it.
-- Grain: one row per item, best first: the number itself, its end, a part of it, a near miss.
-- Inputs: out_find_number, out_find_member, recon__item, core_upstream__invoice, core_ledger__entry.
-- Parameters: $number (cleaned text, '' for any), $pattern (LIKE pattern on the cleaned number), $tail_from and $tail_to
--             (the stretch of out_find_number that can fit), $near (regular expression of its near misses) and $near_tails,
--             $is_narrowed (a condition below is given), $code, $date_from, $date_to, $party (cleaned), $amount_from,
--             $amount_to, $status, $limit; NULL for a condition that is not given.
CREATE OR REPLACE TEMP MACRO find_party(text) AS
    regexp_replace(upper(translate(text, '（）', '()')), '\s', '', 'g');
WITH party AS MATERIALIZED (
    -- names are few and cleaning one is dear: once per name, not once per record
    SELECT name
    FROM (
        SELECT DISTINCT seller_name AS name FROM core_upstream__invoice WHERE $party IS NOT NULL
        UNION
        SELECT DISTINCT buyer_name FROM core_upstream__invoice WHERE $party IS NOT NULL
        UNION
        SELECT DISTINCT counterparty_name FROM core_ledger__entry WHERE $party IS NOT NULL
    )
    WHERE contains(find_party(name), $party)
),
candidate AS MATERIALIZED (
    SELECT item_row, number FROM out_find_number
    WHERE tail BETWEEN $tail_from AND $tail_to AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number WHERE tail = -1 AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number
    WHERE $near IS NOT NULL AND tail IN (SELECT unnest($near_tails)) AND regexp_matches(number, $near)
),
member AS (
    SELECT c.item_row, c.number, m.side, m.record_row
    FROM candidate AS c
    JOIN out_find_member AS m ON m.item_row = c.item_row
    WHERE $is_narrowed
),
fitting AS (
    SELECT m.item_row, m.number
    FROM member AS m
    JOIN core_upstream__invoice AS u ON u.rowid = m.record_row
    WHERE m.side = 'upstream'
        AND ($code IS NULL OR u.invoice_code = $code)
        AND ($status IS NULL OR u.status = $status)
        AND ($date_from IS NULL OR u.issued_at::DATE >= $date_from)
        AND ($date_to IS NULL OR u.issued_at::DATE <= $date_to)
        AND ($party IS NULL OR u.seller_name IN (SELECT name FROM party)
            OR u.buyer_name IN (SELECT name FROM party)
            OR $party IN (u.seller_tax_id, u.buyer_tax_id))
        AND ($amount_from IS NULL OR abs(u.total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(u.amount_cny) BETWEEN $amount_from AND $amount_to
            OR abs(u.tax_cny) BETWEEN $amount_from AND $amount_to)
    UNION ALL
    SELECT m.item_row, m.number
    FROM member AS m
    JOIN core_ledger__entry AS l ON l.rowid = m.record_row
    WHERE m.side = 'ledger' AND $status IS NULL
        AND ($code IS NULL OR l.invoice_code = $code)
        AND ($date_from IS NULL OR COALESCE(l.invoice_date, l.posted_on) >= $date_from)
        AND ($date_to IS NULL OR COALESCE(l.invoice_date, l.posted_on) <= $date_to)
        AND ($party IS NULL OR l.counterparty_name IN (SELECT name FROM party)
            OR l.counterparty_tax_id = $party)
        AND ($amount_from IS NULL OR abs(l.total_cny) BETWEEN $amount_from AND $amount_to
            OR abs(l.amount_cny) BETWEEN $amount_from AND $amount_to
            OR abs(l.tax_cny) BETWEEN $amount_from AND $amount_to)
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
