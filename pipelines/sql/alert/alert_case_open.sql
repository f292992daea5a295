-- alert_case_open: what stands, the most urgent first.
-- Grain: one row per open case. Inputs: alert__case. Parameters: none.
SELECT
    alert_key, raised_night, updated_night, worse_night, escalated_night, resolved_night, severity, finding_count, amount_cny,
    title_zh, title_en, body_zh, body_en, acknowledged_by, acknowledged_at, acknowledged_note,
    acknowledged_night, waiting_night
FROM alert__case
WHERE resolved_night IS NULL
ORDER BY
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, amount_cny DESC NULLS FIRST, raised_night, alert_key;
