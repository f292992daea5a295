-- report_audit: rules that do not hold tonight, stop-rules first.
-- Grain: one row per rule. Inputs: audit__verdict, audit__unexpected. Parameters: night_id.
WITH example AS (
    SELECT rule_id, list_slice(LIST(row_key ORDER BY row_key), 1, 3) AS row_keys
    FROM audit__unexpected
    WHERE night_id = $night_id
    GROUP BY rule_id
)
SELECT rule_id, table_name, severity, name_zh, name_en, rows_checked, rows_unexpected, detail, row_keys
FROM audit__verdict
LEFT JOIN example USING (rule_id)
WHERE night_id = $night_id AND NOT is_success
ORDER BY severity, rows_unexpected DESC, rule_id;
