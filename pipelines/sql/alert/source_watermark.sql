-- what: up to which moment everything of each pulled source has been received; NULL if that never was so
-- grain: one row per source that a night tried to pull
-- inputs: night__pull
-- parameters: none
SELECT source_id, max(watermark) AS watermark
FROM night__pull
GROUP BY source_id;
