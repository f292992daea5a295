-- alert_source: sources that gave nothing usable tonight, for how many nights in a row, and the newest usable file before.
-- Grain: one row per source. Inputs: night__source, raw_delivery, raw_file. Parameters: night_id.
WITH well AS (
    SELECT source_id, MAX(night_id) AS night_id
    FROM night__source
    WHERE state NOT IN ('failed', 'silent', 'maintenance') AND night_id < $night_id
    GROUP BY source_id
),
streak AS (
    SELECT source_id, COUNT(*) AS nights_in_row
    FROM night__source AS bad
    LEFT JOIN well USING (source_id)
    WHERE bad.night_id <= $night_id AND bad.night_id > COALESCE(well.night_id, '')
    GROUP BY source_id
),
delivered AS (
    SELECT delivery.source_id, ARG_MAX(delivery.file_name, delivery.observed_at) AS last_file
    FROM raw_delivery AS delivery
    JOIN raw_file USING (file_id, source_id)
    WHERE raw_file.status = 'read'
    GROUP BY delivery.source_id
)
SELECT
    source_id, state, message_zh, message_en, nights_in_row, last_file
FROM night__source
JOIN streak USING (source_id)
LEFT JOIN delivered USING (source_id)
WHERE night_id = $night_id AND state IN ('failed', 'silent')
ORDER BY source_id;
