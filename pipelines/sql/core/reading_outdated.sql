-- what: files of a source with rows that were not used and that were read with other settings or another layout
-- grain: one row per file
-- inputs: raw_file, raw_reading
-- parameters: $source_id, $side, $reading_fingerprint
-- A file without a note (a restored or migrated data root) is read once more: that changes nothing where nothing changed.
SELECT f.file_id, f.file_name, f.landed_path, f.observed_at, f.received_at, f.rows_kept, f.rows_rejected
FROM raw_file f
LEFT JOIN raw_reading r USING (file_id, source_id)
WHERE f.source_id = $source_id AND f.side = $side AND f.status = 'read'
  AND (f.rows_rejected > 0 OR (f.rows_kept = 0 AND f.rows_ignored > 0))
  AND r.reading_fingerprint IS DISTINCT FROM $reading_fingerprint
ORDER BY f.observed_at, f.file_name, f.file_id;
