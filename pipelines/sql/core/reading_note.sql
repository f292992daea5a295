-- what: notes with which settings and layout a file was read
-- grain: raw_reading one row per file and source
-- inputs: raw_reading
-- parameters: $file_id, $source_id, $reading_fingerprint

DELETE FROM raw_reading WHERE file_id = $file_id AND source_id = $source_id;

INSERT INTO raw_reading VALUES ($file_id, $source_id, $reading_fingerprint);
