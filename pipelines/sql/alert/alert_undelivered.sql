-- alert_undelivered: alerts of earlier nights that at least one channel did not take; they go out with the next digest.
-- Grain: one row per alert. Inputs: alert__message. Parameters: night_id, earliest_night_id.
SELECT
    night_id, alert_key, severity, finding_count, amount_cny, title_zh, title_en, body_zh, body_en, is_delivered,
    delivery_detail
FROM alert__message
WHERE night_id < $night_id AND night_id >= $earliest_night_id AND contains(delivery_detail, '"failed')
ORDER BY night_id, alert_key;
