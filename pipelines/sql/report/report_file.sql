-- report_file: files that were stopped and not replaced, came in incomplete, or had rows rejected; each with its message.
-- Grain: one row per file and source. Inputs: raw_file, raw_delivery, stopped_over. Parameters: as_of.
WITH tonight AS (
    -- a bad file that is delivered again is bad news again
    SELECT DISTINCT file_id, source_id FROM raw_delivery WHERE received_at = $as_of
    UNION
    SELECT file_id, source_id FROM raw_file WHERE received_at = $as_of
)
SELECT
    file_id, source_id, side, file_name, layout, status, is_complete, rows_read, rows_kept, rows_rejected, message_zh,
    message_en
FROM raw_file
JOIN tonight USING (file_id, source_id)
WHERE (status = 'stopped' OR rows_rejected > 0 OR (NOT is_complete AND message_zh IS NOT NULL))
  AND (file_id, source_id) NOT IN (FROM stopped_over)
ORDER BY status DESC, is_complete, source_id, file_name, file_id;
