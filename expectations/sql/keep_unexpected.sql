-- audit__unexpected: keys of the rows that broke one rule on one night.
-- Grain: night, rule and row.
-- Inputs: none.
-- Parameters: night_id, rule_id, row_keys (distinct).
INSERT INTO audit__unexpected (night_id, rule_id, row_key)
SELECT $night_id, $rule_id, UNNEST(CAST($row_keys AS VARCHAR[]))
