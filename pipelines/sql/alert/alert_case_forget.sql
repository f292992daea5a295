-- alert_case_forget: takes a case out before its new state is stored.
-- Inputs and output: alert__case. Parameters: alert_key, raised_night.
DELETE FROM alert__case WHERE alert_key = $alert_key AND raised_night = $raised_night;
