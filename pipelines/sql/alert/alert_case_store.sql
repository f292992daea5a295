-- alert_case_store: one case.
-- Output: alert__case. Parameters: every column of it.
INSERT INTO alert__case (
    alert_key, raised_night, updated_night, worse_night, escalated_night, resolved_night, severity, finding_count, amount_cny,
    title_zh, title_en, body_zh, body_en, acknowledged_by, acknowledged_at, acknowledged_note,
    acknowledged_night, waiting_night
)
SELECT
    $alert_key, $raised_night, $updated_night, $worse_night, $escalated_night, $resolved_night, $severity,
    $finding_count, $amount_cny, $title_zh, $title_en, $body_zh, $body_en, $acknowledged_by, $acknowledged_at,
    $acknowledged_note, $acknowledged_night, $waiting_night;
