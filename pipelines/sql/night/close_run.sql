-- what: the wall clock at which the night ended; selects the rows that were closed
-- grain: one row per night_id
-- inputs: night__run
-- parameters: $night_id, $finished_at
UPDATE night__run
SET finished_at = $finished_at
WHERE night_id = $night_id
RETURNING night_id;
