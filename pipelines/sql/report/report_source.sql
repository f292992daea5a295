-- report_source: how each source did on this night, bad news first.
-- Grain: one row per source. Inputs: night__source. Parameters: night_id.
SELECT source_id, state, files_new, files_failed, rows_new, newest_observed_at, message_zh, message_en
FROM night__source
WHERE night_id = $night_id
ORDER BY
    CASE state WHEN 'failed' THEN 0 WHEN 'silent' THEN 1 WHEN 'maintenance' THEN 2 WHEN 'received' THEN 3 ELSE 4 END, source_id;
