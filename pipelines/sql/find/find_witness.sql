-- What: what e-invoice files say about the items found, and about the number itself where neither side has it.
-- Grain: one row per e-invoice, taxpayer and direction.
-- Inputs: recon__witness.
-- Parameters: $item_ids, $number (cleaned; '' for none).
SELECT
    item_id, invoice_number, issued_at, total_cny, array_to_string(source_files, '、') AS source_files, explanation_zh,
    explanation_en
FROM recon__witness
WHERE list_contains($item_ids, item_id) OR (length($number) >= 8 AND suffix(invoice_number, $number))
ORDER BY ALL;
