-- digest_night: the nights since a moment, and the last one of all.
-- Grain: one row. Inputs: night__run. Parameters: since.
SELECT
    COUNT(*) FILTER (as_of > $since) AS nights,
    COUNT(*) FILTER (as_of > $since AND is_published) AS published,
    MAX(as_of) AS last_as_of
FROM night__run
WHERE finished_at IS NOT NULL;
