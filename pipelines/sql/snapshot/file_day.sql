-- What: the day that the rows of a received file are kept under: the day on which the file was first received.
--       Rows of a file change afterwards only if it is read again with other settings: then that night first received it.
-- Grain: one row per file_id and source_id.
-- Inputs: raw_file.
-- Parameters: none.
CREATE OR REPLACE TEMP TABLE snapshot_file_day AS
SELECT file_id, source_id, strftime(received_at, '%Y-%m-%d') AS day
FROM raw_file;
