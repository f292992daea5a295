-- alert_undelivered: alerts of earlier nights that at least one channel did not take or held back in its quiet hours; they go
-- out with the next delivery.
-- Grain: one row per alert. Inputs: alert_told. Parameters: night_id, earliest_night_id.
FROM alert_told
WHERE night_id < $night_id AND night_id >= $earliest_night_id
    AND (contains(delivery_detail, '"failed') OR contains(delivery_detail, '"held'))
ORDER BY night_id, alert_key;
