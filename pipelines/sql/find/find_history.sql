-- What: what happened to the items found that their records do not tell by themselves.
-- Grain: one row per item, moment, record and changed field; per item and beginning or end of a finding.
-- Inputs: out_find_event.
-- Parameters: $item_rows.
SELECT
    item_row, happened_at, event, side, record_id, field, value_before, value_after, source_file, source_row
FROM out_find_event
WHERE item_row IN (SELECT unnest($item_rows))
ORDER BY item_row, happened_at, event, side, record_id, field;
