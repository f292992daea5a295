-- alert_open_group: every open finding, by cause and taxpayer, told before or not; since when the oldest waits for a person,
-- and those that have waited too long. Who took the case on has taken on what was known then, not what came later.
-- Grain: one row per cause and taxpayer; `waiting_night` is NULL if nothing waits. Inputs: report_finding, alert__case.
-- Parameters: night_id, overdue_night (what waits since then or longer waits too long).
WITH taken AS (
    SELECT alert_key, acknowledged_night
    FROM alert__case
    WHERE acknowledged_by IS NOT NULL AND (resolved_night IS NULL OR resolved_night = $night_id)
),
judged AS (
    SELECT cause, taxpayer_id, at_stake_cny, IF(first_night > COALESCE(acknowledged_night, ''), first_night, NULL) AS since
    FROM report_finding
    LEFT JOIN taken ON alert_key = concat_ws(':', 'finding', cause, taxpayer_id)
)
SELECT
    cause,
    taxpayer_id,
    COUNT(*) AS finding_count,
    SUM(at_stake_cny)::DECIMAL(18, 2) AS amount_cny,
    MIN(since) AS waiting_night,
    COUNT(*) FILTER (since <= $overdue_night) AS overdue_count,
    COALESCE(SUM(at_stake_cny) FILTER (since <= $overdue_night), 0)::DECIMAL(18, 2) AS overdue_cny
FROM judged
GROUP BY cause, taxpayer_id
ORDER BY cause, taxpayer_id;
