-- report_oldest: findings that nobody has settled for the longest time, those of tonight excepted.
-- Grain: one row per finding. Inputs: report_finding. Parameters: row_limit.
SELECT *
FROM report_finding
WHERE NOT is_new AND first_night IS NOT NULL
ORDER BY first_night, at_stake_cny DESC, item_id
LIMIT $row_limit;
