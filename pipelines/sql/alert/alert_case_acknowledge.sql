-- alert_case_acknowledge: a person has taken the open case of this key on, as the last night saw it.
-- Grain: at most one row, the case after it. Inputs and output: alert__case. Parameters: alert_key, who, note, moment.
UPDATE alert__case
SET
    acknowledged_by = $who, acknowledged_at = $moment, acknowledged_note = $note, acknowledged_night = updated_night,
    waiting_night = NULL
WHERE alert_key = $alert_key AND resolved_night IS NULL
RETURNING
    alert_key, raised_night, updated_night, worse_night, escalated_night, resolved_night, severity, finding_count, amount_cny,
    title_zh, title_en, body_zh, body_en, acknowledged_by, acknowledged_at, acknowledged_note,
    acknowledged_night, waiting_night;
