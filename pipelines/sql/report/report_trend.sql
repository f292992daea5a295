-- report_trend: what came, what went and what was open on each night up to this one, oldest first.
-- Grain: one row per night on record, the last ones. Inputs: night__run, night__finding. Parameters: night_id, row_limit.
-- Open is the running sum of what came less what went: exact for every night, also for those without a report.
WITH step AS (
    SELECT first_night AS night_id, 1 AS came, 0 AS went FROM night__finding
    UNION ALL
    SELECT gone_night, 0, 1 FROM night__finding WHERE gone_night IS NOT NULL
    UNION ALL
    SELECT night_id, 0, 0 FROM night__run
),
night AS (
    SELECT night_id, SUM(came)::BIGINT AS new_count, SUM(went)::BIGINT AS gone_count
    FROM step
    WHERE night_id <= $night_id
    GROUP BY night_id
),
running AS (
    SELECT *, (SUM(new_count - gone_count) OVER (ORDER BY night_id))::BIGINT AS open_count FROM night
),
newest AS (
    SELECT running.*, night__run.as_of
    FROM running
    JOIN night__run USING (night_id)
    ORDER BY night_id DESC
    LIMIT $row_limit
)
SELECT night_id, as_of, new_count, gone_count, open_count
FROM newest
ORDER BY night_id;
