-- digest_night: the nights since a moment that did not break off, and the last one of all.
-- Grain: one row. Inputs: night__run. Parameters: since.
SELECT
    COUNT(*) FILTER (as_of > $since) AS nights,
    COUNT(*) FILTER (as_of > $since AND is_published) AS published,
    MAX(as_of) AS last_as_of
FROM night__run
-- a night that sends the digest itself is published and not ended yet
WHERE finished_at IS NOT NULL OR is_published;
