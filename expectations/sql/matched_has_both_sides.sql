-- Stop: an item is called matched though only one side shows it. Right one-sided matches are: a blue invoice and its red
-- one that cancel, and a lone void invoice that was never booked.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item, recon__member, core_upstream__invoice.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
),
sides AS (
    SELECT
        item_id,
        COUNT(*) FILTER (WHERE side = 'upstream') AS upstream_count,
        COUNT(*) FILTER (WHERE side = 'ledger') AS ledger_count
    FROM recon__member
    GROUP BY item_id
),
void AS (
    SELECT member.item_id, COUNT(*) AS void_count
    FROM recon__member AS member
    INNER JOIN core_upstream__invoice AS invoice USING (record_id)
    WHERE member.side = 'upstream' AND invoice.status = 'void'
    GROUP BY member.item_id
)
SELECT item.item_id AS row_key, item.cause, sides.upstream_count, sides.ledger_count
FROM item
LEFT JOIN sides USING (item_id)
LEFT JOIN void USING (item_id)
WHERE
    item.verdict = 'matched'
    AND item.cause <> 'red_letter_netted'
    AND NOT COALESCE(sides.upstream_count > 0 AND sides.ledger_count > 0, FALSE)
    AND NOT COALESCE(sides.ledger_count = 0 AND void.void_count = sides.upstream_count, FALSE)
