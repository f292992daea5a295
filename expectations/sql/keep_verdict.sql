-- audit__verdict: what was said of one rule on one night.
-- Grain: night and rule.
-- Inputs: none.
-- Parameters: night_id and the columns of the table.
INSERT INTO audit__verdict (
    night_id, suite, rule_id, table_name, severity, name_zh, name_en, is_success, rows_checked, rows_unexpected, detail
)
VALUES (
    $night_id, $suite, $rule_id, $table_name, $severity, $name_zh, $name_en, $is_success, $rows_checked,
    $rows_unexpected, $detail
)
