-- what: the moment up to which everything of a source had been received before tonight; NULL if that never was so
-- grain: one row
-- inputs: night__pull, night__run
-- parameters: $source, $as_of
SELECT max(p.watermark)
FROM night__pull p
JOIN night__run r USING (night_id)
WHERE p.source_id = $source AND r.as_of < $as_of;
