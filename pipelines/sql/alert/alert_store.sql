-- alert_store: one alert of a night.
-- Output: alert__message. Parameters: every column of it.
INSERT INTO alert__message
SELECT
    $night_id, $alert_key, $severity, $finding_count, $amount_cny, $title_zh, $title_en, $body_zh, $body_en, $is_delivered,
    $delivery_detail;
