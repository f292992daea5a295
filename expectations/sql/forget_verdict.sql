-- audit__verdict: makes room for a night that is judged again.
-- Grain: all rows of the night.
-- Inputs: audit__verdict.
-- Parameters: night_id.
DELETE FROM audit__verdict WHERE night_id = $night_id
