-- What: on how many days of the period the tax system's answer was complete, and on which it was not.
-- Grain: one row per taxpayer and direction that was ever asked for.
-- Inputs: core_upstream__coverage.
-- Parameters: first_day, last_day (the period's, or the day of the night if that is earlier).
WITH asked AS (SELECT DISTINCT taxpayer_id, direction FROM core_upstream__coverage),
day AS (
    SELECT a.*, unnest(generate_series($first_day::DATE, $last_day::DATE, INTERVAL 1 DAY))::DATE AS issue_date
    FROM asked AS a
),
looked_at AS (
    SELECT
        d.*, coalesce(c.is_complete, FALSE) AS is_complete,
        -- equal for days in a row that are alike
        d.issue_date - (row_number() OVER (
            PARTITION BY d.taxpayer_id, d.direction, coalesce(c.is_complete, FALSE) ORDER BY d.issue_date
        ))::INTEGER AS island
    FROM day AS d
    LEFT JOIN core_upstream__coverage AS c
        ON c.taxpayer_id = d.taxpayer_id AND c.direction = d.direction AND c.issue_date = d.issue_date
),
run AS (
    SELECT
        taxpayer_id, direction, is_complete, count(*) AS days, min(issue_date) AS first_day,
        min(issue_date)::VARCHAR || CASE WHEN count(*) > 1 THEN '–' || max(issue_date)::VARCHAR ELSE '' END AS span
    FROM looked_at
    GROUP BY taxpayer_id, direction, is_complete, island
)
SELECT
    taxpayer_id, direction, sum(days)::BIGINT AS days,
    coalesce(sum(days) FILTER (WHERE is_complete), 0)::BIGINT AS complete_days,
    coalesce(string_agg(span, ', ' ORDER BY first_day) FILTER (WHERE NOT is_complete), '') AS missing_days
FROM run
GROUP BY taxpayer_id, direction
ORDER BY taxpayer_id, direction;
