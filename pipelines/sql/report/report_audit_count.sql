-- report_audit_count: how many rules were judged tonight and how many hold.
-- Grain: one row. Inputs: audit__verdict. Parameters: night_id.
SELECT COUNT(*) AS rules_judged, COUNT(*) FILTER (is_success) AS rules_passed
FROM audit__verdict
WHERE night_id = $night_id;
