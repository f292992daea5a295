-- What: the rules that failed on this night, with some of the rows that broke them.
-- Grain: one row per failed rule.
-- Inputs: audit__verdict, audit__unexpected, out__night.
-- Parameters: none.
CREATE OR REPLACE VIEW out__audit_failure AS
SELECT
    v.rule_id, v.severity, v.table_name, v.name_zh, v.name_en, v.rows_checked, v.rows_unexpected, v.detail,
    x.example_keys
FROM audit__verdict AS v
JOIN out__night AS n ON n.night_id = v.night_id
LEFT JOIN (
    SELECT night_id, rule_id, list_slice(list(row_key ORDER BY row_key), 1, 20) AS example_keys
    FROM audit__unexpected
    GROUP BY night_id, rule_id
) AS x ON x.night_id = v.night_id AND x.rule_id = v.rule_id
WHERE NOT v.is_success;
COMMENT ON VIEW out__audit_failure IS '未通过的检查 | Rules that failed on this night, all of them warnings';
COMMENT ON COLUMN out__audit_failure.example_keys IS '示例主键 | up to 20 keys; all stand in audit__unexpected';
