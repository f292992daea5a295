-- report_gap: days of which the tax system's answer is missing or incomplete although they lie past the grace window.
-- Grain: one row per taxpayer, direction and run of such days, newest first.
-- Inputs: core_upstream__coverage. Parameters: as_of, sync_grace_hours.
-- Days inside the grace window are no gap: they can still grow, so their state is "not yet". The window counts from the
-- end of the day to the moment of the export, and tonight's export may be of yesterday: hence two more days.
WITH span AS (
    SELECT
        taxpayer_id,
        direction,
        MIN(issue_date) AS first_day,
        ($as_of::TIMESTAMP - to_hours($sync_grace_hours))::DATE - 2 AS last_day
    FROM core_upstream__coverage
    GROUP BY taxpayer_id, direction
),
day AS (
    SELECT taxpayer_id, direction, UNNEST(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS issue_date
    FROM span
    WHERE first_day <= last_day
),
open_day AS (
    SELECT day.*
    FROM day
    LEFT JOIN core_upstream__coverage AS coverage USING (taxpayer_id, direction, issue_date)
    WHERE coverage.is_complete IS NOT TRUE
),
numbered AS (
    SELECT
        *,
        issue_date - (ROW_NUMBER() OVER (PARTITION BY taxpayer_id, direction ORDER BY issue_date))::INTEGER AS island
    FROM open_day
)
SELECT
    taxpayer_id, direction, MIN(issue_date) AS first_day, MAX(issue_date) AS last_day, COUNT(*) AS day_count
FROM numbered
GROUP BY taxpayer_id, direction, island
ORDER BY last_day DESC, taxpayer_id, direction;
