-- What: what the audit said of one night, counted.
-- Grain: one row.
-- Inputs: audit__verdict.
-- Parameters: $night_id.
SELECT
    count(*) AS rules,
    count(*) FILTER (WHERE is_success) AS passed,
    count(*) FILTER (WHERE NOT is_success AND severity = 'warn') AS warned,
    count(*) FILTER (WHERE NOT is_success AND severity = 'stop') AS stopped,
    CAST(COALESCE(sum(rows_unexpected), 0) AS BIGINT) AS rows_unexpected
FROM audit__verdict
WHERE night_id = $night_id;
