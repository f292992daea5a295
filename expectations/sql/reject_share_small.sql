-- Warn: a file that came tonight had a large share of its data rows rejected: its layout may have changed.
-- Grain: one row per file.
-- Inputs: {batch} = raw_file, audit_parameter.
-- Parameters: audit_parameter.as_of, audit_parameter.reject_limit_percent.
WITH file AS (
    SELECT * FROM {batch}
)
SELECT file.file_id || '|' || file.source_id AS row_key, file.file_name, file.rows_kept, file.rows_rejected
FROM file
INNER JOIN audit_parameter ON file.received_at = audit_parameter.as_of
WHERE
    file.status = 'read'
    AND file.rows_rejected * 100 > (file.rows_kept + file.rows_rejected) * audit_parameter.reject_limit_percent
