-- what: a night of a later moment that has ended: with one, a run for the earlier moment is a look back
-- grain: at most one row
-- inputs: night__run
-- parameters: $as_of
SELECT night_id FROM night__run
WHERE as_of > $as_of AND finished_at IS NOT NULL
ORDER BY as_of
LIMIT 1;
