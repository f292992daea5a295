-- what: runs that never ended, since the last one that did
-- grain: one row per crashed night, oldest start first
-- inputs: night__run
-- parameters: none
WITH last_finished AS (
    SELECT max(started_at) AS started_at
    FROM night__run
    WHERE finished_at IS NOT NULL
)

SELECT run.night_id
FROM night__run AS run
CROSS JOIN last_finished
WHERE
    run.finished_at IS NULL
    -- an old crash that a later night already named would otherwise be named forever
    AND (last_finished.started_at IS NULL OR run.started_at >= last_finished.started_at)
ORDER BY run.started_at, run.night_id;
