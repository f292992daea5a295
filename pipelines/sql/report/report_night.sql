-- report_night: the night itself, and which night readers see.
-- Grain: one row, or none if the night is unknown.
-- Inputs: night__run. Parameters: night_id.
SELECT
    night_id,
    as_of,
    started_at,
    finished_at,
    is_published,
    snapshot_id,
    (SELECT MAX(earlier.night_id) FROM night__run AS earlier WHERE earlier.night_id < $night_id) AS previous_night,
    (
        SELECT MAX(earlier.night_id) FROM night__run AS earlier WHERE earlier.is_published AND earlier.night_id < $night_id
    ) AS last_published_night
FROM night__run
WHERE night_id = $night_id;
