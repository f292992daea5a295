-- What: by how much the money of the changed rows differs, new minus old, in CNY.
-- Grain: one row.
-- Inputs: row_change.
-- Parameters: none.
SELECT CAST(coalesce(sum(difference_cny), 0) AS DECIMAL(18, 2))
FROM row_change;
