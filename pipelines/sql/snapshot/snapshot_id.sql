-- What: note in the night's own row which snapshot holds it.
-- Grain: one row of night__run.
-- Inputs: night__run.
-- Parameters: $night_id, $snapshot_id.
UPDATE night__run SET snapshot_id = $snapshot_id
WHERE night_id = $night_id;
