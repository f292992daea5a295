-- What: the items that an inquiry is about: an invoice of theirs or a ledger line of theirs fits every condition given.
--       The typed number is compared without blanks, full width and punctuation, the way people mistype it.
-- Grain: one row per item, best first: the number itself, its end, a part of it, a near miss.
-- Inputs: core_upstream__invoice, core_ledger__entry, recon__member.
-- Parameters: $number (cleaned text, '' for any), $pattern (LIKE pattern on the cleaned number), $near (regular
--             expression of its near misses), $code, $date_from, $date_to, $party (cleaned), $amount, $limit; NULL for a
--             condition that is not given.
CREATE OR REPLACE TEMP MACRO find_cleaned(text) AS
    regexp_replace(upper(translate(text, '０１２３４５６７８９（）', '0123456789()')), '[^0-9A-Z]', '', 'g');
CREATE OR REPLACE TEMP MACRO find_party(text) AS
    regexp_replace(upper(translate(text, '（）', '()')), '\s', '', 'g');
WITH upstream AS (
    SELECT m.item_id, u.invoice_number AS found
    FROM core_upstream__invoice AS u
    JOIN recon__member AS m ON m.record_id = u.record_id AND m.side = 'upstream'
    WHERE (u.invoice_number LIKE $pattern
            OR u.invoice_code || u.invoice_number LIKE $pattern
            OR regexp_matches(u.invoice_number, $near))
        AND ($code IS NULL OR u.invoice_code = $code)
        AND ($date_from IS NULL OR u.issued_at::DATE >= $date_from)
        AND ($date_to IS NULL OR u.issued_at::DATE <= $date_to)
        AND ($party IS NULL OR contains(find_party(COALESCE(u.seller_name, '')), $party)
            OR contains(find_party(COALESCE(u.buyer_name, '')), $party)
            OR $party IN (u.seller_tax_id, u.buyer_tax_id))
        AND ($amount IS NULL OR $amount IN (abs(u.total_cny), abs(u.amount_cny)))
),
ledger AS (
    SELECT m.item_id, find_cleaned(COALESCE(l.invoice_reference, '')) AS found
    FROM core_ledger__entry AS l
    JOIN recon__member AS m ON m.record_id = l.record_id AND m.side = 'ledger'
    WHERE (find_cleaned(COALESCE(l.invoice_reference, '')) LIKE $pattern
            OR length($number) >= 8 AND contains(find_cleaned(COALESCE(l.invoice_reference, '')), $number)
            OR regexp_matches(find_cleaned(COALESCE(l.invoice_reference, '')), $near))
        AND ($code IS NULL OR l.invoice_code = $code)
        AND ($date_from IS NULL OR COALESCE(l.invoice_date, l.posted_on) >= $date_from)
        AND ($date_to IS NULL OR COALESCE(l.invoice_date, l.posted_on) <= $date_to)
        AND ($party IS NULL OR contains(find_party(COALESCE(l.counterparty_name, '')), $party)
            OR l.counterparty_tax_id = $party)
        AND ($amount IS NULL OR $amount IN (abs(l.total_cny), abs(l.amount_cny)))
),
hit AS (
    SELECT
        item_id,
        min(CASE
            WHEN found = $number THEN 0
            WHEN suffix(found, $number) THEN 1
            WHEN contains(found, $number) OR found LIKE $pattern THEN 2
            ELSE 3
        END) AS distance
    FROM (SELECT * FROM upstream UNION ALL SELECT * FROM ledger)
    GROUP BY item_id
)
SELECT h.item_id, count(*) OVER () AS hits
FROM hit AS h
ORDER BY h.distance, h.item_id
LIMIT $limit;
