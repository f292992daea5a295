-- What: how many rows appeared, vanished and changed between two snapshots.
-- Grain: one row per kind of change.
-- Inputs: row_change (made by `pipelines.snapshots.compare` for one table).
-- Parameters: none.
SELECT change, count(*)
FROM row_change
GROUP BY change;
