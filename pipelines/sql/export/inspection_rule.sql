-- What: the checks of the data that the night had to pass, and what each came to.
-- Grain: one row per rule. Inputs: audit__verdict. Parameters: night_id.
SELECT rule_id, name_zh, name_en, severity, is_success, rows_checked, rows_unexpected
FROM audit__verdict
WHERE night_id = $night_id
ORDER BY is_success, severity, rule_id;
