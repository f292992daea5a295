-- What: verdict and sentence of the items found.
-- Grain: one row per item.
-- Inputs: recon__item, night__finding.
-- Parameters: $item_rows (rowids of recon__item).
SELECT
    i.rowid AS item_row, i.item_id, i.taxpayer_id, i.direction, i.verdict, i.cause, i.basis, i.needs_review,
    i.difference_cny, i.due_on,
    (
        SELECT max(f.first_night) FROM night__finding AS f
        WHERE f.item_id = i.item_id AND f.cause = i.cause AND f.gone_night IS NULL
    ) AS open_since_night,
    i.explanation_zh, i.explanation_en
FROM recon__item AS i
WHERE i.rowid IN (SELECT unnest($item_rows));
