-- alert_stored: the alerts of a night as they were stored, with their delivery so far.
-- Grain: one row per alert. Inputs: alert__message. Parameters: night_id.
SELECT
    night_id, alert_key, severity, finding_count, amount_cny, title_zh, title_en, body_zh, body_en, is_delivered,
    delivery_detail
FROM alert__message
WHERE night_id = $night_id
ORDER BY alert_key;
