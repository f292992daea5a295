-- audit__unexpected: makes room for a night that is judged again.
-- Grain: all rows of the night.
-- Inputs: audit__unexpected.
-- Parameters: night_id.
DELETE FROM audit__unexpected WHERE night_id = $night_id
