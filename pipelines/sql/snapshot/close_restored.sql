-- What: end the restored night in its own row: a snapshot is written before its night ends.
-- Grain: one row of night__run, none if it ended.
-- Inputs: night__run.
-- Parameters: $night_id, $finished_at.
UPDATE night__run SET finished_at = $finished_at
WHERE night_id = $night_id AND finished_at IS NULL;
