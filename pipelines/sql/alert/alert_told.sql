-- alert_told: every alert as it was stored, with its delivery so far and how old its case was that night.
-- Grain: one row per alert and night. Inputs: alert__message, alert__case. Parameters: none.
CREATE OR REPLACE TEMP VIEW alert_told AS
WITH age AS (
    SELECT
        message.night_id,
        message.alert_key,
        MAX(date_diff('day', strptime(raised_night, '%Y%m%dT%H%M%S'), strptime(message.night_id, '%Y%m%dT%H%M%S')))
            AS age_days
    FROM alert__message AS message
    JOIN alert__case AS standing
        ON standing.alert_key = regexp_replace(message.alert_key, '^(overdue|resolved):', '')
        AND standing.raised_night <= message.night_id
        -- an earlier case of the same key that is over says nothing of this one's age
        AND (standing.resolved_night IS NULL OR standing.resolved_night >= message.night_id)
    GROUP BY message.night_id, message.alert_key
)
SELECT
    night_id, alert_key, severity, finding_count, amount_cny, title_zh, title_en, body_zh, body_en, is_delivered,
    delivery_detail, COALESCE(age_days, 0) AS age_days
FROM alert__message
LEFT JOIN age USING (night_id, alert_key);
