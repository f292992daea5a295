-- What: the changed rows, the biggest difference in money first.
-- Grain: one row per record that appeared, vanished or changed.
-- Inputs: row_change.
-- Parameters: $limit.
SELECT record_id, change, old_label, new_label, columns, old_cny, new_cny, CAST(difference_cny AS DECIMAL(18, 2))
FROM row_change
ORDER BY abs(difference_cny) DESC, record_id
LIMIT $limit;
