-- What: verdict and sentence of the items found.
-- Grain: one row per item; its row first.
-- Inputs: recon__item.
-- Parameters: $item_rows (rowids of recon__item).
SELECT
    rowid AS item_row, item_id, taxpayer_id, direction, verdict, cause, basis, needs_review, difference_cny, due_on,
    explanation_zh, explanation_en
FROM recon__item
WHERE rowid IN (SELECT unnest($item_rows));
