-- What: note in the working database that readers see a night.
-- Grain: one row of night__run.
-- Inputs: night__run.
-- Parameters: $night_id.
UPDATE night__run SET is_published = TRUE WHERE night_id = $night_id;
