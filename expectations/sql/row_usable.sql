-- Warn: rows that came tonight were rejected.
-- Grain: one row per rejected row.
-- Inputs: {batch} = raw_reject, raw_file, audit_parameter.
-- Parameters: audit_parameter.as_of.
WITH reject AS (
    SELECT * FROM {batch}
)
SELECT
    reject.file_id || '|' || reject.source_id || '|' || reject.sheet || '|' || reject.row_number AS row_key,
    raw_file.file_name,
    reject.column_name,
    reject.reason
FROM reject
INNER JOIN raw_file USING (file_id, source_id)
INNER JOIN audit_parameter ON raw_file.received_at = audit_parameter.as_of
