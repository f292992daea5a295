-- What: where the records of the items found are.
-- Grain: one row per record.
-- Inputs: out_find_item, out_find_further.
-- Parameters: $item_rows.
WITH first_record AS MATERIALIZED (
    SELECT item_row, upstream_row, ledger_row FROM out_find_item WHERE rowid IN (SELECT unnest($item_rows))
)
SELECT 'upstream' AS side, upstream_row AS record_row, item_row FROM first_record WHERE upstream_row IS NOT NULL
UNION ALL
SELECT 'ledger', ledger_row, item_row FROM first_record WHERE ledger_row IS NOT NULL
UNION ALL
SELECT side, record_row, item_row FROM out_find_further WHERE item_row IN (SELECT unnest($item_rows));
