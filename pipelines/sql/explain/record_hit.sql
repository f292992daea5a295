-- what: the records that a text names: an item, a record, an invoice number (whole, with its code, or its last 8
--       digits), a ledger reference or a number in it, or a voucher
-- grain: one row per record, best first; an id is meant as such, so that nothing else is looked for
-- inputs: published.recon__member, published.core_upstream__invoice, published.core_ledger__entry
-- parameters: $text (as typed), $number (without blanks, width and punctuation)

WITH fitting AS (
    SELECT side, record_id, 0 AS distance FROM published.recon__member WHERE item_id = $text OR record_id = $text
    UNION ALL
    SELECT
        'upstream', record_id,
        CASE WHEN invoice_number = $number THEN 1 WHEN invoice_code || invoice_number = $number THEN 1 ELSE 2 END
    FROM published.core_upstream__invoice
    WHERE invoice_number = $number
       OR invoice_code || invoice_number = $number
       OR paper_number = $number
       OR invoice_code || paper_number = $number
       OR (length($number) = 8 AND right(invoice_number, 8) = $number)
    UNION ALL
    SELECT
        'ledger', record_id,
        CASE WHEN cleaned = $number OR voucher_no = $text OR invoice_reference = trim($text) THEN 1 ELSE 2 END
    FROM (
        SELECT
            record_id, voucher_no, invoice_code, invoice_reference,
            regexp_replace(upper(plain_reference(invoice_reference)), '[^0-9A-Z]', '', 'g') AS cleaned
        FROM published.core_ledger__entry
    )
    WHERE voucher_no = $text
       OR invoice_reference = trim($text)
       OR cleaned = nullif($number, '')
       OR invoice_code || cleaned = $number
       OR (length($number) >= 8 AND contains(cleaned, $number))
)
SELECT m.item_id, m.side, m.record_id, min(f.distance) AS distance
FROM (SELECT *, min(distance) OVER () AS best FROM fitting) AS f
JOIN published.recon__member AS m ON m.side = f.side AND m.record_id = f.record_id
WHERE f.distance = 0 OR f.best > 0
GROUP BY m.item_id, m.side, m.record_id
ORDER BY distance, m.item_id, m.side DESC, m.record_id;
