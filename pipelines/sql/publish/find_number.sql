-- What: every number by which an item can be looked up, in the order of their last digits, so that the end of a number is a
--       short stretch of the table. A ledger text counts whole and by each of its runs of 8 characters or more.
-- Grain: one row per item and number.
-- Inputs: find_member, reader.core_upstream__invoice, reader.core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE TABLE reader.out_find_number AS
WITH invoice AS (
    SELECT m.item_row, u.invoice_code, u.invoice_number, u.paper_number
    FROM find_member AS m
    JOIN reader.core_upstream__invoice AS u ON u.rowid = m.record_row
    WHERE m.side = 'upstream'
),
entry AS (
    SELECT
        m.item_row, l.invoice_code,
        upper(translate(COALESCE(l.invoice_reference, ''), '０１２３４５６７８９', '0123456789')) AS reference
    FROM find_member AS m
    JOIN reader.core_ledger__entry AS l ON l.rowid = m.record_row
    WHERE m.side = 'ledger'
),
number AS (
    SELECT item_row, COALESCE(invoice_code, '') || invoice_number AS number FROM invoice
    UNION
    SELECT item_row, invoice_number FROM invoice WHERE invoice_code IS NOT NULL
    UNION
    SELECT item_row, paper_number FROM invoice WHERE paper_number IS NOT NULL
    UNION
    SELECT item_row, invoice_code || paper_number FROM invoice WHERE paper_number IS NOT NULL AND invoice_code IS NOT NULL
    UNION
    SELECT item_row, COALESCE(invoice_code, '') || regexp_replace(reference, '[^0-9A-Z]', '', 'g') FROM entry
    UNION
    SELECT item_row, unnest(regexp_extract_all(reference, '[0-9A-Z]{8,}'))
    FROM entry
    WHERE regexp_matches(reference, '[^0-9A-Z]')
)
SELECT
    -- the last 8 digits read backwards and filled up with 0; -1 for the few that end otherwise
    COALESCE(TRY_CAST(rpad(reverse(right(number, 8)), 8, '0') AS INTEGER), -1) AS tail, number, item_row
FROM number
WHERE number <> ''
ORDER BY tail, number, item_row;
