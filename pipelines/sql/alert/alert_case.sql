-- alert_case: cases that this night may change: open ones, and those that this night resolved when it ran before.
-- Grain: one row per alert_key, its latest case. Inputs: alert__case. Parameters: night_id.
SELECT
    alert_key, raised_night, updated_night, worse_night, escalated_night, resolved_night, severity, finding_count, amount_cny,
    title_zh, title_en, body_zh, body_en, acknowledged_by, acknowledged_at, acknowledged_note,
    acknowledged_night, waiting_night
FROM alert__case
WHERE (resolved_night IS NULL OR resolved_night = $night_id) AND raised_night <= $night_id
QUALIFY ROW_NUMBER() OVER (PARTITION BY alert_key ORDER BY raised_night DESC) = 1
ORDER BY alert_key;
