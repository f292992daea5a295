-- Stop: a file that was taken in lost or invented rows.
-- Grain: one row per file.
-- Inputs: {batch} = raw_file.
-- Parameters: none.
WITH file AS (
    SELECT * FROM {batch}
)
SELECT file_id || '|' || source_id AS row_key, file_name, rows_read, rows_kept, rows_rejected, rows_ignored
FROM file
WHERE status = 'read' AND rows_read IS DISTINCT FROM rows_kept + rows_rejected + rows_ignored
