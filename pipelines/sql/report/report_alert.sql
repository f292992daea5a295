-- report_alert: the alerts of this night and whether they arrived.
-- Grain: one row per alert. Inputs: alert__message. Parameters: night_id.
SELECT alert_key, severity, finding_count, amount_cny, title_zh, title_en, is_delivered, delivery_detail
FROM alert__message
WHERE night_id = $night_id
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, amount_cny DESC NULLS LAST, alert_key;
