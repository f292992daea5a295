-- alert_delivery: what became of one alert on its channels.
-- Output: alert__message. Parameters: night_id, alert_key, is_delivered, delivery_detail.
UPDATE alert__message
SET is_delivered = $is_delivered, delivery_detail = $delivery_detail
WHERE night_id = $night_id AND alert_key = $alert_key;
