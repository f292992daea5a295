-- Warn: a file that came tonight was stopped: nothing of it was used.
-- Grain: one row per file.
-- Inputs: {batch} = raw_file, audit_parameter.
-- Parameters: audit_parameter.as_of.
WITH file AS (
    SELECT * FROM {batch}
)
SELECT file.file_id || '|' || file.source_id AS row_key, file.file_name, file.message_zh, file.message_en
FROM file
INNER JOIN audit_parameter ON file.received_at = audit_parameter.as_of
WHERE file.status = 'stopped'
