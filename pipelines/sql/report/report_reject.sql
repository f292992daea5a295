-- report_reject: why rows of tonight's files were refused, with one example each.
-- Grain: one row per file, column and reason. Inputs: raw_reject, raw_file, raw_delivery. Parameters: as_of.
WITH tonight AS (
    SELECT DISTINCT file_id, source_id FROM raw_delivery WHERE received_at = $as_of
    UNION
    SELECT file_id, source_id FROM raw_file WHERE received_at = $as_of
)
SELECT
    file_name,
    column_name,
    reason,
    COUNT(*) AS row_count,
    MIN(row_number) AS first_row,
    ARG_MIN(found, row_number) AS found,
    ARG_MIN(expected, row_number) AS expected
FROM raw_reject
JOIN raw_file USING (file_id, source_id)
JOIN tonight USING (file_id, source_id)
GROUP BY file_name, column_name, reason
ORDER BY row_count DESC, file_name, reason, column_name
LIMIT 20;
