-- What: every place under the data root where the bytes of a received file lie.
-- Grain: one row per content (sha256) and place.
-- Inputs: raw_file.
-- Parameters: none.
SELECT DISTINCT file_id, landed_path
FROM raw_file
ORDER BY file_id, landed_path;
