-- alert_stored: the alerts of a night.
-- Grain: one row per alert. Inputs: alert_told. Parameters: night_id.
FROM alert_told WHERE night_id = $night_id ORDER BY alert_key;
