-- alert_forget: takes back an alert of a night that runs again, before the new wording is stored.
-- Inputs and output: alert__message. Parameters: night_id, alert_key.
DELETE FROM alert__message WHERE night_id = $night_id AND alert_key = $alert_key;
