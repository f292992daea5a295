-- digest_case: what a digest tells of: every open case, and those that were over since a night.
-- Grain: one row per case, critical first, then by money and age. Inputs: alert__case. Parameters: since_night.
SELECT
    alert_key, raised_night, updated_night, worse_night, escalated_night, resolved_night, severity, finding_count, amount_cny,
    title_zh, title_en, body_zh, body_en, acknowledged_by, acknowledged_at, acknowledged_note,
    acknowledged_night, waiting_night
FROM alert__case
WHERE resolved_night IS NULL OR resolved_night > $since_night
ORDER BY
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, amount_cny DESC NULLS LAST, raised_night, alert_key;
