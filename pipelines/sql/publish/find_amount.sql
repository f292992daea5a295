-- What: every sum by which an item can be looked up: total, amount and tax of both sides, without sign, in order.
-- Grain: one row per item, record and sum; a line's sum that is also the invoice's stands there once.
-- Inputs: reader.out_find_item, reader.out_find_further, reader.core_upstream__invoice, reader.core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE TABLE reader.out_find_amount AS
WITH first_sum AS (
    SELECT
        i.item_row,
        unnest([
            u.total_cny, u.amount_cny, u.tax_cny,
            CASE WHEN l.total_cny IS DISTINCT FROM u.total_cny THEN l.total_cny END,
            CASE WHEN l.amount_cny IS DISTINCT FROM u.amount_cny THEN l.amount_cny END,
            CASE WHEN l.tax_cny IS DISTINCT FROM u.tax_cny THEN l.tax_cny END
        ]) AS amount_cny
    FROM reader.out_find_item AS i
    LEFT JOIN reader.core_upstream__invoice AS u ON u.rowid = i.upstream_row
    LEFT JOIN reader.core_ledger__entry AS l ON l.rowid = i.ledger_row
),
further_sum AS (
    SELECT f.item_row, unnest([u.total_cny, u.amount_cny, u.tax_cny]) AS amount_cny
    FROM reader.out_find_further AS f
    JOIN reader.core_upstream__invoice AS u ON u.rowid = f.record_row
    WHERE f.side = 'upstream'
    UNION ALL
    SELECT f.item_row, unnest([l.total_cny, l.amount_cny, l.tax_cny])
    FROM reader.out_find_further AS f
    JOIN reader.core_ledger__entry AS l ON l.rowid = f.record_row
    WHERE f.side = 'ledger'
)
SELECT abs(amount_cny)::DECIMAL(18,2) AS amount_cny, item_row
FROM (FROM first_sum UNION ALL FROM further_sum)
WHERE amount_cny IS NOT NULL
ORDER BY ALL;
