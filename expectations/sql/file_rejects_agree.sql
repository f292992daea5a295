-- Stop: a file says that it has more or fewer rejected rows than are on record, or rejected rows have no file.
-- Grain: one row per file.
-- Inputs: {batch} = raw_file, raw_reject.
-- Parameters: none.
WITH file AS (
    SELECT * FROM {batch}
),
recorded AS (
    SELECT file_id, source_id, COUNT(*) AS row_count FROM raw_reject GROUP BY ALL
)
SELECT
    file_id || '|' || source_id AS row_key,
    file.file_name,
    file.rows_rejected AS counted,
    COALESCE(recorded.row_count, 0) AS on_record
FROM file
FULL JOIN recorded USING (file_id, source_id)
WHERE
    COALESCE(file.status, 'read') = 'read'
    AND file.rows_rejected IS DISTINCT FROM COALESCE(recorded.row_count, 0)
