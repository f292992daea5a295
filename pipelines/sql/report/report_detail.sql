-- report_detail: findings in the order in which a person should take them: new first if asked, then by money.
-- Grain: one row per finding. Inputs: report_finding. Parameters: only_new, row_limit.
SELECT *
FROM report_finding
WHERE is_new OR NOT $only_new
ORDER BY at_stake_cny DESC, cause, item_id
LIMIT $row_limit;
